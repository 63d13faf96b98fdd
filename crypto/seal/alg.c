/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/seal/alg.c - see alg_int.h. */
#include "base/wipe.h"
#include "crypto/seal/alg_int.h"
#include "crypto/seal/seal.h"
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <pthread.h>
#include <stdlib.h>

static struct {
    EVP_MD *sha256;
    EVP_CIPHER *gcm, *wrap;
    EVP_KDF *hkdf;
    EVP_MAC *hmac;
    pthread_key_t key;
} alg;
static pthread_once_t alg_once = PTHREAD_ONCE_INIT;

struct thread_ctx {
    EVP_KDF_CTX *hkdf;
    EVP_MAC_CTX *hmac;
    EVP_CIPHER_CTX *gcm, *wrap;
};
static _Thread_local struct thread_ctx *mine;

static void thread_end(void *p)
{
    struct thread_ctx *t = p;

    EVP_KDF_CTX_free(t->hkdf);
    EVP_MAC_CTX_free(t->hmac);
    EVP_CIPHER_CTX_free(t->gcm);
    EVP_CIPHER_CTX_free(t->wrap);
    free(t);
    mine = NULL;
}

static void alg_load(void)
{
    alg.sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    alg.gcm = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
    alg.wrap = EVP_CIPHER_fetch(NULL, "AES-256-WRAP", NULL);
    alg.hkdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
    alg.hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    if (!alg.sha256 || !alg.gcm || !alg.wrap || !alg.hkdf || !alg.hmac)
        die("OpenSSL has no SHA256, AES-256-GCM, AES-256-WRAP, HKDF or HMAC: check its configuration (openssl.cnf)");
    if (pthread_key_create(&alg.key, thread_end) != 0)
        die("no thread-specific key left");
}

static struct thread_ctx *thread_new(void)
{
    struct thread_ctx *t = calloc(1, sizeof *t);
    char sha256[] = "SHA256";
    OSSL_PARAM p[] = {OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, sha256, 0), OSSL_PARAM_construct_end()};

    pthread_once(&alg_once, alg_load);
    if (t == NULL)
        die("out of memory");
    t->hkdf = EVP_KDF_CTX_new(alg.hkdf);
    t->hmac = EVP_MAC_CTX_new(alg.hmac);
    t->gcm = EVP_CIPHER_CTX_new();
    t->wrap = EVP_CIPHER_CTX_new();
    if (!t->hkdf || !t->hmac || !t->gcm || !t->wrap)
        die("out of memory");
    EVP_CIPHER_CTX_set_flags(t->wrap, EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
    /* the digest is set once: naming it again would fetch it again; MAC and KDF name the parameter alike */
    if (EVP_KDF_CTX_set_params(t->hkdf, p) <= 0 || EVP_MAC_CTX_set_params(t->hmac, p) <= 0)
        die("OpenSSL refuses SHA256 for HKDF or HMAC");
    pthread_setspecific(alg.key, t);
    mine = t;
    return t;
}

static struct thread_ctx *ctx_mine(void)
{
    return mine ? mine : thread_new();
}

void seal_warm(void)
{
    ctx_mine();
}

const EVP_MD *alg_sha256(void)
{
    ctx_mine();
    return alg.sha256;
}

const EVP_CIPHER *alg_aes_gcm(void)
{
    ctx_mine();
    return alg.gcm;
}

const EVP_CIPHER *alg_aes_wrap(void)
{
    ctx_mine();
    return alg.wrap;
}

enum rc alg_err(struct err *e, enum rc rc, const char *what)
{
    char why[160] = "no reason given";
    unsigned long code = ERR_peek_last_error();

    if (code != 0)
        ERR_error_string_n(code, why, sizeof why);
    ERR_clear_error();
    return err_set(e, rc, NULL, NULL, "%s: %s", what, why);
}

/* The context keeps the last key given to it: another one is put in its place. */
static const unsigned char no_key[32];

enum rc alg_hkdf(struct span ikm, struct span info, unsigned char out[32], struct err *e)
{
    EVP_KDF_CTX *c = ctx_mine()->hkdf;
    OSSL_PARAM p[] = {OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, (void *)(uintptr_t)ikm.p, ikm.n),
                      OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, (void *)(uintptr_t)info.p, info.n),
                      OSSL_PARAM_construct_end()};
    OSSL_PARAM forget[] = {
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, (void *)(uintptr_t)no_key, sizeof no_key),
        OSSL_PARAM_construct_end()};
    int ok = EVP_KDF_derive(c, out, 32, p);

    if (EVP_KDF_CTX_set_params(c, forget) <= 0 || ok <= 0)
        return alg_err(e, RC_TEMP, "hkdf");
    return RC_OK;
}

