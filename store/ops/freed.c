/* SPDX-License-Identifier: EUPL-1.2 */
/* store/ops/freed.c - see freed.h: the rows, and working one off. The walk over them is freed_sweep.c.
 *
 * A row's transaction is not flushed: what a crash undoes is undone as a whole, and done again. */
#include "store/ops/freed.h"
#include "base/clock.h"
#include "store/db/room.h"
#include "store/ops/acl.h"
#include "store/ops/hold.h"
#include "store/ops/objects.h"
#include "store/ops/packing.h"

enum { KEPT_BASE_GIB = 4 /* a mailbox without a quota: what its share is of */ };

/* ---- the head ---- */
static enum rc head_get(struct tx *t, uint64_t mbx, unsigned how, struct freed_head *out, struct err *e)
{
    struct key k = key_freed(mbx, 0);
    struct buf b = BUF_INIT;
    enum rc rc = tx_get(t, T_FREED, &k, how, &b, e);

    *out = (struct freed_head){0};
    if (rc == RC_OK)
        rc = rec_read(buf_span(&b), freed_head_f, out, e);
    buf_free(&b);
    return rc == RC_NOTFOUND && !t->deadlock ? RC_OK : rc;
}

enum rc freed_head_get(struct tx *t, uint64_t mbx, bool write, struct freed_head *out, struct err *e)
{
    return head_get(t, mbx, write ? TX_FOR_WRITE : TX_COMMITTED, out, e);
}

enum rc freed_head_lock(struct tx *t, uint64_t mbx, struct freed_head *out, struct err *e)
{
    return head_get(t, mbx, 0, out, e);
}

enum rc freed_head_put(struct tx *t, uint64_t mbx, const struct freed_head *h, struct err *e)
{
    struct key k = key_freed(mbx, 0);
    struct buf b = BUF_INIT;
    enum rc rc;

    rec_write(&b, freed_head_f, h);
    rc = tx_put(t, T_FREED, &k, buf_span(&b), 0, e);
    buf_free(&b);
    return rc;
}

/* ---- rows ---- */
void freed_write(struct buf *out, const struct freed_row *r)
{
    struct buf rec = BUF_INIT;

    buf_clear(out);
    buf_u64(out, r->when);
    buf_u64(out, r->by);
    buf_u32(out, r->folder);
    buf_u8(out, r->how);
    buf_u8(out, r->class);
    for (size_t i = 0; i < r->n; i++) {
        buf_u32(out, r->f[i].uid);
        rec_write(&rec, msg_f, &r->f[i].m);
        buf_addspan(out, buf_span(&rec));
    }
    buf_free(&rec);
}

enum rc freed_read(struct span val, struct freed_row *out, struct err *e)
{
    struct rd r = rd_of(val);
    enum rc rc = RC_OK;

    if (val.n <= FREED_HEAD || (val.n - FREED_HEAD) % FREED_ITEM != 0 ||
        (val.n - FREED_HEAD) / FREED_ITEM > FREED_A_ROW)
        return err_set(e, RC_CORRUPT, "store: a row of freed.db has %zu bytes", val.n);
    out->when = rd_u64(&r);
    out->by = rd_u64(&r);
    out->folder = rd_u32(&r);
    out->how = rd_u8(&r);
    out->class = rd_u8(&r);
    for (out->n = 0; rc == RC_OK && r.s.n > 0; out->n++) {
        out->f[out->n].uid = rd_u32(&r);
        rc = rec_read(rd_take(&r, MSG_REC), msg_f, &out->f[out->n].m, e);
    }
    return rc;
}

struct sums freed_sums(const struct freed_row *r)
{
    struct sums s = {0};

    for (size_t i = 0; r->class == FREED_KEPT && i < r->n; i++) {
        s.messages++;
        s.bytes += r->f[i].m.size + MSG_ROWS;
    }
    return s;
}

struct key freed_time(const struct freed_row *r, uint64_t mbx, uint64_t n)
{
    return key_removed(r->class, r->when, mbx, n);
}

static enum rc put_time(struct tx *t, const struct key *k, uint32_t messages, struct err *e)
{
    struct buf b = BUF_INIT;
    enum rc rc;

    buf_u32(&b, messages);
    rc = tx_put(t, T_REMOVED, k, buf_span(&b), 0, e);
    buf_free(&b);
    return rc;
}

/* ---- what an item stands for goes ---- */
/* What is not there any more was lost: "pli store check" names that, and a salvage may have left it so. The rest of the
 * row goes all the same. */
