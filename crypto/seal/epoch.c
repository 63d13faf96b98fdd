/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/seal/epoch.c - mailbox pairs, epoch records and wrapped content keys; a mailbox's key sealed to a delegate's. RFC 7748, RFC 5869, RFC 3394. */
#include "base/wipe.h"
#include "crypto/seal/alg_int.h"
#include "crypto/seal/digest.h"
#include "crypto/seal/slot.h"
#include <openssl/evp.h>

/* HKDF's info: a label, then everything to which the key is bound. */
struct info {
    unsigned char b[192];
    size_t n;
};

static void info_add(struct info *i, const void *p, size_t n)
{
    if (n > sizeof i->b - i->n)
        bug("key derivation info too long");
    memcpy(i->b + i->n, p, n);
    i->n += n;
}

static void info_u64(struct info *i, uint64_t v)
{
    unsigned char b[8];

    for (size_t k = 0; k < 8; k++)
        b[k] = (unsigned char)(v >> 8 * k);
    info_add(i, b, 8);
}

enum rc seal_pair_new(unsigned char pub_out[SEAL_PUB], unsigned char priv_out[SEAL_PRIV], struct err *e)
{
    unsigned char priv[SEAL_PRIV], pub[SEAL_PUB];
    size_t n = SEAL_PUB;
    EVP_PKEY *k;
    bool ok;

    random_bytes(priv, sizeof priv);
    k = EVP_PKEY_new_raw_private_key_ex(NULL, "X25519", NULL, priv, sizeof priv);
    ok = k != NULL && EVP_PKEY_get_raw_public_key(k, pub, &n) > 0 && n == SEAL_PUB;
    EVP_PKEY_free(k);
    if (ok) {
        memcpy(pub_out, pub, SEAL_PUB);
        memcpy(priv_out, priv, SEAL_PRIV);
    }
    wipe(priv, sizeof priv);
    return ok ? RC_OK : alg_err(e, RC_TEMP, "X25519 key");
}

/* X25519 (RFC 7748 6.1). The library refuses a shared secret of zeros. RC_CORRUPT: the other side's public key is
 * bad. */
static enum rc agree(const unsigned char priv[SEAL_PRIV], const unsigned char pub[SEAL_PUB], unsigned char out[32],
                     struct err *e)
{
    EVP_PKEY *mine = EVP_PKEY_new_raw_private_key_ex(NULL, "X25519", NULL, priv, SEAL_PRIV);
    EVP_PKEY *theirs = EVP_PKEY_new_raw_public_key_ex(NULL, "X25519", NULL, pub, SEAL_PUB);
    EVP_PKEY_CTX *x = mine ? EVP_PKEY_CTX_new_from_pkey(NULL, mine, NULL) : NULL;
    size_t n = 32;
    bool ok = x != NULL && theirs != NULL && EVP_PKEY_derive_init(x) > 0 && EVP_PKEY_derive_set_peer(x, theirs) > 0 &&
              EVP_PKEY_derive(x, out, &n) > 0 && n == 32;

    EVP_PKEY_CTX_free(x);
    EVP_PKEY_free(theirs);
    EVP_PKEY_free(mine);
    return ok ? RC_OK : alg_err(e, RC_CORRUPT, "X25519 agreement");
}

/* Derives the key that an epoch record is sealed with. mine, theirs: the private key and the public key of the
 * exchange. eph, pub: the two public keys to which the record is bound. */
static enum rc epoch_kek(const unsigned char *mine, const unsigned char *theirs, const unsigned char *eph,
                         const unsigned char *pub, uint64_t mbx, unsigned char key[32], struct err *e)
{
    struct info i = {.n = 0};
    unsigned char shared[32];
    enum rc rc = agree(mine, theirs, shared, e);

    info_add(&i, "pli epoch 2", 11);
    info_add(&i, eph, SEAL_PUB);
    info_add(&i, pub, SEAL_PUB);
    info_u64(&i, mbx);
    if (rc == RC_OK)
        rc = alg_hkdf(span_of(shared, sizeof shared), span_of(i.b, i.n), key, e);
    wipe(shared, sizeof shared);
    return rc;
}

/* The nonce may be constant, because the key seals one record only. */
static const unsigned char zero_nonce[GCM_NONCE];

/* The epoch's number follows from its record. To file another record under the same number, an attacker would have to
 * find a record with the same first eight octets of SHA-256. */
