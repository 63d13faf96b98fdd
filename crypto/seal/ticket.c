/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/seal/ticket.c - see crypto/seal/ticket.h. Ed25519: RFC 8032. */
#include "crypto/seal/ticket.h"
#include "base/log.h"
#include "base/wipe.h"
#include "crypto/seal/alg_int.h"
#include <openssl/evp.h>

enum { TICKET_VERSION = 2, SIG_LEN = 64, CLOCK_SLACK = 60 };

enum rc ticket_keys_new(unsigned char seed_out[TICKET_KEY], unsigned char pub_out[TICKET_KEY], struct err *e)
{
    unsigned char seed[TICKET_KEY], pub[TICKET_KEY];
    size_t n = TICKET_KEY;
    EVP_PKEY *k;
    bool ok;

    random_bytes(seed, sizeof seed);
    k = EVP_PKEY_new_raw_private_key_ex(NULL, "ED25519", NULL, seed, sizeof seed);
    ok = k != NULL && EVP_PKEY_get_raw_public_key(k, pub, &n) > 0 && n == TICKET_KEY;
    EVP_PKEY_free(k);
    if (ok) {
        memcpy(seed_out, seed, TICKET_KEY);
        memcpy(pub_out, pub, TICKET_KEY);
    }
    wipe(seed, sizeof seed);
    return ok ? RC_OK : alg_err(e, RC_TEMP, "Ed25519 key");
}

enum rc ticket_pub_of(const unsigned char seed[TICKET_KEY], unsigned char pub_out[TICKET_KEY], struct err *e)
{
    EVP_PKEY *k = EVP_PKEY_new_raw_private_key_ex(NULL, "ED25519", NULL, seed, TICKET_KEY);
    size_t n = TICKET_KEY;
    bool ok = k != NULL && EVP_PKEY_get_raw_public_key(k, pub_out, &n) > 0 && n == TICKET_KEY;

    EVP_PKEY_free(k);
    return ok ? RC_OK : alg_err(e, RC_TEMP, "Ed25519 key");
}

static void ticket_put(const struct ticket *t, struct buf *out)
{
    unsigned char nonce[sizeof t->nonce];

    random_bytes(nonce, sizeof nonce);
    buf_u8(out, TICKET_VERSION);
    buf_u8(out, t->method);
    buf_u32(out, t->rights);
    buf_u64(out, t->mbx);
    buf_u64(out, t->begun);
    buf_u64(out, t->issued);
    buf_u64(out, t->expires);
    buf_u64(out, t->secret_at);
    buf_add(out, nonce, sizeof nonce);
    buf_bytes(out, span_str(t->address));
    buf_bytes(out, span_str(t->actor));
}

enum rc ticket_sign(const struct ticket *t, const unsigned char seed[TICKET_KEY], struct buf *out, struct err *e)
{
    EVP_PKEY *k = EVP_PKEY_new_raw_private_key_ex(NULL, "ED25519", NULL, seed, TICKET_KEY);
    EVP_MD_CTX *m = EVP_MD_CTX_new();
    unsigned char sig[SIG_LEN];
    size_t n = sizeof sig;
    struct buf b = BUF_INIT;
    bool ok;

    ticket_put(t, &b);
    ok = k != NULL && m != NULL && EVP_DigestSignInit_ex(m, NULL, NULL, NULL, NULL, k, NULL) > 0 &&
         EVP_DigestSign(m, sig, &n, b.p, b.n) > 0 && n == SIG_LEN;
    EVP_MD_CTX_free(m);
    EVP_PKEY_free(k);
    if (ok) {
        buf_addspan(out, buf_span(&b));
        buf_add(out, sig, SIG_LEN);
    }
    buf_free(&b);
    return ok ? RC_OK : alg_err(e, RC_TEMP, "Ed25519 signature");
}

static bool signed_by(struct span body, const unsigned char *sig, const unsigned char pub[TICKET_KEY])
{
    EVP_PKEY *k = EVP_PKEY_new_raw_public_key_ex(NULL, "ED25519", NULL, pub, TICKET_KEY);
    EVP_MD_CTX *m = EVP_MD_CTX_new();
    bool ok = k != NULL && m != NULL && EVP_DigestVerifyInit_ex(m, NULL, NULL, NULL, NULL, k, NULL) > 0 &&
              EVP_DigestVerify(m, sig, SIG_LEN, body.p, body.n) == 1;

    EVP_MD_CTX_free(m);
    EVP_PKEY_free(k);
    return ok;
}

/* Copies a text and ends it with NUL. False: the text is empty, too long, or has a NUL inside. */
static bool text_get(struct rd *r, char out[TICKET_ADDR + 1])
{
    struct span s = rd_bytes(r);

    if (!rd_ok(r) || s.n == 0 || s.n > TICKET_ADDR || memchr(s.p, 0, s.n) != NULL)
        return false;
    memcpy(out, s.p, s.n);
    out[s.n] = '\0';
    return true;
}

static bool ticket_get(struct span body, struct ticket *t)
{
    struct rd r = rd_of(body);
    uint8_t version = rd_u8(&r);
    struct span nonce;

    t->method = rd_u8(&r);
    t->rights = rd_u32(&r);
    t->mbx = rd_u64(&r);
    t->begun = rd_u64(&r);
    t->issued = rd_u64(&r);
    t->expires = rd_u64(&r);
    t->secret_at = rd_u64(&r);
    nonce = rd_take(&r, sizeof t->nonce);
    if (!rd_ok(&r) || version != TICKET_VERSION)
        return false;
    memcpy(t->nonce, nonce.p, sizeof t->nonce);
    return text_get(&r, t->address) && text_get(&r, t->actor) && rd_done(&r);
}

enum rc ticket_check(struct span wire, const unsigned char pub[TICKET_KEY], int64_t now, struct ticket *t_out,
                     struct err *e)
{
    struct span body = {wire.p, wire.n - SIG_LEN};
    struct ticket t;

    if (wire.n <= SIG_LEN || wire.n > TICKET_MAX)
        return err_set(e, RC_DENIED, "ticket of %zu bytes", wire.n);
    if (!signed_by(body, wire.p + body.n, pub))
        return err_set(e, RC_DENIED, "ticket: bad signature (made before the last start, or forged)");
    memset(&t, 0, sizeof t);
    if (!ticket_get(body, &t))
        return err_set(e, RC_DENIED, "ticket is malformed");
    if (now < 0 || (uint64_t)now >= t.expires || t.issued > (uint64_t)now + CLOCK_SLACK)
        return err_cause(e, RC_DENIED, CAUSE_SESSION_EXPIRED, "ticket of %s is expired or not yet valid",
                         log_esc(span_str(t.address)));
    *t_out = t;
    return RC_OK;
}
