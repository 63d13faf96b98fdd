/* SPDX-License-Identifier: EUPL-1.2 */
/* store/ops/messages.c - reading messages: briefs, entries, entries with an object, chunks. Each page reads one range
 * in key order. */
#include "store/ops/folder.h"
#include "store/ops/objects.h"
#include "store/ops/removed.h"
#include "store/ops/seen.h"
#include "store/ops/shown.h"

enum { NEAR = 32, ENTRY_LEAST = 4 + 4 + 6 * 8 + 2 + SEAL_OID + SEAL_WRAP + 8 + 4 };

/* ---- LIST ---- */
enum rc do_list(struct tx *t, const struct ask *a, struct err *e)
{
    const struct store_list_req *rq = a->req;
    struct store_brief_rep *rep = a->rep;
    struct counters c;
    struct msg_it it = {0};
    struct msg m = {0};
    struct seen seen;
    uint32_t uid;
    enum rc rc;

    if (rq->folder == STORE_REMOVED)
        return shown_list(t, a, e);
    rc = counters_get(t, a->s->mbx, rq->folder, false, &c, e);
    if (rc == RC_OK)
        rc = seen_open(&seen, t, a->s->mbx, rq->folder, a->s->delegate, false, e);
    if (rc != RC_OK)
        return rc;
    rc = msg_it_brief(&it, t, a->s->mbx, rq->folder, rq->lo, rq->hi, e);
    while (rc == RC_OK && (rc = msg_it_next(&it, &uid, &m, e)) == RC_OK) {
        if (a->out->n + STORE_BRIEF > OUT_MAX) {
            rep->next = uid;
            break;
        }
        if ((rc = seen_view(&seen, uid, &m.flags, e)) != RC_OK)
            break;
        brief_add(a->out, uid, &m);
    }
    msg_it_close(&it);
    rep->brief = buf_span(a->out);
    return rc == RC_NOTFOUND ? RC_OK : rc;
}

/* ---- entries ---- */
struct beside { /* the records of T_SUMMARIES or T_TEXTS, walked along with the messages */
    struct scan s;
    struct span val;
    uint32_t uid; /* that val is of; 0: none read yet */
    bool open, ended;
};

static enum rc beside_get(struct beside *b, struct tx *t, const struct ask *a, uint32_t folder, enum table tb,
                          uint32_t uid, struct err *e)
{
    struct key k = key_msg(a->s->mbx, folder, uid);
    struct span key;
    enum rc rc = RC_OK;

    if (!b->open) {
        rc = scan_open(&b->s, t, tb, &k, 12, SCAN_FEW, e);
        b->open = true;
    } else if (uid - b->uid > NEAR) {
        scan_seek(&b->s, &k);
    }
    while (rc == RC_OK && b->uid < uid && !b->ended) {
        rc = scan_next(&b->s, &key, &b->val, e);
        b->ended = rc == RC_NOTFOUND;
        if (rc == RC_OK)
            b->uid = be32(key.p + 12);
    }
    if (rc == RC_OK && b->uid == uid)
        return RC_OK;
    if (rc == RC_OK || rc == RC_NOTFOUND)
        rc = err_set(e, RC_CORRUPT, "store: a message lacks its record: folder=%u uid=%u", (unsigned)folder,
                     (unsigned)uid);
    return rc;
}

struct page { /* one reply of ENTRIES and its like */
    struct tx *t;
    const struct ask *a;
    uint32_t folder;
    uint8_t kind; /* 0: no object */
    struct seen seen;
    struct beside beside;
    const struct shown *shown; /* the message at hand of STORE_REMOVED: where it was */
    struct buf mem;
};

static uint64_t object_len(const struct msg *m, uint8_t kind)
{
    return kind == SEAL_MESSAGE   ? seal_led_size(m->size, m->lead)
           : kind == SEAL_SUMMARY ? m->len_summary
           : kind == SEAL_SEARCH  ? m->len_text
                                  : 0;
}

