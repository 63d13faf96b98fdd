/* SPDX-License-Identifier: EUPL-1.2 */
/* store/check/salvage_freed.c - puts T_FREED and T_REMOVED right (INV-14, INV-15), and takes away summaries and search texts of no message. See
 * salvage.h.
 *
 * A removed message that can be read is kept: it may be on legal hold, and its holder was told how long it can be given back. References are counted
 * anew from messages, the queue and these rows (salvage_refs.c). UIDs of a folder may begin anew (new_counters), and what lies beside a message
 * is found by its UID, so a folder's uidnext is put behind the UIDs that its removed messages had. */
#include "store/check/salvage_int.h"
#include "store/ops/freed.h"
#include <stdlib.h>

/* ---- one row ---- */
static enum rc uids_behind(struct salvage *s, uint64_t mbx, const struct freed_row *r, struct err *e)
{
    struct key k = key_folder(mbx, r->folder);
    struct counters c;
    uint32_t most = 0;
    struct tx t;
    enum rc rc;

    tx_bare(&s->d.env, &t);
    rc = counters_peek(&t, mbx, r->folder, &c, e);
    for (size_t i = 0; i < r->n; i++)
        most = r->f[i].uid > most ? r->f[i].uid : most;
    if (rc != RC_OK || most < c.uidnext)
        return rc == RC_NOTFOUND ? RC_OK : rc; /* its folder was deleted */
    c.uidnext = most + 1;
    return salvage_write(s, T_COUNTERS, &k, counters_f, &c, e);
}

/* An item whose message is in its folder says nothing that is not known. */
static enum rc without_present(struct salvage *s, uint64_t mbx, struct freed_row *r, bool *changed, struct err *e)
{
    enum rc rc = RC_OK;
    size_t n = 0;

    for (size_t i = 0; rc == RC_OK && i < r->n; i++) {
        struct key m = key_msg(mbx, r->folder, r->f[i].uid);

        rc = salvage_has(s, T_MSGS, &m, e);
        if (rc == RC_NOTFOUND) {
            r->f[n++] = r->f[i];
            rc = RC_OK;
        }
    }
    *changed = n != r->n;
    r->n = n;
    return rc;
}

static enum rc time_of(struct salvage *s, const struct key *time, size_t messages, struct err *e)
{
    enum rc rc = salvage_has(s, T_REMOVED, time, e);
    struct buf b = BUF_INIT;

    if (rc != RC_NOTFOUND)
        return rc;
    buf_u32(&b, (uint32_t)messages);
    rc = salvage_put(s, T_REMOVED, time, buf_span(&b), e);
    buf_free(&b);
    return rc;
}

static enum rc mend_name(struct salvage *s, const struct key *k, struct span val, struct err *e)
{
    struct rd r = rd_of(val);
    struct key time = key_removed(FREED_KEPT, rd_u64(&r), be64(k->b), be64(k->b + 8));

    return val.n < 8 ? salvage_del(s, T_FREED, k, e) : time_of(s, &time, 0, e);
}

enum rc salvage_freed(struct salvage *s, const struct key *k, struct span val, void *arg, struct err *e)
{
    uint64_t mbx = be64(k->b), n = be64(k->b + 8);
    struct freed_row r = {0};
    struct buf b = BUF_INIT;
    struct key time;
    bool changed;
    enum rc rc;

    (void)arg;
    if (n == 0)
        return RC_OK;
    if (n & FREED_NAME)
        return mend_name(s, k, val, e);
    if (freed_read(val, &r, e) != RC_OK)
        return salvage_del(s, T_FREED, k, e); /* nothing to be known of it */
    rc = without_present(s, mbx, &r, &changed, e);
    if (rc == RC_OK && r.n == 0)
        return salvage_del(s, T_FREED, k, e);
    if (rc == RC_OK && changed) {
        freed_write(&b, &r);
        rc = salvage_put(s, T_FREED, k, buf_span(&b), e);
        buf_free(&b);
    }
    time = freed_time(&r, mbx, n);
    if (rc == RC_OK)
        rc = time_of(s, &time, r.n, e);
    return rc == RC_OK ? uids_behind(s, mbx, &r, e) : rc;
}

