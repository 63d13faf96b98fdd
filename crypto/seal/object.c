/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/seal/object.c - objects in chunks. Their keys, nonces and associated data are laid out in
 * crypto/seal/seal.h. */
#include "base/clock.h"
#include "base/wipe.h"
#include "crypto/seal/alg_int.h"
#include "crypto/seal/seal.h"
#include <openssl/evp.h>
#include <stdlib.h>

enum { AAD_LEN = 4 + 1 + 1 + SEAL_OID, OBJECT_VERSION = 1 };

struct seal_obj {
    unsigned char key[SEAL_OBJ_KEY];
    unsigned char aad[AAD_LEN];
    uint32_t lead;             /* octets of chunk 0, where that is a lead */
    EVP_CIPHER_CTX *enc, *dec; /* made when first needed, keyed once */
};

static void put_be(unsigned char *p, uint64_t v, size_t n)
{
    for (size_t i = 0; i < n; i++)
        p[i] = (unsigned char)(v >> 8 * (n - 1 - i));
}

void seal_oid_new(unsigned char oid_out[SEAL_OID])
{
    random_bytes(oid_out, SEAL_OID);
    oid_out[0] &= 15;
    put_be(oid_out + 1, (uint64_t)clock_utc_ms(), 7);
}

void seal_cek_new(unsigned char cek_out[SEAL_CEK])
{
    random_bytes(cek_out, SEAL_CEK);
}

enum rc seal_obj_key(const unsigned char cek[SEAL_CEK], const unsigned char oid[SEAL_OID], enum seal_kind kind,
                     unsigned char key_out[SEAL_OBJ_KEY], struct err *e)
{
    static const char label[] = "pli object 2";
    unsigned char info[sizeof label - 1 + SEAL_OID + 1];

    memcpy(info, label, sizeof label - 1);
    memcpy(info + sizeof label - 1, oid, SEAL_OID);
    info[sizeof info - 1] = (unsigned char)kind;
    return alg_expand(cek, span_of(info, sizeof info), key_out, e);
}

static void aad_fill(unsigned char aad[AAD_LEN], const unsigned char oid[SEAL_OID], enum seal_kind kind)
{
    memcpy(aad, "PLIO", 4);
    aad[4] = OBJECT_VERSION;
    aad[5] = (unsigned char)kind;
    memcpy(aad + 6, oid, SEAL_OID);
}

static void nonce_fill(unsigned char nonce[GCM_NONCE], uint32_t no, bool final)
{
    memset(nonce, 0, 7);
    nonce[7] = final;
    put_be(nonce + 8, no, 4);
}

/* ---- one object, many chunks ---- */

enum rc seal_obj_open_key(const unsigned char key[SEAL_OBJ_KEY], const unsigned char oid[SEAL_OID], enum seal_kind kind,
                          struct seal_obj **o_out, struct err *e)
{
    struct seal_obj *o = calloc(1, sizeof *o);

    if (o == NULL)
        return err_sys(e, RC_TEMP, "sealed object");
    memcpy(o->key, key, SEAL_OBJ_KEY);
    aad_fill(o->aad, oid, kind);
    *o_out = o;
    return RC_OK;
}

enum rc seal_obj_open(const unsigned char cek[SEAL_CEK], const unsigned char oid[SEAL_OID], enum seal_kind kind,
                      struct seal_obj **o_out, struct err *e)
{
    unsigned char key[SEAL_OBJ_KEY];
    enum rc rc = seal_obj_key(cek, oid, kind, key, e);

    if (rc == RC_OK)
        rc = seal_obj_open_key(key, oid, kind, o_out, e);
    wipe(key, sizeof key);
    return rc;
}

void seal_obj_led(struct seal_obj *o, uint32_t lead)
{
    o->lead = lead;
}

void seal_obj_close(struct seal_obj **o)
{
    if (*o == NULL)
        return;
    EVP_CIPHER_CTX_free((*o)->enc);
    EVP_CIPHER_CTX_free((*o)->dec);
    wipe(*o, sizeof **o);
    free(*o);
    *o = NULL;
}