static bool is_beside(const struct msg *m, uint8_t kind)
{
    return (kind == SEAL_SUMMARY && m->where & MSG_SUMMARY) || (kind == SEAL_SEARCH && m->where & MSG_TEXT);
}

static enum rc get_object(struct page *p, const struct msg *m, uint32_t uid, uint64_t len, struct span *out,
                          struct err *e)
{
    enum rc rc;

    if (is_beside(m, p->kind) && p->shown) { /* of many folders: none is walked along */
        struct key k = key_msg(p->a->s->mbx, p->shown->folder, p->shown->was_uid);

        rc = tx_get(p->t, p->kind == SEAL_SUMMARY ? T_SUMMARIES : T_TEXTS, &k, TX_COMMITTED, &p->mem, e);
        *out = buf_span(&p->mem);
        return rc == RC_NOTFOUND && !p->t->deadlock
                   ? err_set(e, RC_CORRUPT, "store: a removed message lacks its record")
                   : rc;
    }
    if (is_beside(m, p->kind)) {
        rc = beside_get(&p->beside, p->t, p->a, p->folder, p->kind == SEAL_SUMMARY ? T_SUMMARIES : T_TEXTS, uid, e);
        *out = p->beside.val;
        return rc;
    }
    buf_clear(&p->mem);
    rc = obj_read(p->t, m->oid, p->kind, len, 0, len, &p->mem, e);
    *out = buf_span(&p->mem);
    return rc;
}

/* An object that cannot be read does not hold the others back: its entry comes without it. A session that needs the
 * object asks for it alone and is told RC_CORRUPT, or makes it again from what is sound. */
static enum rc left_out(struct page *p, struct span *object_out)
{
    scan_close(&p->beside.s); /* it stands before a bad page: the next one is looked for anew */
    p->beside = (struct beside){.open = false};
    *object_out = SPAN_NULL;
    return RC_OK;
}

/* RC_MORE: the page is full before this one. */
static enum rc add_entry(struct page *p, uint32_t uid, const struct msg *m, struct err *e)
{
    struct store_entry en = {.uid = uid,
                             .flags = m->flags,
                             .modseq = m->modseq,
                             .size = m->size,
                             .lead = m->lead,
                             .internaldate = m->internaldate,
                             .savedate = m->savedate,
                             .epoch = m->epoch,
                             .len_object = object_len(m, p->kind)};
    bool fits_a_page = ENTRY_LEAST + en.len_object <= OUT_MAX;
    uint64_t room = ENTRY_LEAST + (fits_a_page ? en.len_object : 0);
    enum rc rc = RC_OK;

    if (p->a->out->n + room > OUT_MAX)
        return RC_MORE;
    if (fits_a_page && en.len_object > 0)
        rc = get_object(p, m, uid, en.len_object, &en.object, e);
    if (rc == RC_CORRUPT)
        rc = left_out(p, &en.object);
    if (rc == RC_OK)
        rc = seen_view(&p->seen, uid, &en.flags, e);
    if (rc != RC_OK)
        return rc;
    memcpy(en.oid, m->oid, SEAL_OID);
    memcpy(en.wrap, m->wrap, SEAL_WRAP);
    ipc_list_add(p->a->out, store_entry_f, &en);
    return RC_OK;
}

/* Those that left the folder, which the asker was not told yet, up to that UID. *uid_out: of the one that the page has no room for. */
static enum rc add_removed(struct page *p, struct removed *r, uint32_t below, uint32_t *uid_out, struct err *e)
{
    enum rc rc = RC_OK;

    for (; rc == RC_OK && r->at < r->n && r->f[r->at].uid < below; r->at += rc == RC_OK) {
        *uid_out = r->f[r->at].uid;
        rc = add_entry(p, r->f[r->at].uid, &r->f[r->at].m, e);
    }
    return rc;
}

static enum rc page_of_shown(struct page *p, const struct store_range_req *rq, struct store_list_rep *rep,
                             struct err *e)
{
    struct shown_it it = {.open = false};
    struct shown s;
    struct counters c;
    enum rc rc = shown_counters(p->t, p->a->s->mbx, &c, e);

