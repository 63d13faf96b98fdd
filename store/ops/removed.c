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

/* ---- the index ---- */
void removed_index_free(struct removed_index **i)
{
    if (*i)
        free((*i)->at);
    free(*i);
    *i = NULL;
}

static enum rc put(struct removed_index *i, uint32_t uid, uint64_t row, struct err *e)
{
    struct removed_at *more;

    if ((i->n & (i->n - 1)) == 0) { /* full at each power of two */
        if ((more = realloc(i->at, (i->n ? i->n * 2 : 1) * sizeof *more)) == NULL)
            return err_set(e, RC_TEMP, "store: out of memory");
        i->at = more;
    }
    i->at[i->n++] = (struct removed_at){uid, row};
    return RC_OK;
}

static enum rc put_row(struct removed_index *i, struct span val, uint64_t row, struct err *e)
{
    struct freed_row r;
    enum rc rc = freed_read(val, &r, e);

    i->looked++;
    for (size_t m = 0; rc == RC_OK && r.folder == i->folder && m < r.n && i->n < REMOVED_MOST; m++)
        rc = put(i, r.f[m].uid, row, e);
    return rc;
}

static int by_uid(const void *x, const void *y)
{
    uint32_t a = ((const struct removed_at *)x)->uid, b = ((const struct removed_at *)y)->uid;

    return (a > b) - (a < b);
}

/* Rows with numbers from i->upto on, below next. What a transaction that commits just now writes has numbers from next on. */
static enum rc extend(struct removed_index *i, struct tx *t, uint64_t next, struct err *e)
{
    struct key from = key_freed(i->mbx, i->upto);
    size_t had = i->n;
    struct span k, v;
    struct scan s;
    enum rc rc = scan_open(&s, t, T_FREED, &from, 8, SCAN_FEW, e);

    while (rc == RC_OK && i->n < REMOVED_MOST && (rc = scan_next(&s, &k, &v, e)) == RC_OK && be64(k.p + 8) < next)
        rc = put_row(i, v, be64(k.p + 8), e);
    scan_close(&s);
    if (rc != RC_OK && rc != RC_NOTFOUND) {
        i->n = had; /* it is sorted so far, and upto stays: the next run reads the same again */
        return rc;
    }
    i->upto = next;
    if (i->n > had)
        qsort(i->at, i->n, sizeof *i->at, by_uid);
    return RC_OK;
}

static enum rc index_of(struct removed_index **at, struct tx *t, const struct removed_want *w, struct err *e)
{
    struct removed_index *i = *at ? *at : (*at = calloc(1, sizeof *i));
    struct freed_head h;
    enum rc rc;

    if (!i)
        return err_set(e, RC_TEMP, "store: out of memory");
    if (i->mbx != w->mbx || i->folder != w->folder || i->since != w->since) {
        free(i->at);
        *i = (struct removed_index){
            .mbx = w->mbx, .folder = w->folder, .since = w->since, .upto = w->since, .looked = i->looked};
    }
    rc = freed_head_get(t, w->mbx, false, &h, e);
    return rc == RC_OK && h.next > i->upto ? extend(i, t, h.next, e) : rc;
}

static size_t first_at(const struct removed_index *i, uint32_t uid)
{
    size_t lo = 0, hi = i->n;

    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;

        if (i->at[mid].uid < uid)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

/* ---- what a request is given ---- */
/* The row is read with a lock. Freed meanwhile, it is not there. */
static enum rc read_row(struct tx *t, uint64_t mbx, uint64_t n, struct freed_row *out, struct err *e)
{
    struct key k = key_freed(mbx, n);
    struct buf mem = BUF_INIT;
    enum rc rc = tx_get(t, T_FREED, &k, 0, &mem, e);

    out->n = 0;
    if (rc == RC_OK)
        rc = freed_read(buf_span(&mem), out, e);
    buf_free(&mem);
    return rc == RC_NOTFOUND && !t->deadlock ? RC_OK : rc;
}

static int by_row(const void *x, const void *y)
{
    uint64_t a = ((const struct removed_at *)x)->row, b = ((const struct removed_at *)y)->row;

    return a != b ? (a > b) - (a < b) : by_uid(x, y);
}

/* Each row once, in the order of their numbers, which is the order of locks. */
static enum rc read_rows(struct removed *out, struct tx *t, uint64_t mbx, struct removed_at *want, size_t n,
                         struct err *e)
{
    struct freed_row r = {.n = 0};
    enum rc rc = RC_OK;

    qsort(want, n, sizeof *want, by_row);
    for (size_t i = 0; rc == RC_OK && i < n; i++) {
        if (i == 0 || want[i].row != want[i - 1].row)
            rc = read_row(t, mbx, want[i].row, &r, e);
        for (size_t m = 0; rc == RC_OK && m < r.n; m++)
            if (r.f[m].uid == want[i].uid) {
                out->f[out->n++] = r.f[m];
                break;
            }
    }
    return rc;
}

static int freed_by_uid(const void *x, const void *y)
{
    uint32_t a = ((const struct freed *)x)->uid, b = ((const struct freed *)y)->uid;

    return (a > b) - (a < b);
}

enum rc removed_gather(struct removed *out, struct tx *t, struct removed_index **index, const struct removed_want *w,
                       struct err *e)
{
    struct removed_at *want;
    struct removed_index *i;
    size_t n = 0, at, most;
    enum rc rc;

    *out = (struct removed){NULL, 0, 0, 0};
    if (w->since == 0)
        return RC_OK;
    if ((rc = index_of(index, t, w, e)) != RC_OK || (*index)->n == 0)
        return rc;
    i = *index;
    most = w->most < i->n ? w->most : i->n;
    want = calloc(most, sizeof *want);
    out->f = calloc(most, sizeof *out->f);
    if (!want || !out->f)
        rc = err_set(e, RC_TEMP, "store: out of memory");
    for (at = first_at(i, w->from); rc == RC_OK && at < i->n && n < most; at++)
        if (!w->uids.p || uidset_has(w->uids, i->at[at].uid))
            want[n++] = i->at[at];
    if (rc == RC_OK)
        rc = read_rows(out, t, w->mbx, want, n, e);
    if (rc == RC_OK && at < i->n && n == w->most)
        out->end = i->at[at].uid;
    free(want);
    if (out->n > 1)
        qsort(out->f, out->n, sizeof *out->f, freed_by_uid);
    return rc;
}

void removed_free(struct removed *r)
{
    free(r->f);
    *r = (struct removed){NULL, 0, 0, 0};
}

enum rc removed_get(struct tx *t, struct removed_index **index, struct removed_want w, struct msg *m_out, struct err *e)
{
    struct removed r;
    enum rc rc;

    w.uids = SPAN_NULL;
    w.most = 1;
    rc = removed_gather(&r, t, index, &w, e);
    if (rc == RC_OK && (r.n == 0 || r.f[0].uid != w.from))
        rc = err_set(e, RC_NOTFOUND, "store: no such message: folder=%u uid=%u", (unsigned)w.folder, (unsigned)w.from);
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