static enum rc or_lost(enum rc rc, const struct tx *t)
{
    return rc == RC_NOTFOUND && !t->deadlock ? RC_OK : rc;
}

static enum rc drop_beside(struct tx *t, uint64_t mbx, const struct freed_row *r, enum table tb, uint8_t bit,
                           struct err *e)
{
    enum rc rc = RC_OK;

    for (size_t i = 0; rc == RC_OK && i < r->n; i++) {
        struct key k = key_msg(mbx, r->folder, r->f[i].uid);
        if (r->f[i].m.where & bit)
            rc = or_lost(tx_del(t, tb, &k, e), t);
    }
    return rc;
}

/* Table by table, in the order in which a delivery writes them: fewer circles of waits than message by message. */
static enum rc free_items(struct tx *t, uint64_t mbx, const struct freed_row *r, struct err *e)
{
    enum rc rc = drop_beside(t, mbx, r, T_SUMMARIES, MSG_SUMMARY, e);

    if (rc == RC_OK)
        rc = drop_beside(t, mbx, r, T_TEXTS, MSG_TEXT, e);
    for (size_t i = 0; rc == RC_OK && i < r->n; i++)
        rc = or_lost(objref_add(t, r->f[i].m.oid, -1, e), t);
    return rc;
}

/* ---- a removal ---- */
enum rc freed_begin(struct stored *d, struct tx *t, struct freeing *f, struct err *e)
{
    struct box b = {0};
    enum rc rc = box_get(t, f->mbx, false, &b, e);

    f->gone = rc == RC_NOTFOUND && !t->deadlock;
    if (f->gone)
        return RC_OK;
    f->quota = b.quota;
    f->shows = b.flags & BOX_SHOWS_REMOVED;
    f->keep = f->how != REMOVED_MOVE && (d->keep_s > 0 || (b.flags & BOX_HELD));
    return rc == RC_OK ? freed_head_get(t, f->mbx, true, &f->head, e) : rc;
}

enum rc freed_add(struct tx *t, struct freeing *f, const struct freed *items, size_t n, struct err *e)
{
    struct freed_row r = {.when = (uint64_t)clock_utc(),
                          .by = f->by,
                          .folder = f->folder,
                          .how = f->how,
                          .class = f->keep ? FREED_KEPT : FREED_BRIEF,
                          .n = n};
    struct buf b = BUF_INIT;
    struct sums s;
    struct key k;
    enum rc rc;

    memcpy(r.f, items, n * sizeof *items);
    if (f->gone)
        return free_items(t, f->mbx, &r, e);
    f->head.next = f->head.next ? f->head.next : 1;
    k = key_freed(f->mbx, f->head.next);
    freed_write(&b, &r);
    rc = tx_put(t, T_FREED, &k, buf_span(&b), TX_NEW, e);
    buf_free(&b);
    if (f->n_rows + 3 > sizeof f->rows / sizeof *f->rows)
        bug("store: a removal of too many rows");
    f->rows[f->n_rows++] = f->head.next;
    f->rows[f->n_rows++] = r.when;
    f->rows[f->n_rows++] = n;
    s = freed_sums(&r);
    f->head.next += n;
    f->head.messages += s.messages;
    f->head.bytes += s.bytes;
    return rc;
}

static bool over_share(const struct stored *d, uint64_t quota, const struct freed_head *h)
{
    uint64_t of = quota ? quota : (uint64_t)KEPT_BASE_GIB << 30;

    return h->bytes > of / 100 * d->keep_share;
}

enum rc freed_share(struct stored *d, struct tx *t, uint64_t mbx, bool *over_out, struct err *e)
{
    struct freed_head h;
    struct box b;
    enum rc rc = box_get(t, mbx, false, &b, e);

    if (rc == RC_OK)
        rc = freed_head_get(t, mbx, true, &h, e);
    *over_out = rc == RC_OK && !(b.flags & BOX_HELD) && over_share(d, b.quota, &h);
    return rc;
}

enum rc freed_end(struct stored *d, struct tx *t, struct freeing *f, struct err *e)
{
    struct key over = key_removed(FREED_OVER, 0, f->mbx, 0);
    enum rc rc;

    if (f->gone)
        return RC_OK;
    rc = freed_head_put(t, f->mbx, &f->head, e);
    for (size_t i = 0; rc == RC_OK && i < f->n_rows; i += 3) {
        struct key k = key_removed(f->keep ? FREED_KEPT : FREED_BRIEF, f->rows[i + 1], f->mbx, f->rows[i]);
        rc = put_time(t, &k, (uint32_t)f->rows[i + 2], e);
    }
    if (rc == RC_OK && f->keep && over_share(d, f->quota, &f->head))
        rc = put_time(t, &over, 0, e);
    if (f->keep && f->shows)
        tx_touch(t, f->mbx, STORE_REMOVED, f->head.next);
    t->sweep |= room_low(t->v);
    return rc;
}

