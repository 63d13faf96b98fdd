/* SPDX-License-Identifier: EUPL-1.2 */
/* store/ops/removed.c - see removed.h. */
#include "store/ops/removed.h"
#include "store/ops/shown.h"
#include <stdlib.h>

bool uidset_has(struct span set, uint32_t uid)
{
    struct rd r = rd_of(set);

    while (r.s.n >= 8) {
        uint32_t lo = rd_u32(&r), hi = rd_u32(&r);

        if (uid < lo)
            return false;
        if (uid <= hi)
            return true;
    }
    return false;
}

static enum rc add(struct removed *r, const struct freed *f, struct err *e)
{
    struct freed *more;

    if (r->n >= REMOVED_MOST)
        return RC_OK;
    if ((r->n & (r->n - 1)) == 0) { /* full at each power of two */
        if ((more = realloc(r->f, (r->n ? r->n * 2 : 1) * sizeof *more)) == NULL)
            return err_set(e, RC_TEMP, "store: out of memory");
        r->f = more;
    }
    r->f[r->n++] = *f;
    return RC_OK;
}

static int by_uid(const void *x, const void *y)
{
    uint32_t a = ((const struct freed *)x)->uid, b = ((const struct freed *)y)->uid;

    return (a > b) - (a < b);
}

/* The numbers of rows of that folder, gathered first: a row is locked by reading it again, which a scan does not do. */
static enum rc rows_of(struct tx *t, uint64_t mbx, uint32_t folder, uint64_t since, struct buf *out, struct err *e)
{
    struct key from = key_freed(mbx, since);
    struct span k, v;
    struct scan s;
    enum rc rc = scan_open(&s, t, T_FREED, &from, 8, SCAN_FEW, e);

    while (rc == RC_OK && (rc = scan_next(&s, &k, &v, e)) == RC_OK && !(be64(k.p + 8) & FREED_NAME)) {
        struct rd r = rd_of(span_from(v, 16));

        if (v.n > FREED_HEAD && rd_u32(&r) == folder)
            buf_u64(out, be64(k.p + 8));
    }
    scan_close(&s);
    return rc == RC_NOTFOUND ? RC_OK : rc;
}

static enum rc add_row(struct removed *out, struct tx *t, uint64_t mbx, uint64_t n, struct span uids, uint32_t from,
                       struct err *e)
{
    struct key k = key_freed(mbx, n);
    struct buf mem = BUF_INIT;
    struct freed_row r;
    enum rc rc = tx_get(t, T_FREED, &k, 0, &mem, e);

    if (rc == RC_OK)
        rc = freed_read(buf_span(&mem), &r, e);
    buf_free(&mem);
    if (rc == RC_NOTFOUND && !t->deadlock) /* freed meanwhile */
        return RC_OK;
    for (size_t i = 0; rc == RC_OK && i < r.n; i++)
        if (r.f[i].uid >= from && uidset_has(uids, r.f[i].uid))
            rc = add(out, &r.f[i], e);
    return rc;
}

enum rc removed_gather(struct removed *out, struct tx *t, uint64_t mbx, uint32_t folder, uint64_t since,
                       struct span uids, uint32_t from, struct err *e)
{
    struct buf rows = BUF_INIT;
    struct freed_head h;
    struct rd r;
    enum rc rc;

    *out = (struct removed){NULL, 0, 0};
    if (since == 0)
        return RC_OK;
    rc = freed_head_get(t, mbx, false, &h, e);
    if (rc != RC_OK || h.next <= since)
        return rc;
    rc = rows_of(t, mbx, folder, since, &rows, e);
    r = rd_of(buf_span(&rows));
    while (rc == RC_OK && r.s.n >= 8)
        rc = add_row(out, t, mbx, rd_u64(&r), uids, from, e);
    buf_free(&rows);
    if (rc == RC_OK && out->n > 1)
        qsort(out->f, out->n, sizeof *out->f, by_uid);
    return rc;
}

void removed_free(struct removed *r)
{
    free(r->f);
    *r = (struct removed){NULL, 0, 0};
}

enum rc removed_get(struct tx *t, uint64_t mbx, uint32_t folder, uint64_t since, uint32_t uid, struct msg *m_out,
                    struct err *e)
{
    struct buf one = BUF_INIT;
    struct removed r;
    enum rc rc;

    buf_u32(&one, uid);
    buf_u32(&one, uid);
    rc = removed_gather(&r, t, mbx, folder, since, buf_span(&one), 0, e);
    buf_free(&one);
    if (rc == RC_OK && r.n == 0)
        rc = err_set(e, RC_NOTFOUND, "store: no such message: folder=%u uid=%u", (unsigned)folder, (unsigned)uid);
    if (rc == RC_OK)
        *m_out = r.f[0].m;
    removed_free(&r);
    return rc;
}

enum rc removed_now(struct tx *t, uint64_t mbx, uint64_t *n_out, struct err *e)
{
    struct freed_head h;
    enum rc rc = freed_head_get(t, mbx, false, &h, e);

    *n_out = h.next ? h.next : 1;
    return rc;
}
