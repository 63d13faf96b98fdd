/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/seal/digest.c - see crypto/seal/digest.h. A digest that fails means a broken library, so it is a bug(). */
#include "crypto/seal/digest.h"
#include "crypto/seal/alg_int.h"
#include <stdlib.h>

struct digest {
    EVP_MD_CTX *ctx;
};

struct digest *digest_new(void)
{
    struct digest *d = calloc(1, sizeof *d);

    if (d == NULL || (d->ctx = EVP_MD_CTX_new()) == NULL)
        die("out of memory");
    if (EVP_DigestInit_ex2(d->ctx, alg_sha256(), NULL) <= 0)
        bug("sha256 init");
    return d;
}

void digest_add(struct digest *d, struct span s)
{
    if (EVP_DigestUpdate(d->ctx, s.p, s.n) <= 0)
        bug("sha256 update");
}

void digest_end(struct digest **d, unsigned char out[DIGEST_LEN])
{
    unsigned n = 0;

    if (*d == NULL)
        return;
    if (out != NULL && (EVP_DigestFinal_ex((*d)->ctx, out, &n) <= 0 || n != DIGEST_LEN))
        bug("sha256 final");
    EVP_MD_CTX_free((*d)->ctx);
    free(*d);
    *d = NULL;
}

void digest_of(struct span s, unsigned char out[DIGEST_LEN])
{
    unsigned n = 0;

    if (EVP_Digest(s.p, s.n, out, &n, alg_sha256(), NULL) <= 0 || n != DIGEST_LEN)
        bug("sha256");
}

void hmac_of(struct span key, struct span data, unsigned char out[DIGEST_LEN])
{
    struct err e;

    if (alg_hmac(key, data, out, &e) != RC_OK)
        bug("%s", e.log);
}