    if (rc == RC_OK)
        rc = uidset_check(rq->uids, e);
    if (rc == RC_OK)
        rc = shown_open(&it, p->t, p->a->s->mbx, rq->from ? rq->from : 1, e);
    p->shown = &s;
    while (rc == RC_OK && (rc = shown_next(&it, &s, e)) == RC_OK)
        if (uidset_has(rq->uids, s.uid))
            rc = add_entry(p, s.uid, &s.m, e);
    shown_close(&it);
    buf_free(&p->mem);
    rep->next = rc == RC_MORE ? s.uid : 0;
    rep->list = buf_span(p->a->out);
    return rc == RC_NOTFOUND || rc == RC_MORE ? RC_OK : rc;
}

static enum rc page_of(struct tx *t, const struct ask *a, uint8_t kind, struct err *e)
{
    const struct store_range_req *rq = a->req;
    struct store_list_rep *rep = a->rep;
    struct page p = {.t = t, .a = a, .folder = rq->folder, .kind = kind};
    const struct removed_want missed = {a->s->mbx,     removed_since(a->s, rq->removed), rq->folder, rq->from, rq->uids,
                                        REMOVED_A_PAGE};
    struct removed gone = {NULL, 0, 0, 0};
    struct counters c;
    struct msg_it it = {0};
    struct msg m;
    uint32_t uid, full = 0;
    enum rc rc;

    if (rq->folder == STORE_REMOVED)
        return page_of_shown(&p, rq, rep, e);
    rc = counters_get(t, a->s->mbx, rq->folder, false, &c, e);
    if (rc == RC_OK)
        rc = seen_open(&p.seen, t, a->s->mbx, rq->folder, a->s->delegate, false, e);
    if (rc != RC_OK)
        return rc;
    rc = msg_it_open(&it, t, a->s->mbx, rq->folder, rq->uids, rq->from, e);
    if (rc == RC_OK)
        rc = removed_gather(&gone, t, &a->s->removed, &missed, e);
    while (rc == RC_OK && (rc = msg_it_next(&it, &uid, &m, e)) == RC_OK) {
        if (gone.end && uid >= gone.end)
            rc = RC_NOTFOUND; /* what is behind waits for the next page, with what else left the folder */
        if (rc != RC_OK)
            break;
        rc = add_removed(&p, &gone, uid, &full, e);
        if (rc == RC_OK && (rc = add_entry(&p, uid, &m, e)) != RC_OK)
            full = uid;
    }
    if (rc == RC_NOTFOUND)
        rc = add_removed(&p, &gone, UINT32_MAX, &full, e);
    if (rc == RC_OK && gone.end) {
        full = gone.end;
        rc = RC_MORE;
    }
    msg_it_close(&it);
    scan_close(&p.beside.s);
    buf_free(&p.mem);
    removed_free(&gone);
    rep->next = rc == RC_MORE ? full : 0;
    rep->list = buf_span(a->out);
    return rc == RC_NOTFOUND || rc == RC_MORE ? RC_OK : rc;
}

enum rc do_entries(struct tx *t, const struct ask *a, struct err *e)
{
    return page_of(t, a, 0, e);
}

enum rc do_summaries(struct tx *t, const struct ask *a, struct err *e)
{
    return page_of(t, a, SEAL_SUMMARY, e);
}

enum rc do_texts(struct tx *t, const struct ask *a, struct err *e)
{
    return page_of(t, a, SEAL_SEARCH, e);
}

enum rc do_read_many(struct tx *t, const struct ask *a, struct err *e)
{
    return page_of(t, a, SEAL_MESSAGE, e);
}

