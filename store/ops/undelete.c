/* SPDX-License-Identifier: EUPL-1.2 */
/* store/ops/undelete.c - gives messages back that left a folder and are still kept (freed.h), or lists them.
 *
 * A message comes back into the folder that it was in, under a new UID, with its flags, its INTERNALDATE and its object, so with its EMAILID. A
 * folder that was deleted is made again under its name; when another folder has that name now, the message goes there; when nobody knows the name
 * any more, to the INBOX. The quota does not refuse it: what comes back was the holder's. */
#include "base/clock.h"
#include "base/log.h"
#include "store/ops/acl.h"
#include "store/ops/hold.h"
#include "store/ops/objects.h"
#include "store/ops/removed.h"
#include "store/ops/seen.h"

enum { ROWS_A_TX = 8 /* 256 messages, told in some 30 KiB */ };
struct undeleting {
    struct tx *t;
    const struct ask *a;
    const struct store_undelete_req *rq;
    uint64_t row[ROWS_A_TX]; /* numbers of the rows that are taken */
    size_t n;
    uint64_t next;
    uint32_t folder; /* that the rows are of */
    bool held;
};

/* ---- which rows ---- */
static bool wanted(const struct store_undelete_req *rq, const struct freed_row *r)
{
    return r->how != REMOVED_MOVE && r->when >= rq->since && r->when <= rq->until &&
           (rq->folder == 0 || rq->folder == r->folder);
}

static void take(struct undeleting *u, uint64_t n, uint32_t folder)
{
    if (u->n > 0 && (u->n == ROWS_A_TX || folder != u->folder)) {
        u->next = n;
        return;
    }
    u->folder = folder;
    u->row[u->n++] = n;
}

static enum rc pick(struct undeleting *u, struct err *e)
{
    struct key from = key_freed(u->rq->mbx, u->rq->cursor ? u->rq->cursor : 1);
    struct freed_row r;
    struct span k, v;
    struct scan s;
    enum rc rc = scan_open(&s, u->t, T_FREED, &from, 8, SCAN_FEW, e);

    while (rc == RC_OK && u->next == 0 && (rc = scan_next(&s, &k, &v, e)) == RC_OK && !(be64(k.p + 8) & FREED_NAME) &&
           (rc = freed_read(v, &r, e)) == RC_OK)
        if (wanted(u->rq, &r))
            take(u, be64(k.p + 8), r.folder);
    scan_close(&s);
    return rc == RC_NOTFOUND ? RC_OK : rc;
}

/* ---- what is told ---- */
static enum rc special_of(struct undeleting *u, uint32_t folder, uint8_t *special_out, uint8_t *gone_out, struct err *e)
{
    struct key k = key_folder(u->rq->mbx, folder);
    struct buf mem = BUF_INIT;
    struct counters c;
    struct folder f;
    enum rc rc = counters_peek(u->t, u->rq->mbx, folder, &c, e);

    *special_out = SU_NONE;
    *gone_out = rc == RC_NOTFOUND;
    if (rc == RC_OK && (rc = tx_get(u->t, T_FOLDERS, &k, TX_COMMITTED, &mem, e)) == RC_OK)
        rc = rec_read(buf_span(&mem), folder_f, &f, e);
    else if (rc == RC_NOTFOUND && !u->t->deadlock)
        rc = freed_name_get(u->t, u->rq->mbx, folder, &mem, &f, e);
    if (rc == RC_OK)
        *special_out = f.special;
    buf_free(&mem);
    return rc == RC_NOTFOUND && !u->t->deadlock ? RC_OK : rc;
}

static void tell(struct undeleting *u, const struct freed_row *r, uint64_t n, size_t i, struct store_removed *out)
{
    const struct msg *m = &r->f[i].m;
    uint64_t keep = r->class == FREED_KEPT ? u->a->d->keep_s : FREED_BRIEF_S;

    out->number = n + i;
    out->when = r->when;
    out->until = u->held ? UINT64_MAX : r->when + keep;
    out->by = r->by;
    out->how = r->how;
    out->folder = r->folder;
    out->uid = r->f[i].uid;
    out->flags = m->flags;
    out->size = m->size;
    out->internaldate = m->internaldate;
    memcpy(out->oid, m->oid, SEAL_OID);
    ipc_list_add(u->a->out, store_removed_f, out);
}

