/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/keyd/slot_keys.c - making and opening key slots. RFC 7914 (scrypt), RFC 5869.
 *
 * Keys     a slot is sealed with a derived key and never with the key-encryption key itself: HKDF(kek, "pli slot 1" |
 *          aad), or scrypt. So few random nonces are used under one key, and a slot that was moved to another mailbox
 *          or address opens with no key.
 * Secrets  every derived key is wiped before return.
 */
#include "crypto/keyd/slot_keys.h"
#include "base/ascii.h"
#include "base/wipe.h"
#include "crypto/seal/alg_int.h"
#include "crypto/seal/digest.h"
#include <openssl/core_names.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

enum { SLOT_VERSION = 1, SALT_LEN = 16, SCRYPT_LOG2N = 15, SCRYPT_R = 8, SCRYPT_P = 1 };
enum {
    KEYD_BODY = GCM_NONCE + SEAL_PRIV + GCM_TAG,
    PASSWORD_HEAD = SALT_LEN + 3,
    PASSWORD_BODY = PASSWORD_HEAD + KEYD_BODY
};
/* Bounds the memory that a slot may ask for. 2^17 * 16 * 128 octets would be 256 MB; the product may be at most 64
 * MB. */
enum { LOG2N_MAX = 17, R_MAX = 16, P_MAX = 4, SCRYPT_MEM = 64 << 20 };

static void put_le(unsigned char *p, uint64_t v, size_t n)
{
    for (size_t i = 0; i < n; i++)
        p[i] = (unsigned char)(v >> 8 * i);
}

/* "PLIS" | version u8 | type u16 | what it is bound to */
struct aad {
    unsigned char b[4 + 1 + 2 + 256 + DIGEST_LEN];
    size_t n;
};

static void aad_head(struct aad *a, enum slot_type type)
{
    memcpy(a->b, "PLIS", 4);
    a->b[4] = SLOT_VERSION;
    put_le(a->b + 5, type, 2);
    a->n = 7;
}

static void aad_box(struct aad *a, enum slot_type type, uint64_t mbx, const unsigned char pub[SEAL_PUB])
{
    aad_head(a, type);
    put_le(a->b + a->n, mbx, 8);
    memcpy(a->b + a->n + 8, pub, SEAL_PUB);
    a->n += 8 + SEAL_PUB;
}

/* The address in lower case, its length first, and the certificate's digest. Bound to both, a slot opens with no
 * other. */
static enum rc aad_signing(struct aad *a, struct span address, struct span cert, struct err *e)
{
    if (address.n == 0 || address.n > 255)
        return err_set(e, RC_PERM, "signing slot: address of %zu bytes", address.n);
    aad_head(a, SLOT_SIGNING);
    a->b[a->n++] = (unsigned char)address.n;
    ascii_lower_all(address, a->b + a->n);
    a->n += address.n;
    digest_of(cert, a->b + a->n);
    a->n += DIGEST_LEN;
    return RC_OK;
}

static enum rc kek_key(const unsigned char kek[SLOT_KEK], const struct aad *a, unsigned char key[32], struct err *e)
{
    unsigned char info[10 + sizeof a->b];

    memcpy(info, "pli slot 1", 10);
    memcpy(info + 10, a->b, a->n);
    return alg_hkdf(span_of(kek, SLOT_KEK), span_of(info, 10 + a->n), key, e);
}

/* Seals: appends nonce | cipher text | tag to out. key is wiped. */
static enum rc body_seal(unsigned char key[32], const struct aad *a, struct span plain, struct buf *out, struct err *e)
{
    unsigned char nonce[GCM_NONCE];
    struct gcm_call c = {.key = key, .nonce = nonce, .aad = span_of(a->b, a->n), .in = plain};
    enum rc rc = buf_reserve(out, GCM_NONCE + plain.n + GCM_TAG, e);

    if (rc == RC_OK) {
        random_bytes(nonce, sizeof nonce);
        memcpy(out->p + out->n, nonce, GCM_NONCE);
        rc = alg_gcm_seal(&c, out->p + out->n + GCM_NONCE, e);
    }
    if (rc == RC_OK)
        out->n += GCM_NONCE + plain.n + GCM_TAG;
    wipe(key, 32);
    return rc;
}