uint64_t seal_epoch_id(uint64_t mbx, const unsigned char rec[SEAL_EPOCH_REC])
{
    unsigned char sum[DIGEST_LEN], b[8];
    struct digest *d = digest_new();
    uint64_t id = 0;

    for (size_t k = 0; k < 8; k++)
        b[k] = (unsigned char)(mbx >> 8 * k);
    digest_add(d, SPAN_LIT("pli epoch id 2"));
    digest_add(d, span_of(b, sizeof b));
    digest_add(d, span_of(rec, SEAL_EPOCH_REC));
    digest_end(&d, sum);
    for (size_t k = 0; k < 8; k++)
        id |= (uint64_t)sum[k] << 8 * k;
    return id;
}

enum rc seal_epoch_seal(const unsigned char pub[SEAL_PUB], uint64_t mbx, const unsigned char key[SEAL_EPOCH_KEY],
                        unsigned char rec_out[SEAL_EPOCH_REC], uint64_t *epoch_out, struct err *e)
{
    unsigned char eph[SEAL_PUB], eph_priv[SEAL_PRIV], kek[32], rec[SEAL_EPOCH_REC];
    struct gcm_call c = {.key = kek, .nonce = zero_nonce, .in = span_of(key, SEAL_EPOCH_KEY)};
    enum rc rc = seal_pair_new(eph, eph_priv, e);

    if (rc == RC_OK)
        rc = epoch_kek(eph_priv, pub, eph, pub, mbx, kek, e);
    wipe(eph_priv, sizeof eph_priv);
    if (rc == RC_OK)
        rc = alg_gcm_seal(&c, rec + SEAL_PUB, e);
    wipe(kek, sizeof kek);
    if (rc != RC_OK)
        return rc;
    memcpy(rec, eph, SEAL_PUB);
    memcpy(rec_out, rec, SEAL_EPOCH_REC);
    *epoch_out = seal_epoch_id(mbx, rec);
    return RC_OK;
}

enum rc seal_epoch_open(const unsigned char priv[SEAL_PRIV], const unsigned char pub[SEAL_PUB], uint64_t mbx,
                        uint64_t epoch, const unsigned char rec[SEAL_EPOCH_REC], unsigned char key_out[SEAL_EPOCH_KEY],
                        struct err *e)
{
    unsigned char kek[32], key[SEAL_EPOCH_KEY];
    struct gcm_call c = {.key = kek, .nonce = zero_nonce, .in = span_of(rec + SEAL_PUB, SEAL_EPOCH_REC - SEAL_PUB)};
    enum rc rc;

    if (seal_epoch_id(mbx, rec) != epoch)
        return err_set(e, RC_CORRUPT, "epoch record of mailbox %llu is not that of epoch %llu", (unsigned long long)mbx,
                       (unsigned long long)epoch);
    rc = epoch_kek(priv, rec, rec, pub, mbx, kek, e);
    if (rc == RC_OK)
        rc = alg_gcm_open(&c, key, e);
    wipe(kek, sizeof kek);
    if (rc == RC_OK)
        memcpy(key_out, key, SEAL_EPOCH_KEY);
    wipe(key, sizeof key);
    return rc;
}

enum rc seal_wrap_key(const unsigned char ekey[SEAL_EPOCH_KEY], uint64_t mbx, uint64_t epoch,
                      unsigned char key_out[SEAL_EPOCH_KEY], struct err *e)
{
    struct info i = {.n = 0};

    info_add(&i, "pli wrap 1", 10);
    info_u64(&i, mbx);
    info_u64(&i, epoch);
    return alg_hkdf(span_of(ekey, SEAL_EPOCH_KEY), span_of(i.b, i.n), key_out, e);
}

enum rc seal_unwrap_with(const unsigned char key[SEAL_EPOCH_KEY], const unsigned char wrap[SEAL_WRAP],
                         unsigned char cek_out[SEAL_CEK], struct err *e)
{
    return alg_unwrap32(key, wrap, cek_out, e);
}

enum rc seal_wrap(const unsigned char ekey[SEAL_EPOCH_KEY], uint64_t mbx, uint64_t epoch,
                  const unsigned char cek[SEAL_CEK], unsigned char wrap_out[SEAL_WRAP], struct err *e)
{
    unsigned char key[32];
    enum rc rc = seal_wrap_key(ekey, mbx, epoch, key, e);

    if (rc == RC_OK)
        rc = alg_wrap32(key, cek, wrap_out, e);
    wipe(key, sizeof key);
    return rc;
}

