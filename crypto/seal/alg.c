/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/seal/alg.c - see crypto/seal/alg_int.h. */
#include "base/wipe.h"
#include "crypto/seal/alg_int.h"
#include "crypto/seal/seal.h"
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/params.h>
#include <pthread.h>
#include <stdlib.h>

static struct {
    EVP_MD *sha256;
    EVP_CIPHER *gcm, *ecb;
    EVP_MAC *hmac;
    pthread_key_t key;
} alg;
/* A context keeps the last key that it was given. This key of zeros takes that key's place. */
static const unsigned char no_key[32];
static pthread_once_t alg_once = PTHREAD_ONCE_INIT;

struct thread_ctx {
    EVP_MAC_CTX *hmac;
    EVP_CIPHER_CTX *gcm, *ecb;
};
static _Thread_local struct thread_ctx *mine;

static void thread_end(void *p)
{
    struct thread_ctx *t = p;

    EVP_MAC_CTX_free(t->hmac);
    EVP_CIPHER_CTX_free(t->gcm);
    EVP_CIPHER_CTX_free(t->ecb);
    free(t);
    mine = NULL;
}

static void alg_load(void)
{
    alg.sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    alg.gcm = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
    alg.ecb = EVP_CIPHER_fetch(NULL, "AES-256-ECB", NULL);
    alg.hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    if (!alg.sha256 || !alg.gcm || !alg.ecb || !alg.hmac)
        die("OpenSSL has no SHA256, AES-256-GCM, AES-256-ECB or HMAC: check its configuration (openssl.cnf)");
    if (pthread_key_create(&alg.key, thread_end) != 0)
        die("no thread-specific key left");
}

static struct thread_ctx *thread_new(void)
{
    struct thread_ctx *t = calloc(1, sizeof *t);
    char sha256[] = "SHA256";
    OSSL_PARAM p[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, sha256, 0), OSSL_PARAM_construct_end()};

    pthread_once(&alg_once, alg_load);
    if (t == NULL)
        die("out of memory");
    t->hmac = EVP_MAC_CTX_new(alg.hmac);
    t->gcm = EVP_CIPHER_CTX_new();
    t->ecb = EVP_CIPHER_CTX_new();
    if (!t->hmac || !t->gcm || !t->ecb)
        die("out of memory");
    /* the digest is set once: naming it again would fetch it again */
    if (EVP_MAC_CTX_set_params(t->hmac, p) <= 0)
        die("OpenSSL refuses SHA256 for HMAC");
    /* so are the ciphers: a context that is given its cipher again frees and makes all that is in it */
    if (EVP_CipherInit_ex2(t->gcm, alg.gcm, NULL, NULL, 1, NULL) <= 0 ||
        EVP_CipherInit_ex2(t->ecb, alg.ecb, NULL, NULL, 1, NULL) <= 0 || EVP_CIPHER_CTX_set_padding(t->ecb, 0) <= 0)
        die("OpenSSL refuses AES-256");
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

EVP_CIPHER_CTX *alg_aes_blocks(const unsigned char key[32], int enc)
{
    EVP_CIPHER_CTX *x = ctx_mine()->ecb;

    return EVP_CipherInit_ex2(x, NULL, key ? key : no_key, NULL, enc, NULL) > 0 ? x : NULL;
}

enum rc alg_err(struct err *e, enum rc rc, const char *what)
{
    char why[160] = "no reason given";
    unsigned long code = ERR_peek_last_error();

    if (code != 0)
        ERR_error_string_n(code, why, sizeof why);
    ERR_clear_error();
    return err_set(e, rc, "%s: %s", what, why);
}

/* HMAC over two pieces, 32 bytes out. The key stays in the context, so the caller must overwrite it. */
static bool mac(EVP_MAC_CTX *c, struct span key, struct span a, struct span b, unsigned char out[32])
{
    const unsigned char *k = key.n ? key.p : no_key; /* an empty key is a key: NULL would keep the one before */
    size_t n = 0;

    return EVP_MAC_init(c, k, key.n, NULL) > 0 && EVP_MAC_update(c, a.p, a.n) > 0 &&
           (b.n == 0 || EVP_MAC_update(c, b.p, b.n) > 0) && EVP_MAC_final(c, out, &n, 32) > 0 && n == 32;
}

static bool mac_forget(EVP_MAC_CTX *c)
{
    return EVP_MAC_init(c, no_key, sizeof no_key, NULL) > 0;
}

/* HKDF by hand from two HMACs (RFC 5869 2.2, 2.3; one block). It costs half of the library's KDF, which makes its
 * contexts anew each time. */
enum rc alg_hkdf(struct span ikm, struct span info, unsigned char out[32], struct err *e)
{
    EVP_MAC_CTX *c = ctx_mine()->hmac;
    unsigned char prk[32];
    bool ok = mac(c, span_of(no_key, sizeof no_key), ikm, SPAN_NULL, prk) &&
              mac(c, span_of(prk, sizeof prk), info, SPAN_LIT("\1"), out);

    wipe(prk, sizeof prk);
    return mac_forget(c) && ok ? RC_OK : alg_err(e, RC_TEMP, "hkdf");
}

enum rc alg_expand(const unsigned char prk[32], struct span info, unsigned char out[32], struct err *e)
{
    EVP_MAC_CTX *c = ctx_mine()->hmac;
    bool ok = mac(c, span_of(prk, 32), info, SPAN_LIT("\1"), out);

    return mac_forget(c) && ok ? RC_OK : alg_err(e, RC_TEMP, "hkdf-expand");
}

enum rc alg_hmac(struct span key, struct span data, unsigned char out[32], struct err *e)
{
    EVP_MAC_CTX *c = ctx_mine()->hmac;
    bool ok = mac(c, key, data, SPAN_NULL, out);

    return mac_forget(c) && ok ? RC_OK : alg_err(e, RC_TEMP, "hmac");
}

static EVP_CIPHER_CTX *gcm_ctx(const struct gcm_call *c)
{
    return c->ctx ? c->ctx : ctx_mine()->gcm;
}

/* Makes this thread's context forget the key that it was lent. */
static void gcm_forget(const struct gcm_call *c)
{
    if (c->ctx == NULL)
        EVP_EncryptInit_ex2(ctx_mine()->gcm, NULL, no_key, no_key, NULL);
}

enum rc alg_gcm_seal(const struct gcm_call *c, unsigned char *out, struct err *e)
{
    EVP_CIPHER_CTX *x = gcm_ctx(c);
    int n = 0, m = 0;
    bool ok = EVP_EncryptInit_ex2(x, NULL, c->key, c->nonce, NULL) > 0 &&
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
        return err_set(e, RC_CORRUPT, "sealed bytes shorter than their tag");
    ok = EVP_DecryptInit_ex2(x, NULL, c->key, c->nonce, NULL) > 0 &&
         EVP_DecryptUpdate(x, NULL, &n, c->aad.p, (int)c->aad.n) > 0 &&
         (plain == 0 || EVP_DecryptUpdate(x, out, &m, c->in.p, (int)plain) > 0) &&
         EVP_CIPHER_CTX_ctrl(x, EVP_CTRL_AEAD_SET_TAG, GCM_TAG, (void *)(uintptr_t)(c->in.p + plain)) > 0 &&
         EVP_DecryptFinal_ex(x, out + m, &n) > 0;
    gcm_forget(c);
    if (ok)
        return RC_OK;
    wipe(out, plain);
    ERR_clear_error();
    return err_set(e, RC_CORRUPT, "seal does not open: wrong key, wrong place or changed bytes");
}
