/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/seal/alg_int.h - OpenSSL's algorithms, fetched once, and each thread's working contexts. Private to crypto/.
 *
 * Why      EVP_*_fetch and the allocation of a context cost more than sealing a small object. Both are paid once.
 * Owns     The process owns the fetched algorithms. Each thread owns its contexts, which are released when it ends.
 * Secrets  A thread's context does not keep a key longer than the call that set it, because alg_* overwrite the key before they return. A
 *          context that the caller gives stays the caller's, to use and to free.
 * Process  every process that seals, opens or hashes.   Source RFC 5869, RFC 2104, RFC 3394, NIST SP 800-38D (GCM).
 */
#pragma once
#include "base/buf.h"
#include <openssl/evp.h>

enum { GCM_KEY = 32, GCM_NONCE = 12, GCM_TAG = 16 };

/* Fetched at first use, or by seal_warm(). die() when the library lacks one. */
const EVP_MD *alg_sha256(void);
const EVP_CIPHER *alg_aes_gcm(void);
/* This thread's AES-256 block cipher with that key, without padding. NULL: the library refuses. The caller calls it again with key NULL when
 * its work is done: a key of zeros then takes the place of the key. */
EVP_CIPHER_CTX *alg_aes_blocks(const unsigned char key[32], int enc);

/* Fills e with rc and with the library's own reason in the log text. Empties the thread's error queue. */
enum rc alg_err(struct err *e, enum rc rc, const char *what);

/* RFC 5869 with SHA-256 and no salt; 32 bytes out. */
enum rc alg_hkdf(struct span ikm, struct span info, unsigned char out[32], struct err *e);
/* Its second step alone, with a key that is random as it is (RFC 5869 3.3): 32 bytes in, 32 out. Half the time. */
enum rc alg_expand(const unsigned char prk[32], struct span info, unsigned char out[32], struct err *e);
enum rc alg_hmac(struct span key, struct span data, unsigned char out[32], struct err *e);

/* One AES-256-GCM operation. ctx NULL: this thread's context. key NULL: the context keeps its key. */
struct gcm_call {
    EVP_CIPHER_CTX *ctx;
    const unsigned char *key;
    const unsigned char *nonce;
    struct span aad;
    struct span in;
};
/* out: in.n + GCM_TAG bytes */
enum rc alg_gcm_seal(const struct gcm_call *c, unsigned char *out, struct err *e);
/* out: in.n - GCM_TAG bytes, wiped on failure. RC_CORRUPT: the tag does not fit. */
enum rc alg_gcm_open(const struct gcm_call *c, unsigned char *out, struct err *e);
/* RFC 3394 with AES-256: 32 bytes to 40 and back. RC_CORRUPT: the integrity value does not fit. */
enum rc alg_wrap32(const unsigned char key[32], const unsigned char in[32], unsigned char out[40], struct err *e);
enum rc alg_unwrap32(const unsigned char key[32], const unsigned char in[40], unsigned char out[32], struct err *e);