/* ---- READ ---- */
/* at: where the message is, or was. */
static enum rc read_bytes(struct tx *t, const struct ask *a, const struct key *at, const struct msg *m, uint64_t off,
                          uint64_t n, struct err *e)
{
    const struct store_read_req *rq = a->req;
    struct key k = *at;
    enum rc rc;

    if (!is_beside(m, rq->kind))
        return obj_read(t, m->oid, rq->kind, object_len(m, rq->kind), off, n, a->out, e);
    rc = tx_get_part(t, rq->kind == SEAL_SUMMARY ? T_SUMMARIES : T_TEXTS, &k, (uint32_t)off, (uint32_t)n, a->out, e);
    if (rc == RC_NOTFOUND || (rc == RC_OK && a->out->n != n))
        rc = err_set(e, RC_CORRUPT, "store: a message lacks its record: folder=%u uid=%u", (unsigned)rq->folder,
                     (unsigned)rq->uid);
    return rc;
}

static enum rc get_shown(struct tx *t, const struct ask *a, struct key *k_out, struct msg *m_out, struct err *e)
{
    const struct store_read_req *rq = a->req;
    struct counters c;
    struct shown s;
    enum rc rc = shown_counters(t, a->s->mbx, &c, e);

    if (rc == RC_OK)
        rc = shown_get(t, a->s->mbx, rq->uid, &s, e);
    if (rc != RC_OK)
        return rc;
    *k_out = key_msg(a->s->mbx, s.folder, s.was_uid);
    *m_out = s.m;
    return RC_OK;
}

enum rc do_read(struct tx *t, const struct ask *a, struct err *e)
{
    const struct store_read_req *rq = a->req;
    struct store_read_rep *rep = a->rep;
    struct seal_chunk_at at;
    uint64_t len;
    struct msg m;
    struct key k = key_msg(a->s->mbx, rq->folder, rq->uid);
    const struct removed_want missed = {
        .mbx = a->s->mbx, .since = removed_since(a->s, rq->removed), .folder = rq->folder, .from = rq->uid};
    enum rc rc =
        rq->folder == STORE_REMOVED ? get_shown(t, a, &k, &m, e) : msg_get(t, a->s->mbx, rq->folder, rq->uid, &m, e);

    if (rc == RC_NOTFOUND && !t->deadlock && rq->removed)
        rc = removed_get(t, &a->s->removed, missed, &m, e);
    if (rc != RC_OK)
        return rc;
    len = object_len(&m, rq->kind);
    if (rq->kind == SEAL_MESSAGE)
        rep->plain_size = m.size;
    else if (len == 0 || seal_plain_size(len, &rep->plain_size, e) != RC_OK)
        return err_set(e, RC_NOTFOUND, "store: no such object: kind=%u", rq->kind);
    if (!seal_chunk_at(rep->plain_size, rq->kind == SEAL_MESSAGE ? m.lead : 0, rq->chunk, &at))
        return err_set(e, RC_NOTFOUND, "store: no such object or chunk: kind=%u chunk=%u", rq->kind,
                       (unsigned)rq->chunk);
    rc = read_bytes(t, a, &k, &m, at.sealed, at.n + SEAL_TAG, e);
    memcpy(rep->oid, m.oid, SEAL_OID);
    rep->chunk = rq->chunk;
    rep->count = 1;
    rep->chunks = buf_span(a->out);
    return rc;
}

/* ---- EPOCHS ---- */
enum rc do_epochs(struct tx *t, const struct ask *a, struct err *e)
{
    const struct store_epochs_req *rq = a->req;
    struct store_epochs_rep *rep = a->rep;
    struct rd r = rd_of(rq->epochs);
    struct buf rec = BUF_INIT;
    enum rc rc = RC_OK;

    if (rq->epochs.n % 8 != 0)
        return err_set(e, RC_SYNTAX, "store: epochs of %zu bytes", rq->epochs.n);
    while (r.s.n > 0 && (rc == RC_OK || rc == RC_NOTFOUND)) {
        uint64_t epoch = rd_u64(&r);
        struct key k = key_epoch(a->s->mbx, epoch);

        rc = tx_get(t, T_EPOCHS, &k, 0, &rec, e);
        if (rc == RC_OK && rec.n == SEAL_EPOCH_REC) {
            buf_u64(a->out, epoch);
            buf_addspan(a->out, buf_span(&rec));
        }
    }
    buf_free(&rec);
    rep->recs = buf_span(a->out);
    return rc == RC_NOTFOUND ? RC_OK : rc;
}