enum rc freed_all(struct stored *d, struct tx *t, const struct freeing *of, const struct freed *items, size_t n,
                  struct err *e)
{
    struct freeing f = {.mbx = of->mbx, .by = of->by, .folder = of->folder, .how = of->how};
    enum rc rc = freed_begin(d, t, &f, e);

    for (size_t at = 0; rc == RC_OK && at < n; at += FREED_A_ROW)
        rc = freed_add(t, &f, items + at, n - at < FREED_A_ROW ? n - at : FREED_A_ROW, e);
    return rc == RC_OK ? freed_end(d, t, &f, e) : rc;
}

enum rc freed_replace(struct tx *t, uint64_t mbx, uint64_t n, const struct freed_row *was, const struct freed_row *now,
                      struct err *e)
{
    struct key k = key_freed(mbx, n), time = freed_time(was, mbx, n);
    struct buf b = BUF_INIT;
    enum rc rc;

    if (now->n == 0) {
        rc = tx_del(t, T_FREED, &k, e);
        return rc == RC_OK ? tx_del(t, T_REMOVED, &time, e) : rc;
    }
    freed_write(&b, now);
    rc = tx_put(t, T_FREED, &k, buf_span(&b), 0, e);
    buf_free(&b);
    return rc == RC_OK ? put_time(t, &time, (uint32_t)now->n, e) : rc;
}

/* ---- names of deleted folders ---- */
enum rc freed_name_put(struct tx *t, uint64_t mbx, uint32_t folder, const struct folder *f, struct err *e)
{
    uint64_t n = FREED_NAME | folder, now = (uint64_t)clock_utc();
    struct key k = key_freed(mbx, n), time = key_removed(FREED_KEPT, now, mbx, n);
    struct buf b = BUF_INIT, rec = BUF_INIT;
    enum rc rc;

    buf_u64(&b, now);
    rec_write(&rec, folder_f, f);
    buf_addspan(&b, buf_span(&rec));
    rc = tx_put(t, T_FREED, &k, buf_span(&b), 0, e);
    if (rc == RC_OK)
        rc = put_time(t, &time, 0, e);
    buf_free(&rec);
    buf_free(&b);
    return rc;
}

enum rc freed_name_get(struct tx *t, uint64_t mbx, uint32_t folder, struct buf *mem, struct folder *out, struct err *e)
{
    struct key k = key_freed(mbx, FREED_NAME | folder);
    enum rc rc = tx_get(t, T_FREED, &k, 0, mem, e);

    return rc == RC_OK ? rec_read(span_from(buf_span(mem), 8), folder_f, out, e) : rc;
}

static enum rc drop_name(struct tx *t, uint64_t mbx, uint64_t n, struct span val, struct err *e)
{
    struct rd r = rd_of(val);
    struct key k = key_freed(mbx, n), time = key_removed(FREED_KEPT, rd_u64(&r), mbx, n);
    enum rc rc = tx_del(t, T_FREED, &k, e);

    if (rc == RC_OK)
        rc = tx_del(t, T_REMOVED, &time, e);
    return rc == RC_OK ? acl_forget_gone(t, mbx, (uint32_t)n, e) : rc;
}

/* ---- working one off ---- */
/* INV-14 once more before anything goes: an item whose message is in its folder is damage. Its row stays, and the check names it. */
static enum rc all_left(struct tx *t, uint64_t mbx, const struct freed_row *r, struct buf *mem, struct err *e)
{
    enum rc rc = RC_OK;

    for (size_t i = 0; rc == RC_OK && i < r->n; i++) {
        struct key k = key_msg(mbx, r->folder, r->f[i].uid);

        rc = tx_get(t, T_MSGS, &k, TX_COMMITTED, mem, e);
        if (rc == RC_OK)
            return err_set(e, RC_CORRUPT, "store: freed.db names a message that is in its folder: folder=%u uid=%u",
                           (unsigned)r->folder, (unsigned)r->f[i].uid);
        rc = or_lost(rc, t);
    }
    return rc;
}

static enum rc count_off(struct tx *t, uint64_t mbx, const struct freed_row *r, struct err *e)
{
    struct sums s = freed_sums(r);
    struct freed_head h;
    enum rc rc = freed_head_get(t, mbx, true, &h, e);

