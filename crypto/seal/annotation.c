/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/seal/annotation.c - seals names and values of annotations, each bound to its place (seal.h). */
#include "base/wipe.h"
#include "crypto/seal/alg_int.h"
#include "crypto/seal/seal.h"

enum { MARK = 12 };

enum rc seal_entry_tag(const unsigned char key[SEAL_NAMES_KEY], struct span name, unsigned char tag_out[SEAL_NAME_TAG],
                       struct err *e)
{
    struct buf text = BUF_SECRET_INIT;
    enum rc rc;

    buf_addc(&text, '\0');
    buf_addspan(&text, name);
    rc = seal_name_tag(key, buf_span(&text), tag_out, e);
    buf_free(&text);
    return rc;
}

static void aad_fill(const struct seal_place *at, enum seal_part part, struct buf *aad)
{
    buf_add(aad, "annotation 1", MARK);
    buf_u64(aad, at->mbx);
    buf_u64(aad, at->folder);
    buf_u64(aad, at->shared);
    buf_add(aad, at->tag, SEAL_NAME_TAG);
    buf_u64(aad, part);
}

enum rc seal_annotation(const unsigned char key[SEAL_NAMES_KEY], const struct seal_place *at, enum seal_part part,
                        struct span plain, struct buf *out, struct err *e)
{
    unsigned char nonce[GCM_NONCE];
    struct buf aad = BUF_INIT; /* open: numbers */
    struct gcm_call c = {.key = key, .nonce = nonce, .in = plain};
    enum rc rc = buf_reserve(out, GCM_NONCE + plain.n + GCM_TAG, e);

    if (rc != RC_OK)
        return rc;
    aad_fill(at, part, &aad);
    c.aad = buf_span(&aad);
    random_bytes(nonce, sizeof nonce);
    memcpy(out->p + out->n, nonce, GCM_NONCE);
    rc = alg_gcm_seal(&c, out->p + out->n + GCM_NONCE, e);
    if (rc == RC_OK)
        out->n += GCM_NONCE + plain.n + GCM_TAG;
    buf_free(&aad);
    return rc;
}

enum rc open_annotation(const unsigned char key[SEAL_NAMES_KEY], const struct seal_place *at, enum seal_part part,
                        struct span sealed, struct buf *out, struct err *e)
{
    struct buf aad = BUF_INIT; /* open: numbers */
    struct gcm_call c = {.key = key, .nonce = sealed.p};
    enum rc rc;

    if (sealed.n < GCM_NONCE + GCM_TAG)
        return err_set(e, RC_CORRUPT, "sealed annotation of %zu bytes", sealed.n);
    c.in = span_from(sealed, GCM_NONCE);
    rc = buf_reserve(out, c.in.n, e);
    if (rc != RC_OK)
        return rc;
    aad_fill(at, part, &aad);
    c.aad = buf_span(&aad);
    rc = alg_gcm_open(&c, out->p + out->n, e);
    if (rc == RC_OK)
        out->n += c.in.n - GCM_TAG;
    buf_free(&aad);
    return rc;
}

/* The key of a folder's URLs is kept nowhere: whoever has opened the mailbox can make it, and nobody else. */
enum rc seal_url_token(const unsigned char key[SEAL_NAMES_KEY], uint64_t mbx, uint32_t folder, struct span salts,
                       struct span rump, unsigned char token_out[SEAL_URL_TOKEN], struct err *e)
{
    unsigned char url_key[32];
    struct buf label = BUF_SECRET_INIT;
    enum rc rc;

    buf_addstr(&label, "pli urlauth 1");
    buf_u64(&label, mbx);
    buf_u64(&label, folder);
    buf_addspan(&label, salts);
    rc = alg_hkdf(span_of(key, SEAL_NAMES_KEY), buf_span(&label), url_key, e);
    if (rc == RC_OK)
        rc = alg_hmac(span_of(url_key, sizeof url_key), rump, token_out, e);
    wipe(url_key, sizeof url_key);
    buf_free(&label);
    return rc;
}
