/* SPDX-License-Identifier: EUPL-1.2 */
/* store/ops/shown.c - see shown.h. */
#include "store/ops/shown.h"

enum { AT_ENTRIES, AT_ABSENT };

/* ---- what it counts ---- */
enum rc shown_counters(struct tx *t, uint64_t mbx, struct counters *c_out, struct err *e)
{
    struct freed_head h;
    struct box b;
    enum rc rc = box_get(t, mbx, false, &b, e);

    if (rc == RC_OK && !(b.flags & BOX_SHOWS_REMOVED))
        return err_set(e, RC_NOTFOUND, "store: removed messages are not shown");
    if (rc == RC_OK)
        rc = freed_head_lock(t, mbx, &h, e);
    if (rc != RC_OK)
        return rc;
    *c_out = (struct counters){.uidvalidity = (uint32_t)b.created,
                               .uidnext = (uint32_t)(h.next ? h.next : 1),
                               .exists = (uint32_t)h.messages,
                               .first_recent = (uint32_t)(h.next ? h.next : 1),
                               .modseq = h.next ? h.next : 1,
                               .bytes = h.bytes - h.messages * MSG_ROWS};
    return RC_OK;
}

/* ---- walking ---- */
enum rc shown_open(struct shown_it *it, struct tx *t, uint64_t mbx, uint32_t from, struct err *e)
{
    struct key k = key_freed(mbx, from > FREED_A_ROW ? from - FREED_A_ROW : 1); /* a row may begin before it */
    enum rc rc = scan_open(&it->s, t, T_FREED, &k, 8, SCAN_FEW, e);

    it->row.n = it->i = 0;
    it->from = from;
    it->open = true;
    return rc;
}

static enum rc next_row(struct shown_it *it, struct err *e)
{
    struct span k, v;
    enum rc rc;

    do {
        if ((rc = scan_next(&it->s, &k, &v, e)) != RC_OK)
            return rc;
        it->n = be64(k.p + 8);
        if (it->n > STORE_UID_MAX) /* names of folders; and numbers that are no UIDs */
            return err_set(e, RC_NOTFOUND, "store: no more messages");
        rc = freed_read(v, &it->row, e);
    } while (rc == RC_OK && it->row.class != FREED_KEPT);
    it->i = 0;
    return rc;
}

enum rc shown_next(struct shown_it *it, struct shown *out, struct err *e)
{
    enum rc rc = RC_OK;

    do {
        if (it->i == it->row.n && (rc = next_row(it, e)) != RC_OK)
            return rc;
        out->uid = (uint32_t)(it->n + it->i);
        out->folder = it->row.folder;
        out->was_uid = it->row.f[it->i].uid;
        out->m = it->row.f[it->i++].m;
    } while (out->uid < it->from);
    out->m.modseq = out->uid;
    out->m.savedate = it->row.when;
    out->m.flags &= ~(uint64_t)MF_DELETED;
    return RC_OK;
}

void shown_close(struct shown_it *it)
{
    if (it->open)
        scan_close(&it->s);
    it->open = false;
}

enum rc shown_get(struct tx *t, uint64_t mbx, uint32_t uid, struct shown *out, struct err *e)
{
    struct shown_it it = {.open = false};
    enum rc rc = shown_open(&it, t, mbx, uid, e);

    if (rc == RC_OK)
        rc = shown_next(&it, out, e);
    shown_close(&it);
    if (rc == RC_OK && out->uid != uid)
        rc = err_set(e, RC_NOTFOUND, "store: no such removed message: %u", (unsigned)uid);
    return rc;
}

/* ---- answers ---- */
static enum rc unseen(struct tx *t, uint64_t mbx, uint32_t *n_out, struct err *e)
{
    struct shown_it it = {.open = false};
    struct shown s;
    enum rc rc = shown_open(&it, t, mbx, 1, e);

    *n_out = 0;
    while (rc == RC_OK && (rc = shown_next(&it, &s, e)) == RC_OK)
        *n_out += s.m.flags & MF_SEEN ? 0 : 1;
    shown_close(&it);
    return rc == RC_NOTFOUND ? RC_OK : rc;
}

enum rc shown_status(struct tx *t, const struct ask *a, struct err *e)
{
    struct store_status_rep *rep = a->rep;
    struct counters c;
    enum rc rc = shown_counters(t, a->s->mbx, &c, e);

    if (rc != RC_OK)
        return rc;
    *rep = (struct store_status_rep){.uidvalidity = c.uidvalidity,
                                     .uidnext = c.uidnext,
                                     .exists = c.exists,
                                     .modseq = c.modseq,
                                     .bytes = c.bytes,
                                     .first_recent = c.uidnext};
    return unseen(t, a->s->mbx, &rep->unseen, e);
}