/* The context for one direction. The object's key is set in it. */
static enum rc ctx_ready(struct seal_obj *o, EVP_CIPHER_CTX **ctx, int enc, struct err *e)
{
    if (*ctx != NULL)
        return RC_OK;
    *ctx = EVP_CIPHER_CTX_new();
    if (*ctx != NULL && EVP_CipherInit_ex2(*ctx, alg_aes_gcm(), o->key, NULL, enc, NULL) > 0)
        return RC_OK;
    EVP_CIPHER_CTX_free(*ctx);
    *ctx = NULL;
    return alg_err(e, RC_TEMP, "aes-256-gcm context");
}

/* May a chunk have this length? Only the one chunk of an empty object is empty. */
static bool chunk_fits(uint32_t no, bool final, uint32_t lead, size_t plain)
{
    if (no == 0 && lead > 0)
        return !final && plain == lead;
    return final ? plain <= SEAL_CHUNK && (plain > 0 || no == 0) : plain == SEAL_CHUNK;
}

/* Seals or opens one chunk, as the given function does, and appends the result to out. */
static enum rc chunk_seal(struct gcm_call *c, uint32_t no, bool final, uint32_t lead, struct buf *out, struct err *e)
{
    unsigned char nonce[GCM_NONCE];
    enum rc rc;

    if (!chunk_fits(no, final, lead, c->in.n))
        return err_set(e, RC_PERM, "chunk %u of %zu bytes is not to be sealed", no, c->in.n);
    rc = buf_reserve(out, c->in.n + SEAL_TAG, e);
    if (rc != RC_OK)
        return rc;
    nonce_fill(nonce, no, final);
    c->nonce = nonce;
    rc = alg_gcm_seal(c, out->p + out->n, e);
    if (rc == RC_OK)
        out->n += c->in.n + SEAL_TAG;
    return rc;
}

static enum rc chunk_open(struct gcm_call *c, uint32_t no, bool final, uint32_t lead, struct buf *out, struct err *e)
{
    unsigned char nonce[GCM_NONCE];
    enum rc rc;

    if (c->in.n < SEAL_TAG || !chunk_fits(no, final, lead, c->in.n - SEAL_TAG))
        return err_set(e, RC_CORRUPT, "chunk %u has %zu sealed bytes", no, c->in.n);
    rc = buf_reserve(out, c->in.n, e);
    if (rc != RC_OK)
        return rc;
    nonce_fill(nonce, no, final);
    c->nonce = nonce;
    rc = alg_gcm_open(c, out->p + out->n, e);
    if (rc == RC_OK)
        out->n += c->in.n - SEAL_TAG;
    return rc;
}

enum rc seal_chunk(struct seal_obj *o, uint32_t no, bool final, struct span plain, struct buf *out, struct err *e)
{
    struct gcm_call c = {.aad = span_of(o->aad, AAD_LEN), .in = plain};
    enum rc rc = ctx_ready(o, &o->enc, 1, e);

    c.ctx = o->enc;
    return rc == RC_OK ? chunk_seal(&c, no, final, o->lead, out, e) : rc;
}

enum rc open_chunk(struct seal_obj *o, uint32_t no, bool final, struct span sealed, struct buf *out, struct err *e)
{
    struct gcm_call c = {.aad = span_of(o->aad, AAD_LEN), .in = sealed};
    enum rc rc = ctx_ready(o, &o->dec, 0, e);

    c.ctx = o->dec;
    return rc == RC_OK ? chunk_open(&c, no, final, o->lead, out, e) : rc;
}

/* ---- whole objects: this thread's context serves, nothing is allocated but out ---- */

typedef enum rc (*chunk_fn)(struct gcm_call *c, uint32_t no, bool final, uint32_t lead, struct buf *out, struct err *e);

/* Cuts in into pieces of step bytes and gives each to fn. On failure, takes back what was appended to out. */
static enum rc whole(chunk_fn fn, const unsigned char key[SEAL_OBJ_KEY], const unsigned char aad[AAD_LEN],
                     struct span in, size_t step, struct buf *out, struct err *e)
{
    size_t before = out->n;
    enum rc rc = RC_OK;
    bool final = false;

