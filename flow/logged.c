/* SPDX-License-Identifier: EUPL-1.2 */
/* flow/logged.c - see logged.h. */
#include "flow/logged.h"
#include "base/ascii.h"
#include "base/log.h"
#include "base/wipe.h"
#include "crypto/seal/digest.h"
#include <stdio.h>

enum { MATRICULE = 15, LETTERS = 2 /* at most, of 15: Corsica's */ };
static const char *patients[2] = {"patient.mssante.fr", ""};
static unsigned char mac_key[LOGGED_KEY];
static bool have_key;

void logged_key(const unsigned char key[LOGGED_KEY])
{
    memcpy(mac_key, key, LOGGED_KEY);
    have_key = true;
}

void logged_patients(const char *domain)
{
    patients[1] = domain;
}

static bool digit(unsigned char c)
{
    return c >= '0' && c <= '9';
}

/* Looks for a matricule anywhere in the text, whatever a sender put around it: quotes, a sub-address, a domain of
 * his. */
static bool holds_matricule(struct span low)
{
    size_t n = 0, letters = 0;

    for (size_t i = 0; i < low.n; i++) {
        bool letter = low.p[i] == 'a' || low.p[i] == 'b';

        if (digit(low.p[i]) || (letter && n > 0 && letters < LETTERS)) {
            letters += letter;
            n++;
        } else {
            n = letters = 0;
        }
        if (n >= MATRICULE)
            return true;
    }
    return false;
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
    if (!holds_matricule(domain))
        snprintf(out + n, LOGGED_MAX - (size_t)n, "@%s", log_esc(domain));
}

const char *logged_address(struct span address, char out[LOGGED_MAX])
{
    unsigned char low[320];
    size_t n = address.n < sizeof low ? address.n : sizeof low, at = n;
    struct span all, domain;

    for (size_t i = 0; i < n; i++) {
        low[i] = ascii_lower(address.p[i]);
        if (low[i] == '@')
            at = i;
    }
    all = span_of(low, n);
    domain = at < n ? span_from(all, at + 1) : SPAN_NULL;
    if ((domain.n > 0 && (span_ieq_str(domain, patients[0]) || span_ieq_str(domain, patients[1]))) ||
        holds_matricule(all))
        hashed(all, domain, out);
    else
        snprintf(out, LOGGED_MAX, "%s", log_esc(all));
    return out;
}
