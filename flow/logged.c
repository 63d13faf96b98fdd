/* SPDX-License-Identifier: EUPL-1.2 */
/* flow/logged.c - see logged.h. */
#include "flow/logged.h"
#include "base/ascii.h"
#include "base/log.h"
#include "base/wipe.h"
#include "crypto/seal/digest.h"
#include <stdio.h>

enum { MATRICULE = 15 };
static const char patients[] = "patient.mssante.fr";
static unsigned char mac_key[LOGGED_KEY];
static bool have_key;

void logged_key(const unsigned char key[LOGGED_KEY])
{
    memcpy(mac_key, key, LOGGED_KEY);
    have_key = true;
}

static bool matricule(struct span local)
{
    for (size_t i = 0; i < local.n; i++)
        if ((local.p[i] < '0' || local.p[i] > '9') && local.p[i] != 'a' && local.p[i] != 'b')
            return false;
    return local.n == MATRICULE && local.p[0] >= '0' && local.p[0] <= '9';
}

static void hashed(struct span address, struct span domain, char out[LOGGED_MAX])
{
    unsigned char mac[DIGEST_LEN];
    int n = snprintf(out, LOGGED_MAX, "ins-");

    if (!have_key) {
        random_bytes(mac_key, sizeof mac_key);
        have_key = true;
    }
    hmac_of(span_of(mac_key, sizeof mac_key), address, mac);
    for (int i = 0; i < 8; i++)
        n += snprintf(out + n, LOGGED_MAX - (size_t)n, "%02x", mac[i]);
    snprintf(out + n, LOGGED_MAX - (size_t)n, "@%s", log_esc(domain));
}

const char *logged_address(struct span address, char out[LOGGED_MAX])
{
    unsigned char low[320];
    size_t n = address.n < sizeof low ? address.n : sizeof low, at = n;
    struct span all, local, domain;

    for (size_t i = 0; i < n; i++) {
        low[i] = ascii_lower(address.p[i]);
        if (low[i] == '@')
            at = i;
    }
    all = span_of(low, n);
    local = span_head(all, at);
    domain = at < n ? span_from(all, at + 1) : SPAN_NULL;
    if (span_eq_str(domain, patients) || matricule(local))
        hashed(all, domain, out);
    else
        snprintf(out, LOGGED_MAX, "%s", log_esc(all));
    return out;
}