    for (uint32_t no = 0; !final && rc == RC_OK; no++) {
        struct gcm_call c = {.key = key, .aad = span_of(aad, AAD_LEN), .in = span_head(in, step)};

        final = in.n <= step;
        in = span_from(in, c.in.n);
        rc = fn(&c, no, final, 0, out, e);
    }
    if (rc != RC_OK && out->n > before) {
        wipe(out->p + before, out->n - before);
        buf_cut(out, before);
    }
    return rc;
}

enum rc seal_whole(const unsigned char cek[SEAL_CEK], const unsigned char oid[SEAL_OID], enum seal_kind kind,
                   struct span plain, struct buf *out, struct err *e)
{
    unsigned char key[SEAL_OBJ_KEY], aad[AAD_LEN];
    enum rc rc = seal_obj_key(cek, oid, kind, key, e);

    aad_fill(aad, oid, kind);
    if (rc == RC_OK)
        rc = buf_reserve(out, seal_size(plain.n), e);
    if (rc == RC_OK)
        rc = whole(chunk_seal, key, aad, plain, SEAL_CHUNK, out, e);
    wipe(key, sizeof key);
    return rc;
}

enum rc open_whole_key(const unsigned char key[SEAL_OBJ_KEY], const unsigned char oid[SEAL_OID], enum seal_kind kind,
                       struct span sealed, struct buf *out, struct err *e)
{
    unsigned char aad[AAD_LEN];
    enum rc rc = buf_reserve(out, sealed.n, e);

    aad_fill(aad, oid, kind);
    return rc == RC_OK ? whole(chunk_open, key, aad, sealed, SEAL_CHUNK + SEAL_TAG, out, e) : rc;
}

enum rc open_whole(const unsigned char cek[SEAL_CEK], const unsigned char oid[SEAL_OID], enum seal_kind kind,
                   struct span sealed, struct buf *out, struct err *e)
{
    unsigned char key[SEAL_OBJ_KEY];
    enum rc rc = seal_obj_key(cek, oid, kind, key, e);

    if (rc == RC_OK)
        rc = open_whole_key(key, oid, kind, sealed, out, e);
    wipe(key, sizeof key);
    return rc;
}

enum rc seal_plain_size(uint64_t sealed, uint64_t *plain_out, struct err *e)
{
    const uint64_t full = SEAL_CHUNK + SEAL_TAG;
    uint64_t n = sealed / full, rest = sealed % full;

    if (rest == 0 && n > 0)
        *plain_out = n * SEAL_CHUNK;
    else if (rest > SEAL_TAG || (rest == SEAL_TAG && n == 0))
        *plain_out = n * SEAL_CHUNK + rest - SEAL_TAG;
    else
        return err_set(e, RC_CORRUPT, "no object has %llu sealed bytes", (unsigned long long)sealed);
    return RC_OK;
}

/* ---- where chunks lie ---- */
bool seal_chunk_at(uint64_t plain, uint32_t lead, uint64_t no, struct seal_chunk_at *out)
{
    uint64_t body = no - (lead > 0), rest;

    if (no >= seal_led_chunks(plain, lead))
        return false;
    if (lead > 0 && no == 0) {
        *out = (struct seal_chunk_at){.n = lead};
        return true;
    }
    rest = plain - lead - body * SEAL_CHUNK;
    *out = (struct seal_chunk_at){.plain = lead + body * SEAL_CHUNK,
                                  .sealed = (lead > 0 ? lead + SEAL_TAG : 0) + body * (SEAL_CHUNK + SEAL_TAG),
                                  .n = rest < SEAL_CHUNK ? (uint32_t)rest : SEAL_CHUNK,
                                  .final = no + 1 == seal_led_chunks(plain, lead)};
    return true;
}

uint64_t seal_chunk_of(uint32_t lead, uint64_t off)
{
    return off < lead ? 0 : (lead > 0) + (off - lead) / SEAL_CHUNK;
}
