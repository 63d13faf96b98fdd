/* SPDX-License-Identifier: EUPL-1.2 */
/* store/ops/objects.c - see objects.h. */
#include "store/ops/objects.h"
#include "base/clock.h"
#include "store/db/scan.h"

enum rc obj_put_piece(struct tx *t, const unsigned char oid[SEAL_OID], uint8_t kind, uint32_t piece, struct span bytes,
                      struct err *e)
{
    struct key k = key_piece(oid, kind, piece);

    return tx_put(t, T_OBJECTS, &k, bytes, 0, e);
}

enum rc obj_read(struct tx *t, const unsigned char oid[SEAL_OID], uint8_t kind, uint64_t off, uint64_t n,
                 struct buf *out, struct err *e)
{
    while (n > 0) {
        struct key k = key_piece(oid, kind, (uint32_t)(off / OBJ_PIECE));
        uint32_t in = (uint32_t)(off % OBJ_PIECE), want = OBJ_PIECE - in;
        size_t before = out->n;
        enum rc rc;

        want = n < want ? (uint32_t)n : want;
        rc = tx_get_part(t, T_OBJECTS, &k, in, want, out, e);
        if (rc == RC_NOTFOUND || (rc == RC_OK && out->n - before != want))
            return err_set(e, RC_CORRUPT, "store: an object lacks bytes: kind=%u piece=%u", kind,
                           (unsigned)(off / OBJ_PIECE));
        if (rc != RC_OK)
            return rc;
        off += want;
        n -= want;
    }
    return RC_OK;
}

/* ---- references ---- */
enum rc objref_get(struct tx *t, const unsigned char oid[SEAL_OID], bool write, struct buf *mem, struct objref *r_out,
                   struct err *e)
{
    struct key k = key_oid(oid);
    enum rc rc = tx_get(t, T_OBJREFS, &k, write ? TX_FOR_WRITE : TX_COMMITTED, mem, e);

    return rc == RC_OK ? rec_read(buf_span(mem), objref_f, r_out, e) : rc;
}

enum rc objref_put(struct tx *t, const unsigned char oid[SEAL_OID], const struct objref *r, bool fresh, struct err *e)
{
    struct key k = key_oid(oid);
    struct buf b = BUF_INIT;
    enum rc rc;

    rec_write(&b, objref_f, r);
    rc = tx_put(t, T_OBJREFS, &k, buf_span(&b), fresh ? TX_NEW : 0, e);
    buf_free(&b);
    return rc;
}

uint64_t objref_len(const struct objref *r, uint8_t kind)
{
    return kind == SEAL_MESSAGE ? seal_size(r->size) : kind == SEAL_SUMMARY ? r->len_summary : r->len_text;
}

static uint32_t pieces_of(const struct objref *r)
{
    uint32_t n = 0;

    for (uint8_t kind = SEAL_MESSAGE; kind <= SEAL_SEARCH; kind++)
        if (r->where & 1u << kind)
            n += obj_pieces(objref_len(r, kind));
    return n;
}

/* No record refers to the object any more. A young objref stays as an answer (INV-4), the sweep frees a large object,
 * and any other object goes at once. */
static enum rc release(struct tx *t, const unsigned char oid[SEAL_OID], struct objref *r, uint64_t now, struct err *e)
{
    bool young = now<r->created + OBJ_KEEP_S, large = pieces_of(r)> OBJ_FREE_NOW;
    struct key k = key_oid(oid), tomb = key_tomb(young && !large ? r->created + OBJ_KEEP_S : now, oid);
    uint32_t most = OBJ_FREE_NOW + 1;
    enum rc rc = RC_OK;

    if (!large) {
        rc = scan_delete(t, T_OBJECTS, &k, &most, e);
        r->where = 0;
    }
    if (rc != RC_OK)
        return rc;
    if (!young && !large)
        return tx_del(t, T_OBJREFS, &k, e);
    t->sweep |= large;
    rc = tx_put(t, T_TOMBS, &tomb, SPAN_LIT("t"), 0, e);
    return rc == RC_OK ? objref_put(t, oid, r, false, e) : rc;
}

enum rc objref_add(struct tx *t, const unsigned char oid[SEAL_OID], int by, struct err *e)
{
    uint64_t now = (uint64_t)clock_utc();
    struct buf mem = BUF_INIT;
    struct objref r;
    enum rc rc = objref_get(t, oid, true, &mem, &r, e);

    if (rc == RC_OK && (int64_t)r.refs + by < 0)
        rc = err_set(e, RC_CORRUPT, "store: an object has fewer references than are taken away");
    if (rc != RC_OK)
        goto out;
    r.refs = (uint32_t)((int64_t)r.refs + by);
    r.touched = now;
    rc = r.refs == 0 ? release(t, oid, &r, now, e) : objref_put(t, oid, &r, false, e);
out:
    buf_free(&mem);
    return rc;
}