/* ---- giving back ---- */
static enum rc move_beside(struct undeleting *u, enum table tb, uint32_t uid, uint32_t to, uint32_t to_uid,
                           struct err *e)
{
    struct key k = key_msg(u->rq->mbx, u->folder, uid), new = key_msg(u->rq->mbx, to, to_uid);
    struct buf mem = BUF_INIT;
    enum rc rc = tx_get(u->t, tb, &k, 0, &mem, e);

    if (rc == RC_OK)
        rc = tx_put(u->t, tb, &new, buf_span(&mem), TX_NEW, e);
    if (rc == RC_OK)
        rc = tx_del(u->t, tb, &k, e);
    buf_free(&mem);
    return rc;
}

static enum rc give_back(struct undeleting *u, const struct freed *f, uint32_t to, struct counters *c, struct err *e)
{
    struct msg m = f->m;
    enum rc rc = RC_OK;

    if (c->uidnext >= STORE_UID_MAX)
        return err_set(e, RC_TEMP, "store: folder %u has no UID left", (unsigned)to);
    m.modseq = ++c->modseq;
    m.savedate = (uint64_t)clock_utc();
    m.flags &= ~(uint64_t)MF_DELETED; /* or the next EXPUNGE takes it again */
    if (m.where & MSG_SUMMARY)
        rc = move_beside(u, T_SUMMARIES, f->uid, to, c->uidnext, e);
    if (rc == RC_OK && m.where & MSG_TEXT)
        rc = move_beside(u, T_TEXTS, f->uid, to, c->uidnext, e);
    if (rc == RC_OK)
        rc = msg_put(u->t, u->rq->mbx, to, c->uidnext, &m, true, e);
    counters_add(c, &m, 1);
    c->uidnext++;
    return rc;
}

static enum rc take_row(struct undeleting *u, uint64_t n, struct freed_row *r, struct err *e)
{
    struct key k = key_freed(u->rq->mbx, n);
    struct buf mem = BUF_INIT;
    enum rc rc = tx_get(u->t, T_FREED, &k, TX_FOR_WRITE, &mem, e);

    r->n = 0;
    if (rc == RC_OK)
        rc = freed_read(buf_span(&mem), r, e);
    buf_free(&mem);
    return rc == RC_NOTFOUND && !u->t->deadlock ? RC_OK : rc; /* its time passed meanwhile */
}

static enum rc row_back(struct undeleting *u, uint64_t n, struct store_removed *out, struct counters *c,
                        struct freed_head *h, struct err *e)
{
    struct freed_row r, none = {.n = 0};
    struct sums s;
    enum rc rc = take_row(u, n, &r, e);

    for (size_t i = 0; rc == RC_OK && i < r.n; i++) {
        out->to_uid = c->uidnext;
        rc = give_back(u, &r.f[i], out->to_folder, c, e);
        tell(u, &r, n, i, out);
    }
    if (rc != RC_OK || r.n == 0)
        return rc;
    s = freed_sums(&r);
    h->messages -= s.messages;
    h->bytes -= s.bytes;
    return freed_replace(u->t, u->rq->mbx, n, &r, &none, e);
}

static enum rc target(struct undeleting *u, uint32_t *to_out, struct counters *c, struct err *e)
{
    struct buf mem = BUF_INIT;
    struct folder f;
    enum rc rc = counters_get(u->t, u->rq->mbx, *to_out = u->folder, true, c, e);