/* Opens what that sealed. The caller has checked body.n. key is wiped. */
static enum rc body_open(unsigned char key[32], const struct aad *a, struct span body, unsigned char *out,
                         struct err *e)
{
    struct gcm_call c = {.key = key, .nonce = body.p, .aad = span_of(a->b, a->n), .in = span_from(body, GCM_NONCE)};
    enum rc rc = alg_gcm_open(&c, out, e);

    wipe(key, 32);
    return rc;
}

static enum rc priv_open(unsigned char key[32], const struct aad *a, struct span body,
                         unsigned char priv_out[SEAL_PRIV], struct err *e)
{
    unsigned char priv[SEAL_PRIV];
    enum rc rc = body_open(key, a, body, priv, e);

    if (rc == RC_OK)
        memcpy(priv_out, priv, SEAL_PRIV);
    wipe(priv, sizeof priv);
    return rc;
}

/* ---- keyd slots ---- */

enum rc slot_keyd_seal(const unsigned char kek[SLOT_KEK], uint64_t mbx, const unsigned char pub[SEAL_PUB],
                       const unsigned char priv[SEAL_PRIV], struct buf *body_out, struct err *e)
{
    unsigned char key[32];
    struct aad a;
    enum rc rc;

    aad_box(&a, SLOT_KEYD, mbx, pub);
    rc = kek_key(kek, &a, key, e);
    return rc == RC_OK ? body_seal(key, &a, span_of(priv, SEAL_PRIV), body_out, e) : rc;
}

enum rc slot_keyd_open(const unsigned char kek[SLOT_KEK], uint64_t mbx, const unsigned char pub[SEAL_PUB],
                       struct span body, unsigned char priv_out[SEAL_PRIV], struct err *e)
{
    unsigned char key[32];
    struct aad a;
    enum rc rc;

    if (body.n != KEYD_BODY)
        return err_set(e, RC_CORRUPT, "keyd slot of %zu bytes", body.n);
    aad_box(&a, SLOT_KEYD, mbx, pub);
    rc = kek_key(kek, &a, key, e);
    return rc == RC_OK ? priv_open(key, &a, body, priv_out, e) : rc;
}

/* ---- password slots ---- */

static enum rc scrypt_key(struct span password, const unsigned char head[PASSWORD_HEAD], unsigned char key[32],
                          struct err *e)
{
    uint64_t n = UINT64_C(1) << head[SALT_LEN], r = head[SALT_LEN + 1], p = head[SALT_LEN + 2],
             mem = SCRYPT_MEM + (1 << 20);
    OSSL_PARAM q[] = {
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_PASSWORD, (void *)(uintptr_t)password.p, password.n),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, (void *)(uintptr_t)head, SALT_LEN),
        OSSL_PARAM_construct_uint64(OSSL_KDF_PARAM_SCRYPT_N, &n),
        OSSL_PARAM_construct_uint64(OSSL_KDF_PARAM_SCRYPT_R, &r),
        OSSL_PARAM_construct_uint64(OSSL_KDF_PARAM_SCRYPT_P, &p),
        OSSL_PARAM_construct_uint64(OSSL_KDF_PARAM_SCRYPT_MAXMEM, &mem),
        OSSL_PARAM_construct_end(),
    };
    EVP_KDF *kdf = EVP_KDF_fetch(NULL, "SCRYPT", NULL); /* rare and slow anyway: not kept */
    EVP_KDF_CTX *c = kdf ? EVP_KDF_CTX_new(kdf) : NULL;
    bool ok = c != NULL && EVP_KDF_derive(c, key, 32, q) > 0;

    EVP_KDF_CTX_free(c);
    EVP_KDF_free(kdf);
    return ok ? RC_OK : alg_err(e, RC_TEMP, "scrypt");
}

static bool scrypt_fair(const unsigned char head[PASSWORD_HEAD])
{
    unsigned n = head[SALT_LEN], r = head[SALT_LEN + 1], p = head[SALT_LEN + 2];

    return n >= 10 && n <= LOG2N_MAX && r >= 1 && r <= R_MAX && p >= 1 && p <= P_MAX &&
           (UINT64_C(128) << n) * (r + 1) <= (uint64_t)SCRYPT_MEM;
}