/* Its name is the session's to give: of the instance's language. */
enum rc shown_folder(struct tx *t, uint64_t mbx, struct store_folder *out, struct err *e)
{
    struct counters c;
    enum rc rc = shown_counters(t, mbx, &c, e);

    if (rc != RC_OK)
        return rc;
    *out = (struct store_folder){.folder = STORE_REMOVED,
                                 .uidvalidity = c.uidvalidity,
                                 .uidnext = c.uidnext,
                                 .exists = c.exists,
                                 .modseq = c.modseq,
                                 .flags = FF_SUBSCRIBED};
    return unseen(t, mbx, &out->unseen, e);
}

/* RC_MORE: the page is full before *uid. */
static enum rc add_from(struct tx *t, const struct ask *a, uint32_t from, uint32_t hi, uint32_t *uid, struct err *e)
{
    struct shown_it it = {.open = false};
    struct shown s = {0};
    enum rc rc = shown_open(&it, t, a->s->mbx, from, e);

    while (rc == RC_OK && (rc = shown_next(&it, &s, e)) == RC_OK && s.uid <= hi) {
        *uid = s.uid;
        if (a->out->n + STORE_BRIEF > OUT_MAX)
            rc = RC_MORE;
        else
            brief_add(a->out, s.uid, &s.m);
    }
    shown_close(&it);
    return rc == RC_NOTFOUND ? RC_OK : rc;
}

enum rc shown_list(struct tx *t, const struct ask *a, struct err *e)
{
    const struct store_list_req *rq = a->req;
    struct store_brief_rep *rep = a->rep;
    struct counters c;
    uint32_t uid = 0;
    enum rc rc = shown_counters(t, a->s->mbx, &c, e);

    if (rc == RC_OK)
        rc = add_from(t, a, rq->lo ? rq->lo : 1, rq->hi, &uid, e);
    rep->next = rc == RC_MORE ? uid : 0;
    rep->brief = buf_span(a->out);
    return rc == RC_MORE ? RC_OK : rc;
}

/* All numbers without a message, as ranges (RFC 7162 3.2.6: what a server tells that does not remember). RC_MORE: on from *at. */
static enum rc add_absent(struct tx *t, const struct ask *a, uint32_t next, uint32_t *at, struct err *e)
{
    struct shown_it it = {.open = false};
    struct shown s = {0};
    enum rc rc = shown_open(&it, t, a->s->mbx, *at, e);

    while (rc == RC_OK && *at < next) {
        rc = shown_next(&it, &s, e);
        if (rc != RC_OK && rc != RC_NOTFOUND)
            break;
        s.uid = rc == RC_NOTFOUND || s.uid > next ? next : s.uid;
        if (s.uid > *at && a->out->n + 8 > OUT_MAX) {
            rc = RC_MORE;
            break;
        }
        if (s.uid > *at) {
            buf_u32(a->out, *at);
            buf_u32(a->out, s.uid - 1);
        }
        *at = s.uid + 1;
    }
    shown_close(&it);
    return rc == RC_NOTFOUND ? RC_OK : rc;
}

enum rc shown_changes(struct tx *t, const struct ask *a, struct err *e)
{
    const struct store_changes_req *rq = a->req;
    struct store_changes_rep *rep = a->rep;
    uint64_t at = rq->cursor >> 32;
    uint32_t uid = (uint32_t)rq->cursor;
    struct counters c;
    size_t briefs;
    enum rc rc = shown_counters(t, a->s->mbx, &c, e);

    if (rc != RC_OK)
        return rc;
    rep->modseq = c.modseq;
    rep->exists = c.exists;
    if (rq->since >= c.modseq)
        return RC_OK;
    if (at == AT_ENTRIES)
        rc = add_from(t, a, uid ? uid : (uint32_t)rq->since, STORE_UID_MAX, &uid, e);
    rep->next = rc == RC_MORE ? uid : 0;
    briefs = a->out->n;
    uid = at == AT_ABSENT ? (uint32_t)rq->cursor : 1;
    if (rc == RC_OK && (rc = add_absent(t, a, c.uidnext, &uid, e)) == RC_MORE)
        rep->next = (uint64_t)AT_ABSENT << 32 | uid;
    rep->brief = span_head(buf_span(a->out), briefs);
    rep->gone = span_from(buf_span(a->out), briefs);
    return rc == RC_MORE ? RC_OK : rc;
}

enum rc do_show_removed(struct tx *t, const struct ask *a, struct err *e)
{
    const struct store_show_removed_req *rq = a->req;
    struct box b;
    enum rc rc = box_get(t, a->s->mbx, true, &b, e);

    b.flags = rq->on ? b.flags | BOX_SHOWS_REMOVED : b.flags & ~(uint32_t)BOX_SHOWS_REMOVED;
    if (rc == RC_OK)
        rc = box_put(t, a->s->mbx, &b, e);
    tx_touch(t, a->s->mbx, 0, 0);
    return rc;
}