    if (rc != RC_NOTFOUND || u->t->deadlock)
        return rc;
    rc = freed_name_get(u->t, u->rq->mbx, u->folder, &mem, &f, e);
    if (rc == RC_OK)
        rc = folder_again(u->t, u->rq->mbx, &f, to_out, e);
    if (rc == RC_OK) /* what a delegate did not see there she does not see here */
        rc = acl_narrow(u->t, u->rq->mbx, u->folder, *to_out, e);
    if (rc == RC_NOTFOUND && !u->t->deadlock) {
        *to_out = STORE_INBOX;
        rc = RC_OK;
    }
    buf_free(&mem);
    return rc == RC_OK ? counters_get(u->t, u->rq->mbx, *to_out, true, c, e) : rc;
}

static enum rc all_back(struct undeleting *u, struct err *e)
{
    struct store_removed out = {0};
    struct freed_head h;
    struct counters c;
    enum rc rc = special_of(u, u->folder, &out.special, &out.folder_gone, e);

    if (rc == RC_OK)
        rc = target(u, &out.to_folder, &c, e);
    if (rc == RC_OK) /* what the holder has seen of them, the others have not */
        rc = seen_part_all(u->t, u->rq->mbx, out.to_folder, e);
    if (rc == RC_OK)
        rc = freed_head_get(u->t, u->rq->mbx, true, &h, e);
    for (size_t i = 0; rc == RC_OK && i < u->n; i++)
        rc = row_back(u, u->row[i], &out, &c, &h, e);
    if (rc == RC_OK)
        rc = counters_put(u->t, u->rq->mbx, out.to_folder, &c, e);
    h.next++;
    if (rc == RC_OK)
        rc = freed_head_put(u->t, u->rq->mbx, &h, e);
    tx_touch(u->t, u->rq->mbx, out.to_folder, c.modseq);
    tx_touch(u->t, u->rq->mbx, 0, 0); /* a folder may be there again */
    return rc;
}

/* ---- listing ---- */
static enum rc list_rows(struct undeleting *u, struct err *e)
{
    struct store_removed out = {0};
    struct freed_row r;
    enum rc rc = u->n > 0 ? special_of(u, u->folder, &out.special, &out.folder_gone, e) : RC_OK;

    for (size_t at = 0; rc == RC_OK && at < u->n; at++) {
        struct key k = key_freed(u->rq->mbx, u->row[at]);
        struct buf mem = BUF_INIT;

        rc = tx_get(u->t, T_FREED, &k, 0, &mem, e);
        if (rc == RC_OK)
            rc = freed_read(buf_span(&mem), &r, e);
        for (size_t i = 0; rc == RC_OK && i < r.n; i++)
            tell(u, &r, u->row[at], i, &out);
        buf_free(&mem);
        if (rc == RC_NOTFOUND && !u->t->deadlock)
            rc = RC_OK;
    }
    return rc;
}

enum rc do_undelete(struct tx *t, const struct ask *a, struct err *e)
{
    struct undeleting u = {.t = t, .a = a, .rq = a->req};
    struct store_undelete_rep *rep = a->rep;
    struct box b;
    enum rc rc = box_get(t, u.rq->mbx, u.rq->list == 0, &b, e);

    u.held = rc == RC_OK && (b.flags & BOX_HELD);
    if (rc == RC_OK)
        rc = pick(&u, e);
    if (rc == RC_OK && u.n > 0)
        rc = u.rq->list ? list_rows(&u, e) : all_back(&u, e);
    rep->list = buf_span(a->out);
    rep->next = u.next;
    return rc;
}

/* A page is of one folder. */
void undelete_done(const struct ask *a)
{
    const struct store_undelete_req *rq = a->req;
    struct span rest = ((const struct store_undelete_rep *)a->rep)->list;
    struct store_removed one = {0};
    unsigned n = 0;
    struct err e;

    while (rq->list == 0 && ipc_list_next(&rest, store_removed_f, &one, &e) == RC_OK)
        n++;
    if (n > 0)
        log_ev(LOG_INFO_, "undeleted", "mbx=%llu folder=%u messages=%u", (unsigned long long)rq->mbx,
               (unsigned)one.folder, n);
}
