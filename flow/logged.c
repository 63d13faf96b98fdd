/* SPDX-License-Identifier: EUPL-1.2 */
/* flow/logged.c - see logged.h. */
#include "flow/logged.h"
#include "base/ascii.h"
#include "base/buf.h"
#include "base/log.h"
#include "base/wipe.h"
#include "crypto/seal/digest.h"
#include "proto/smtp/path.h"
#include "store/wire/queue.h"
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

static void mac_of(struct span what, unsigned char mac_out[DIGEST_LEN])
{
    if (!have_key) {
        random_bytes(mac_key, sizeof mac_key);
        have_key = true;
    }
    hmac_of(span_of(mac_key, sizeof mac_key), what, mac_out);
}

/* 16 hexadecimal digits and a NUL. */
static void digits_of(struct span what, char out[LOGGED_ID])
{
    unsigned char mac[DIGEST_LEN];

    mac_of(what, mac);
    for (int i = 0; i < (LOGGED_ID - 1) / 2; i++)
        snprintf(out + 2 * i, 3, "%02x", mac[i]);
}

static void hashed(struct span address, struct span domain, char out[LOGGED_MAX])
{
    char digits[LOGGED_ID];
    int n;

    digits_of(address, digits);
    n = snprintf(out, LOGGED_MAX, "ins-%s", digits);
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

const char *logged_message_id(struct span id, char out[LOGGED_ID])
{
    struct buf what = BUF_SECRET_INIT;

    id = span_trim(id);
    if (id.n >= 2 && id.p[0] == '<' && id.p[id.n - 1] == '>')
        id = span_trim(span_head(span_from(id, 1), id.n - 2));
    if (id.n == 0) {
        snprintf(out, LOGGED_ID, "-");
        return out;
    }
    buf_addstr(&what, "Message-ID ");
    buf_addspan(&what, id);
    digits_of(buf_span(&what), out);
    buf_free(&what);
    return out;
}

/* what: which key it is, so that an address that sends and is written to has two. */
static void queue_key(const char *what, struct span text, unsigned char *out, size_t n)
{
    struct buf low = BUF_SECRET_INIT;
    unsigned char mac[DIGEST_LEN];

    buf_addstr(&low, what);
    for (size_t i = 0; i < text.n; i++)
        buf_addc(&low, ascii_lower(text.p[i]));
    mac_of(buf_span(&low), mac);
    memcpy(out, mac, n);
    buf_free(&low);
}

void logged_queue_keys(struct span sender, struct span recipient, unsigned char out[LOGGED_QUEUE_KEYS])
{
    _Static_assert((int)LOGGED_QUEUE_KEYS == (int)STORE_QUEUE_KEYS, "one form");
    queue_key("queue key ", SPAN_NULL, out, QUEUE_KEYS_ID);
    out += QUEUE_KEYS_ID;
    queue_key("queue domain ", smtp_domain_of(recipient), out, QUEUE_KEY);
    queue_key("queue sender ", sender, out + QUEUE_KEY, QUEUE_KEY);
    queue_key("queue recipient ", recipient, out + 2 * (size_t)QUEUE_KEY, QUEUE_KEY);
}