enum rc salvage_removed(struct salvage *s, const struct key *k, struct span val, void *arg, struct err *e)
{
    struct key row = key_freed(be64(k->b + 8), be64(k->b + 16));
    enum rc rc = k->b[0] == FREED_OVER ? RC_OK : salvage_has(s, T_FREED, &row, e);

    (void)val;
    (void)arg;
    return rc == RC_NOTFOUND ? salvage_del(s, T_REMOVED, k, e) : rc;
}

/* ---- heads: rows of a mailbox come one behind the other ---- */
struct heads {
    uint64_t mbx;
    struct freed_head was, is;
};

static enum rc put_head(struct salvage *s, struct heads *h, struct err *e)
{
    struct key k = key_freed(h->mbx, 0);

    if (h->mbx == 0 || memcmp(&h->was, &h->is, sizeof h->is) == 0)
        return RC_OK;
    h->is.next++;
    return salvage_write(s, T_FREED, &k, freed_head_f, &h->is, e);
}

static enum rc sum_head(struct salvage *s, const struct key *k, struct span val, void *arg, struct err *e)
{
    uint64_t mbx = be64(k->b), n = be64(k->b + 8);
    struct heads *h = arg;
    struct freed_row r;
    struct sums sum;
    enum rc rc = mbx == h->mbx ? RC_OK : put_head(s, h, e);

    if (mbx != h->mbx)
        *h = (struct heads){.mbx = mbx};
    if (n == 0 && rc == RC_OK) {
        rc = rec_read(val, freed_head_f, &h->was, e);
        h->is = (struct freed_head){.next = h->was.next};
    }
    if (n == 0 || n & FREED_NAME || rc != RC_OK || (rc = freed_read(val, &r, e)) != RC_OK)
        return rc == RC_CORRUPT ? RC_OK : rc;
    sum = freed_sums(&r);
    h->is.messages += sum.messages;
    h->is.bytes += sum.bytes;
    h->is.next = n + r.n > h->is.next ? n + r.n : h->is.next;
    return RC_OK;
}

enum rc salvage_heads(struct salvage *s, struct err *e)
{
    struct heads h = {0};
    enum rc rc = salvage_each(s, T_FREED, sum_head, &h, e);

    return rc == RC_OK ? put_head(s, &h, e) : rc;
}

/* ---- what lies beside no message ---- */
/* A key of a message is as long as an object id: those of removed messages are told apart in the same kind of table. */
static enum rc note(struct salvage *s, const struct key *k, struct span val, void *arg, struct err *e)
{
    uint64_t n = be64(k->b + 8);
    struct freed_row r;
    enum rc rc = RC_OK;

    (void)s;
    if (n == 0 || n & FREED_NAME || freed_read(val, &r, e) != RC_OK)
        return RC_OK;
    for (size_t i = 0; rc == RC_OK && i < r.n; i++)
        rc = counted_add(arg, key_msg(be64(k->b), r.folder, r.f[i].uid).b, e);
    return rc;
}

struct beside {
    enum table tb;
    struct counted *removed;
};

static enum rc of_no_message(struct salvage *s, const struct key *k, struct span val, void *arg, struct err *e)
{
    const struct beside *b = arg;
    enum rc rc = counted_get(b->removed, k->b) > 0 ? RC_OK : salvage_has(s, T_MSGS, k, e);

    (void)val;
    return rc == RC_NOTFOUND ? salvage_del(s, b->tb, k, e) : rc;
}

enum rc salvage_beside(struct salvage *s, struct err *e)
{
    struct beside b = {T_SUMMARIES, NULL};
    enum rc rc;

    if (!s->bad[T_FREED] && !s->bad[T_MSGS])
        return RC_OK;
    b.removed = counted_new();
    rc = salvage_each(s, T_FREED, note, b.removed, e);
    if (rc == RC_OK)
        rc = salvage_each(s, T_SUMMARIES, of_no_message, &b, e);
    b.tb = T_TEXTS;
    if (rc == RC_OK)
        rc = salvage_each(s, T_TEXTS, of_no_message, &b, e);
    counted_free(&b.removed);
    return rc;
}