/* The parameters of scrypt are bound too, so that none can be weakened. */
static void aad_password(struct aad *a, uint64_t mbx, const unsigned char pub[SEAL_PUB],
                         const unsigned char head[PASSWORD_HEAD])
{
    aad_box(a, SLOT_PASSWORD, mbx, pub);
    memcpy(a->b + a->n, head, PASSWORD_HEAD);
    a->n += PASSWORD_HEAD;
}

enum rc slot_password_seal(struct span password, uint64_t mbx, const unsigned char pub[SEAL_PUB],
                           const unsigned char priv[SEAL_PRIV], struct buf *body_out, struct err *e)
{
    unsigned char head[PASSWORD_HEAD], key[32];
    size_t before = body_out->n;
    struct aad a;
    enum rc rc;

    random_bytes(head, SALT_LEN);
    head[SALT_LEN] = SCRYPT_LOG2N;
    head[SALT_LEN + 1] = SCRYPT_R;
    head[SALT_LEN + 2] = SCRYPT_P;
    aad_password(&a, mbx, pub, head);
    rc = scrypt_key(password, head, key, e);
    if (rc != RC_OK)
        return rc;
    buf_add(body_out, head, sizeof head);
    rc = body_seal(key, &a, span_of(priv, SEAL_PRIV), body_out, e);
    if (rc != RC_OK)
        buf_cut(body_out, before);
    return rc;
}

enum rc slot_password_open(struct span password, uint64_t mbx, const unsigned char pub[SEAL_PUB], struct span body,
                           unsigned char priv_out[SEAL_PRIV], struct err *e)
{
    unsigned char key[32];
    struct aad a;
    enum rc rc;

    if (body.n != PASSWORD_BODY || !scrypt_fair(body.p))
        return err_set(e, RC_CORRUPT, "password slot is malformed");
    aad_password(&a, mbx, pub, body.p);
    rc = scrypt_key(password, body.p, key, e);
    if (rc == RC_OK)
        rc = priv_open(key, &a, span_from(body, PASSWORD_HEAD), priv_out, e);
    return rc == RC_CORRUPT ? err_cause(e, RC_DENIED, CAUSE_AUTH_FAILED, "password slot: not that password") : rc;
}

/* ---- signing slots ---- */

enum rc slot_signing_seal(const unsigned char kek[SLOT_KEK], struct span address, struct span pkcs8,
                          struct span cert_der, struct buf *body_out, struct err *e)
{
    unsigned char key[32];
    struct buf sealed = BUF_INIT;
    struct aad a;
    enum rc rc = aad_signing(&a, address, cert_der, e);

    if (rc == RC_OK)
        rc = kek_key(kek, &a, key, e);
    if (rc == RC_OK)
        rc = body_seal(key, &a, pkcs8, &sealed, e);
    if (rc == RC_OK) {
        buf_bytes(body_out, buf_span(&sealed));
        buf_bytes(body_out, cert_der);
    }
    buf_free(&sealed);
    return rc;
}

enum rc slot_signing_open(const unsigned char kek[SLOT_KEK], struct span address, struct span body,
                          struct buf *pkcs8_out, struct err *e)
{
    unsigned char key[32];
    struct span sealed, cert;
    struct aad a;
    enum rc rc = slot_signing_cert(body, &sealed, &cert, e);

    if (rc == RC_OK && sealed.n < GCM_NONCE + GCM_TAG)
        rc = err_set(e, RC_CORRUPT, "signing slot is too short");
    if (rc == RC_OK)
        rc = aad_signing(&a, address, cert, e);
    if (rc == RC_OK)
        rc = buf_reserve(pkcs8_out, sealed.n, e);
    if (rc == RC_OK)
        rc = kek_key(kek, &a, key, e);
    if (rc == RC_OK)
        rc = body_open(key, &a, sealed, pkcs8_out->p + pkcs8_out->n, e);
    if (rc == RC_OK)
        pkcs8_out->n += sealed.n - GCM_NONCE - GCM_TAG;
    return rc;
}