enum rc alg_hmac(struct span key, struct span data, unsigned char out[32], struct err *e)
{
    EVP_MAC_CTX *c = ctx_mine()->hmac;
    const unsigned char *k = key.n ? key.p : no_key; /* an empty key is a key: NULL would keep the one before */
    size_t n = 0;
    int ok = EVP_MAC_init(c, k, key.n, NULL) > 0 && EVP_MAC_update(c, data.p, data.n) > 0 &&
             EVP_MAC_final(c, out, &n, 32) > 0;

    if (EVP_MAC_init(c, no_key, sizeof no_key, NULL) <= 0 || !ok || n != 32)
        return alg_err(e, RC_TEMP, "hmac");
    return RC_OK;
}

static EVP_CIPHER_CTX *gcm_ctx(const struct gcm_call *c)
{
    return c->ctx ? c->ctx : ctx_mine()->gcm;
}

/* this thread's context forgets the key it was lent */
static void gcm_forget(const struct gcm_call *c)
{
    if (c->ctx == NULL)
        EVP_EncryptInit_ex2(ctx_mine()->gcm, alg.gcm, no_key, no_key, NULL);
}

enum rc alg_gcm_seal(const struct gcm_call *c, unsigned char *out, struct err *e)
{
    EVP_CIPHER_CTX *x = gcm_ctx(c);
    int n = 0, m = 0;
    bool ok = EVP_EncryptInit_ex2(x, c->key ? alg_aes_gcm() : NULL, c->key, c->nonce, NULL) > 0 &&
              EVP_EncryptUpdate(x, NULL, &n, c->aad.p, (int)c->aad.n) > 0 &&
              (c->in.n == 0 || EVP_EncryptUpdate(x, out, &m, c->in.p, (int)c->in.n) > 0) &&
              EVP_EncryptFinal_ex(x, out + m, &n) > 0 &&
              EVP_CIPHER_CTX_ctrl(x, EVP_CTRL_AEAD_GET_TAG, GCM_TAG, out + c->in.n) > 0;

    gcm_forget(c);
    return ok ? RC_OK : alg_err(e, RC_TEMP, "aes-256-gcm seal");
}

enum rc alg_gcm_open(const struct gcm_call *c, unsigned char *out, struct err *e)
{
    EVP_CIPHER_CTX *x = gcm_ctx(c);
    int n = 0, m = 0;
    size_t plain = c->in.n - GCM_TAG;
    bool ok;

    if (c->in.n < GCM_TAG)
        return err_set(e, RC_CORRUPT, NULL, NULL, "sealed bytes shorter than their tag");
    ok = EVP_DecryptInit_ex2(x, c->key ? alg_aes_gcm() : NULL, c->key, c->nonce, NULL) > 0 &&
         EVP_DecryptUpdate(x, NULL, &n, c->aad.p, (int)c->aad.n) > 0 &&
         (plain == 0 || EVP_DecryptUpdate(x, out, &m, c->in.p, (int)plain) > 0) &&
         EVP_CIPHER_CTX_ctrl(x, EVP_CTRL_AEAD_SET_TAG, GCM_TAG, (void *)(uintptr_t)(c->in.p + plain)) > 0 &&
         EVP_DecryptFinal_ex(x, out + m, &n) > 0;
    gcm_forget(c);
    if (ok)
        return RC_OK;
    wipe(out, plain);
    ERR_clear_error();
    return err_set(e, RC_CORRUPT, NULL, NULL, "seal does not open: wrong key, wrong place or changed bytes");
}

enum rc alg_wrap32(const unsigned char key[32], const unsigned char in[32], unsigned char out[40], struct err *e)
{
    EVP_CIPHER_CTX *x = ctx_mine()->wrap;
    int n = 0;
    bool ok =
        EVP_EncryptInit_ex2(x, alg.wrap, key, NULL, NULL) > 0 && EVP_EncryptUpdate(x, out, &n, in, 32) > 0 && n == 40;

    EVP_EncryptInit_ex2(x, alg.wrap, no_key, NULL, NULL);
    return ok ? RC_OK : alg_err(e, RC_TEMP, "aes-256-wrap");
}

enum rc alg_unwrap32(const unsigned char key[32], const unsigned char in[40], unsigned char out[32], struct err *e)
{
    EVP_CIPHER_CTX *x = ctx_mine()->wrap;
    unsigned char tmp[48]; /* the library writes a block beyond while it works */
    int n = 0;
    bool ok =
        EVP_DecryptInit_ex2(x, alg.wrap, key, NULL, NULL) > 0 && EVP_DecryptUpdate(x, tmp, &n, in, 40) > 0 && n == 32;

    EVP_DecryptInit_ex2(x, alg.wrap, no_key, NULL, NULL);
    if (ok)
        memcpy(out, tmp, 32);
    wipe(tmp, sizeof tmp);
    if (ok)
        return RC_OK;
    ERR_clear_error();
    return err_set(e, RC_CORRUPT, NULL, NULL, "wrapped key does not open: wrong epoch, wrong mailbox or changed bytes");
}