    if (rc != RC_OK || s.messages == 0)
        return rc;
    h.messages -= s.messages < h.messages ? s.messages : h.messages;
    h.bytes -= s.bytes < h.bytes ? s.bytes : h.bytes;
    h.next++;
    return freed_head_put(t, mbx, &h, e);
}

/* What was there for sessions alone when the hold was set is kept by it. */
static enum rc keep_row(struct tx *t, uint64_t mbx, uint64_t n, struct freed_row *r, struct err *e)
{
    struct key k = key_freed(mbx, n), time = freed_time(r, mbx, n);
    enum rc rc = tx_del(t, T_REMOVED, &time, e);
    struct buf b = BUF_INIT;
    struct freed_head h;
    struct sums s;

    if (rc == RC_OK)
        rc = freed_head_get(t, mbx, true, &h, e);
    if (rc != RC_OK)
        return rc;
    r->class = FREED_KEPT;
    s = freed_sums(r);
    h.messages += s.messages;
    h.bytes += s.bytes;
    h.next++;
    time = freed_time(r, mbx, n);
    freed_write(&b, r);
    rc = tx_put(t, T_FREED, &k, buf_span(&b), 0, e);
    if (rc == RC_OK)
        rc = put_time(t, &time, (uint32_t)r->n, e);
    buf_free(&b);
    return rc == RC_OK ? freed_head_put(t, mbx, &h, e) : rc;
}

/* Hold wins over time, share and disk. It is looked at in the transaction that would destroy: whoever sets it waits for this one's end, and
 * whoever comes later finds it. */
static enum rc held(struct tx *t, uint64_t mbx, bool *held_out, struct err *e)
{
    struct box b;
    enum rc rc = box_get(t, mbx, false, &b, e);

    *held_out = rc == RC_OK && (b.flags & BOX_HELD);
    return or_lost(rc, t);
}

/* A transaction that is tried again, or fails, tells it for nothing: it is a hint. */
static void tell_packing(const struct freed_batch *b, uint64_t mbx, const struct freed_row *r)
{
    uint32_t lo = r->n > 0 ? r->f[0].uid : 0, hi = lo;

    for (size_t i = 1; i < r->n; i++) {
        lo = r->f[i].uid < lo ? r->f[i].uid : lo;
        hi = r->f[i].uid > hi ? r->f[i].uid : hi;
    }
    if (r->n > 1 && !b->box_gone)
        packing_removed(b->packing, mbx, r->folder, lo, hi);
}

static enum rc work_off_row(struct tx *t, const struct freed_batch *b, size_t i, struct buf *mem, struct err *e)
{
    uint64_t mbx = b->row[i].mbx, n = b->row[i].n;
    struct key k = key_freed(mbx, n);
    struct freed_row r, none = {.n = 0};
    struct freed_head lock;
    bool stays = false;
    enum rc rc = b->box_gone ? RC_OK : held(t, mbx, &stays, e);

    if (rc == RC_OK)
        rc = freed_head_get(t, mbx, true, &lock, e);
    if (rc == RC_OK)
        rc = tx_get(t, T_FREED, &k, TX_FOR_WRITE, mem, e);
    if (rc == RC_OK && n & FREED_NAME)
        return stays ? RC_OK : drop_name(t, mbx, n, buf_span(mem), e);
    if (rc == RC_OK)
        rc = freed_read(buf_span(mem), &r, e);
    if (rc == RC_OK && stays && r.how != REMOVED_MOVE)
        return r.class == FREED_BRIEF ? keep_row(t, mbx, n, &r, e) : RC_OK;
    if (rc != RC_OK)
        return rc;
    rc = all_left(t, mbx, &r, mem, e);
    if (rc == RC_OK && !b->box_gone)
        rc = count_off(t, mbx, &r, e);
    if (rc == RC_OK)
        rc = free_items(t, mbx, &r, e);
    if (rc == RC_OK)
        tell_packing(b, mbx, &r);
    return rc == RC_OK ? or_lost(freed_replace(t, mbx, n, &r, &none, e), t) : rc;
}

enum rc freed_work_off(struct tx *t, void *arg, struct err *e)
{
    const struct freed_batch *b = arg;
    struct buf mem = BUF_INIT;
    enum rc rc = RC_OK;

    for (size_t i = 0; rc == RC_OK && i < b->n; i++) {
        rc = work_off_row(t, b, i, &mem, e);
        rc = or_lost(rc, t); /* worked off, or given back, meanwhile */
    }
    buf_free(&mem);
    return rc;
}
