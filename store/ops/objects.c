/* SPDX-License-Identifier: EUPL-1.2 */
/* store/ops/objects.c - see objects.h. */
#include "store/ops/objects.h"
#include "base/clock.h"
#include "store/db/scan.h"

enum { MOVES = 3 /* a segment may be rewritten while its octets are asked for: the objref then has the new place */ };

/* ---- places ---- */
uint64_t objref_len(const struct objref *r, uint8_t kind)
{
    return kind == SEAL_MESSAGE ? seal_led_size(r->size, r->lead) : kind == SEAL_SUMMARY ? r->len_summary : r->len_text;
}

uint64_t objref_at(const struct objref *r, uint8_t kind)
{
    uint64_t at = r->offset;

    for (uint8_t k = SEAL_MESSAGE; k < kind; k++)
        at += objref_large(r, k) ? record_size(objref_len(r, k)) : 0;
    return at;
}

uint64_t objref_rows(const struct objref *r)
{
    uint64_t n = 0;

    for (uint8_t k = SEAL_MESSAGE; k <= SEAL_SEARCH; k++)
        n += objref_small(r, k) ? objref_len(r, k) : 0;
    return n;
}

/* ---- octets ---- */
static enum rc read_at(struct tx *t, const struct objref *r, uint8_t kind, uint64_t off, uint64_t n, struct buf *out,
                       struct err *e)
{
    size_t before = out->n;
    enum rc rc;

    if (!objref_large(r, kind) || off + n > objref_len(r, kind))
        return err_set(e, RC_CORRUPT, "store: an object lacks octets: kind=%u", kind);
    rc = seg_read(t->v->segs, r->segment, objref_at(r, kind) + RECORD_HEAD + off, n, out, e);
    if (rc != RC_OK)
        buf_cut(out, before);
    return rc;
}

static enum rc row_read(struct tx *t, const unsigned char oid[SEAL_OID], uint8_t kind, uint64_t off, uint64_t n,
                        struct buf *out, struct err *e)
{
    struct key k = key_object(oid, kind);
    size_t before = out->n;
    enum rc rc = tx_get_part(t, T_OBJECTS, &k, (uint32_t)off, (uint32_t)n, out, e);

    if (rc != RC_NOTFOUND && (rc != RC_OK || out->n - before == n))
        return rc;
    buf_cut(out, before);
    return err_set(e, RC_CORRUPT, "store: an object lacks bytes: kind=%u", kind);
}

enum rc obj_read(struct tx *t, const unsigned char oid[SEAL_OID], uint8_t kind, uint64_t len, uint64_t off, uint64_t n,
                 struct buf *out, struct err *e)
{
    struct buf mem = BUF_INIT;
    struct objref r;
    enum rc rc = RC_NOTFOUND;

    if (obj_small(len))
        return row_read(t, oid, kind, off, n, out, e);
    for (int i = 0; rc == RC_NOTFOUND && i < MOVES; i++) {
        rc = objref_get(t, oid, false, &mem, &r, e);
        if (rc == RC_NOTFOUND)
            break;
        if (rc == RC_OK)
            rc = read_at(t, &r, kind, off, n, out, e);
    }
    buf_free(&mem);
    return rc == RC_NOTFOUND ? err_set(e, RC_CORRUPT, "store: an object lacks bytes: kind=%u", kind) : rc;
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

static enum rc drop_rows(struct tx *t, const unsigned char oid[SEAL_OID], struct objref *r, struct err *e)
{
    struct key k = key_oid(oid);
    uint32_t most = SEAL_SEARCH + 1;
    enum rc rc = objref_rows(r) > 0 ? scan_delete(t, T_OBJECTS, &k, &most, e) : RC_OK;

    for (uint8_t kind = SEAL_MESSAGE; rc == RC_OK && kind <= SEAL_SEARCH; kind++)
        r->where &= (uint8_t)(objref_small(r, kind) ? ~(1u << kind) : ~0u);
    return rc;
}

/* No record refers to the object any more. Its rows go at once; its octets in a segment go in the background, once this transaction is on stable storage
 * (INV-O4); a young objref stays as an answer (INV-4). */
static enum rc release(struct tx *t, const unsigned char oid[SEAL_OID], struct objref *r, uint64_t now, struct err *e)
{
    bool young = now<r->created + OBJ_KEEP_S, large = objref_run(r)> 0;
    struct key k = key_oid(oid), tomb = key_tomb(young && !large ? r->created + OBJ_KEEP_S : now, oid);
    enum rc rc = drop_rows(t, oid, r, e);

    if (rc == RC_OK && !young && !large)
        return tx_del(t, T_OBJREFS, &k, e);
    if (rc == RC_OK)
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
