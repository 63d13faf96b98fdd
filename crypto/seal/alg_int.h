/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/seal/alg_int.h - OpenSSL's algorithms, fetched once, and each thread's working contexts. Private to crypto/.
 *
 * Why      EVP_*_fetch and context allocation cost more than sealing a small object; both are paid once.
 * Owns     fetched algorithms: the process. Contexts: the thread, released when it ends.
 * Secrets  a thread's context never keeps a key longer than the call that set it: alg_* overwrite it before they return
 *          (a context given by the caller is the caller's to free).
 * Process  every one that seals, opens or hashes.
 */
#pragma once
#include "base/buf.h"
#include <openssl/evp.h>

enum { GCM_KEY = 32, GCM_NONCE = 12, GCM_TAG = 16 };

/* fetched at first use (or by seal_warm()); die() when the library lacks one */
const EVP_MD *alg_sha256(void);
const EVP_CIPHER *alg_aes_gcm(void);
/* This thread's AES-256 block cipher, keyed, no padding; NULL: the library refuses. key NULL: a key of zeros, when the work is done. */
EVP_CIPHER_CTX *alg_aes_blocks(const unsigned char key[32], int enc);

/* RC_CORRUPT, RC_TEMP... with the library's own reason in the log text; empties the thread's error queue. */
enum rc alg_err(struct err *e, enum rc rc, const char *what);

/* RFC 5869, no salt, 32 bytes out. */
enum rc alg_hkdf(struct span ikm, struct span info, unsigned char out[32], struct err *e);
enum rc alg_hmac(struct span key, struct span data, unsigned char out[32], struct err *e);

/* One AES-256-GCM operation in a given context (NULL: this thread's). key NULL: the context's key stays. */
struct gcm_call {
    EVP_CIPHER_CTX *ctx;
    const unsigned char *key;
    const unsigned char *nonce;
    struct span aad;
    struct span in;
};
/* out: in.n + GCM_TAG bytes */
enum rc alg_gcm_seal(const struct gcm_call *c, unsigned char *out, struct err *e);
/* out: in.n - GCM_TAG bytes; wiped on failure. RC_CORRUPT: the tag disagrees. */
enum rc alg_gcm_open(const struct gcm_call *c, unsigned char *out, struct err *e);
/* RFC 3394, AES-256: 32 bytes to 40 and back. RC_CORRUPT: the integrity value disagrees. */
enum rc alg_wrap32(const unsigned char key[32], const unsigned char in[32], unsigned char out[40], struct err *e);
enum rc alg_unwrap32(const unsigned char key[32], const unsigned char in[40], unsigned char out[32], struct err *e);