enum rc seal_unwrap(const unsigned char ekey[SEAL_EPOCH_KEY], uint64_t mbx, uint64_t epoch,
                    const unsigned char wrap[SEAL_WRAP], unsigned char cek_out[SEAL_CEK], struct err *e)
{
    unsigned char key[32];
    enum rc rc = seal_wrap_key(ekey, mbx, epoch, key, e);

    if (rc == RC_OK)
        rc = alg_unwrap32(key, wrap, cek_out, e);
    wipe(key, sizeof key);
    return rc;
}

/* ---- a delegate's slot (crypto/seal/slot.h) ---- */
/* mine, theirs: the two halves of the exchange; eph: the ephemeral public key, which stands in the slot. */
static enum rc delegate_kek(const struct delegate_slot *d, const unsigned char *mine, const unsigned char *theirs,
                            const unsigned char *eph, unsigned char key[32], struct err *e)
{
    struct info i = {.n = 0};
    unsigned char shared[32];
    enum rc rc = agree(mine, theirs, shared, e);

    info_add(&i, "pli delegate 1", 14);
    info_add(&i, eph, SEAL_PUB);
    info_add(&i, d->delegate_pub, SEAL_PUB);
    info_u64(&i, d->mbx);
    info_add(&i, d->pub, SEAL_PUB);
    info_u64(&i, d->delegate);
    info_u64(&i, d->grant);
    if (rc == RC_OK)
        rc = alg_hkdf(span_of(shared, sizeof shared), span_of(i.b, i.n), key, e);
    wipe(shared, sizeof shared);
    return rc;
}

enum rc slot_delegate_seal(const struct delegate_slot *d, const unsigned char priv[SEAL_PRIV], struct buf *body_out,
                           struct err *e)
{
    unsigned char eph[SEAL_PUB], eph_priv[SEAL_PRIV], kek[32], sealed[SEAL_DELEGATE - SEAL_PUB];
    struct gcm_call c = {.key = kek, .nonce = zero_nonce, .in = span_of(priv, SEAL_PRIV)};
    enum rc rc = seal_pair_new(eph, eph_priv, e);

    if (rc == RC_OK)
        rc = delegate_kek(d, eph_priv, d->delegate_pub, eph, kek, e);
    wipe(eph_priv, sizeof eph_priv);
    if (rc == RC_OK)
        rc = alg_gcm_seal(&c, sealed, e);
    wipe(kek, sizeof kek);
    if (rc != RC_OK)
        return rc;
    buf_u64(body_out, d->delegate);
    buf_u64(body_out, d->grant);
    buf_add(body_out, eph, sizeof eph);
    buf_add(body_out, sealed, sizeof sealed);
    return RC_OK;
}

/* Is that the public half? */
static enum rc pair_fits(const unsigned char priv[SEAL_PRIV], const unsigned char pub[SEAL_PUB], struct err *e)
{
    EVP_PKEY *k = EVP_PKEY_new_raw_private_key_ex(NULL, "X25519", NULL, priv, SEAL_PRIV);
    unsigned char own[SEAL_PUB];
    size_t n = sizeof own;
    bool ok = k != NULL && EVP_PKEY_get_raw_public_key(k, own, &n) > 0 && n == SEAL_PUB && memcmp(own, pub, n) == 0;

    EVP_PKEY_free(k);
    return ok ? RC_OK : err_set(e, RC_CORRUPT, "delegate slot: it holds another mailbox's key");
}

enum rc slot_delegate_open(const struct delegate_slot *d, const unsigned char priv[SEAL_PRIV], struct span body,
                           unsigned char priv_out[SEAL_PRIV], struct err *e)
{
    enum { HEAD = 16 + SEAL_PUB };
    unsigned char kek[32], key[SEAL_PRIV];
    struct gcm_call c = {.key = kek, .nonce = zero_nonce};
    uint64_t delegate, grant;
    enum rc rc = slot_delegate_whose(body, &delegate, &grant, e);

    if (rc == RC_OK && (delegate != d->delegate || grant != d->grant))
        rc = err_set(e, RC_CORRUPT, "delegate slot of another delegation");
    if (rc != RC_OK)
        return rc;
    c.in = span_from(body, HEAD);
    rc = delegate_kek(d, priv, body.p + 16, body.p + 16, kek, e);
    if (rc == RC_OK)
        rc = alg_gcm_open(&c, key, e);
    wipe(kek, sizeof kek);
    if (rc == RC_OK)
        rc = pair_fits(key, d->pub, e);
    if (rc == RC_OK)
        memcpy(priv_out, key, SEAL_PRIV);
    wipe(key, sizeof key);
    return rc;
}
