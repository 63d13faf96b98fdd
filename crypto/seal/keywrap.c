/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/seal/keywrap.c - AES key wrap of 32 bytes, index-based as RFC 3394 2.2.1 and 2.2.2 write it, over the
 * library's AES block.
 *
 * Why by hand   The library's own key wrap (AES-256-WRAP) uses its portable AES with tables, which is three times
 *               slower. A listing unwraps one key per message. The block cipher here is the library's, on the
 *               processor's AES instructions.
 */
#include "base/wipe.h"
#include "crypto/seal/alg_int.h"

enum { PARTS = 4, ROUNDS = 6, HALF = 8, WRAPPED = (PARTS + 1) * HALF };
static const unsigned char integrity[HALF] = {0xa6, 0xa6, 0xa6, 0xa6, 0xa6, 0xa6, 0xa6, 0xa6};

/* block holds A, then one part. The step's number is xored into A's last octet, which is enough for 24 steps. */
static bool one_block(EVP_CIPHER_CTX *x, unsigned char block[2 * HALF])
{
    int n = 0;

    return EVP_CipherUpdate(x, block, &n, block, 2 * HALF) > 0 && n == 2 * HALF;
}

enum rc alg_wrap32(const unsigned char key[32], const unsigned char in[32], unsigned char out[40], struct err *e)
{
    EVP_CIPHER_CTX *x = alg_aes_blocks(key, 1);
    unsigned char block[2 * HALF];
    bool ok = x != NULL;

    memcpy(block, integrity, HALF);
    memcpy(out + HALF, in, PARTS * HALF);
    for (unsigned t = 1; ok && t <= ROUNDS * PARTS; t++) {
        unsigned char *part = out + HALF * ((t - 1) % PARTS + 1);

        memcpy(block + HALF, part, HALF);
        ok = one_block(x, block);
        block[HALF - 1] ^= (unsigned char)t;
        memcpy(part, block + HALF, HALF);
    }
    memcpy(out, block, HALF);
    wipe(block, sizeof block);
    return alg_aes_blocks(NULL, 1) && ok ? RC_OK : alg_err(e, RC_TEMP, "aes key wrap");
}

enum rc alg_unwrap32(const unsigned char key[32], const unsigned char in[40], unsigned char out[32], struct err *e)
{
    EVP_CIPHER_CTX *x = alg_aes_blocks(key, 0);
    unsigned char block[2 * HALF], parts[PARTS * HALF];
    bool ok = x != NULL, whole;

    memcpy(block, in, HALF);
    memcpy(parts, in + HALF, sizeof parts);
    for (unsigned t = ROUNDS * PARTS; ok && t >= 1; t--) {
        unsigned char *part = parts + HALF * ((t - 1) % PARTS);

        block[HALF - 1] ^= (unsigned char)t;
        memcpy(block + HALF, part, HALF);
        ok = one_block(x, block);
        memcpy(part, block + HALF, HALF);
    }
    ok = alg_aes_blocks(NULL, 1) && ok;
    whole = ok && same_secret(block, integrity, HALF);
    if (whole)
        memcpy(out, parts, sizeof parts);
    wipe(parts, sizeof parts);
    wipe(block, sizeof block);
    if (whole)
        return RC_OK;
    if (!ok)
        return alg_err(e, RC_TEMP, "aes key unwrap");
    return err_set(e, RC_CORRUPT, "wrapped key does not open: wrong epoch, wrong mailbox or changed bytes");
}
