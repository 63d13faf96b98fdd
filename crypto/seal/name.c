/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/seal/name.c - seals folder names and keywords. A keyed tag beside each makes them comparable all the same
 * (seal.h). */
#include "base/wipe.h"
#include "crypto/seal/alg_int.h"
#include "crypto/seal/seal.h"

enum { NAME_AAD = 8 + SEAL_NAME_TAG };

static void put_le64(unsigned char *p, uint64_t v)
{
    for (size_t i = 0; i < 8; i++)
        p[i] = (unsigned char)(v >> 8 * i);
}

enum rc seal_names_key(const unsigned char priv[SEAL_PRIV], uint64_t mbx, unsigned char key_out[SEAL_NAMES_KEY],
                       struct err *e)
{
    unsigned char info[11 + 8];

    memcpy(info, "pli names 1", 11);
    put_le64(info + 11, mbx);
    return alg_hkdf(span_of(priv, SEAL_PRIV), span_of(info, sizeof info), key_out, e);
}

enum rc seal_name_tag(const unsigned char key[SEAL_NAMES_KEY], struct span name, unsigned char tag_out[SEAL_NAME_TAG],
                      struct err *e)
{
    unsigned char mac[32];
    enum rc rc = alg_hmac(span_of(key, SEAL_NAMES_KEY), name, mac, e);

    if (rc == RC_OK)
        memcpy(tag_out, mac, SEAL_NAME_TAG);
    return rc;
}

static void aad_fill(unsigned char aad[NAME_AAD], uint64_t mbx, const unsigned char tag[SEAL_NAME_TAG])
{
    put_le64(aad, mbx);
    memcpy(aad + 8, tag, SEAL_NAME_TAG);
}

enum rc seal_name(const unsigned char key[SEAL_NAMES_KEY], uint64_t mbx, struct span name, struct buf *out,
                  struct err *e)
{
    unsigned char tag[SEAL_NAME_TAG], aad[NAME_AAD], nonce[GCM_NONCE];
    struct gcm_call c = {.key = key, .nonce = nonce, .aad = span_of(aad, NAME_AAD), .in = name};
    enum rc rc = seal_name_tag(key, name, tag, e);

    if (rc == RC_OK)
        rc = buf_reserve(out, GCM_NONCE + name.n + GCM_TAG, e);
    if (rc != RC_OK)
        return rc;
    aad_fill(aad, mbx, tag);
    random_bytes(nonce, sizeof nonce);
    memcpy(out->p + out->n, nonce, GCM_NONCE);
    rc = alg_gcm_seal(&c, out->p + out->n + GCM_NONCE, e);
    if (rc == RC_OK)
        out->n += GCM_NONCE + name.n + GCM_TAG;
    return rc;
}

enum rc open_name(const unsigned char key[SEAL_NAMES_KEY], uint64_t mbx, const unsigned char tag[SEAL_NAME_TAG],
                  struct span sealed, struct buf *out, struct err *e)
{
    unsigned char aad[NAME_AAD];
    struct gcm_call c = {.key = key, .nonce = sealed.p, .aad = span_of(aad, NAME_AAD)};
    enum rc rc;

    if (sealed.n < GCM_NONCE + GCM_TAG)
        return err_set(e, RC_CORRUPT, "sealed name of %zu bytes", sealed.n);
    c.in = span_from(sealed, GCM_NONCE);
    rc = buf_reserve(out, c.in.n, e);
    if (rc != RC_OK)
        return rc;
    aad_fill(aad, mbx, tag);
    rc = alg_gcm_open(&c, out->p + out->n, e);
    if (rc == RC_OK)
        out->n += c.in.n - GCM_TAG;
    return rc;
}
