/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/view.c - see imapd/view.h. This file takes in what the store says; imapd/announce.c tells it to the client. */
#include "imapd/view.h"
#include "base/log.h"
#include "imapd/contexts.h"
#include <stdlib.h>

/* ---- rows ---- */
static enum rc room(struct view *v, size_t more, struct err *e)
{
    size_t cap = v->cap ? v->cap : 64;
    uint32_t *uid;
    uint64_t *flags, *modseq;

    while (cap < v->n + more)
        cap += cap / 2;
    if (cap == v->cap)
        return RC_OK;
    /* each is kept as soon as it has moved, so that a failure of the next leaves the view whole */
    if ((uid = realloc(v->uid, cap * sizeof *uid)) != NULL)
        v->uid = uid;
    if (uid && (flags = realloc(v->flags, cap * sizeof *flags)) != NULL)
        v->flags = flags;
    else
        return err_set(e, RC_TEMP, "out of memory for %zu messages", cap);
    if ((modseq = realloc(v->modseq_of, cap * sizeof *modseq)) == NULL)
        return err_set(e, RC_TEMP, "out of memory for %zu messages", cap);
    v->modseq_of = modseq;
    v->cap = (uint32_t)cap;
    return RC_OK;
}

uint32_t view_at_or_after(const struct view *v, uint32_t uid)
{
    uint32_t lo = 0, hi = v->n;

    while (lo < hi) {
        uint32_t mid = lo + (hi - lo) / 2;

        if (v->uid[mid] < uid)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

uint32_t view_find(const struct view *v, uint32_t uid)
{
    uint32_t row = view_at_or_after(v, uid);

    return row < v->n && v->uid[row] == uid ? row : v->n;
}

static void change(struct view *v, uint32_t row, uint64_t flags, uint64_t modseq, uint64_t news)
{
    v->bits |= flags;
    if ((v->flags[row] & ~VF_OURS) != flags || (v->modseqs && modseq != v->modseq_of[row])) {
        v->flags[row] = flags | (v->flags[row] & VF_OURS) | news;
        v->dirty |= news != 0;
        if (v->tracked)
            buf_add(&v->touched, &v->uid[row], sizeof v->uid[row]);
    }
    v->modseq_of[row] = modseq;
}

/* Packed store_brief, ascending by UID: known ones change, later ones are appended. */
static enum rc brief_in(struct view *v, struct span brief, uint64_t news, struct err *e)
{
    struct rd r = rd_of(brief);
    enum rc rc = room(v, brief.n / STORE_BRIEF, e);

    while (rc == RC_OK && r.s.n >= STORE_BRIEF) {
        uint32_t uid = rd_u32(&r), row;
        uint64_t flags = rd_u64(&r) & ~VF_OURS, modseq = rd_u64(&r);

        if (v->n > 0 && uid <= v->uid[v->n - 1]) {
            if ((row = view_find(v, uid)) < v->n)
                change(v, row, flags, modseq, news);
            continue;
        }
        v->uid[v->n] = uid;
        v->flags[v->n] = flags;
        v->bits |= flags;
        v->modseq_of[v->n++] = modseq;
        v->dirty = true;
    }
    return rc;
}

void view_flags_in(struct view *v, struct span brief)
{
    struct rd r = rd_of(brief);

    while (r.s.n >= STORE_BRIEF) {
        uint32_t row = view_find(v, rd_u32(&r));
        uint64_t flags = rd_u64(&r) & ~VF_OURS, modseq = rd_u64(&r);

        if (row < v->n)
            change(v, row, flags, modseq, 0);
    }
}

void view_gone_in(struct view *v, struct span expunged)
{
    struct rd r = rd_of(expunged);

    while (r.s.n >= 4) {
        uint32_t row = view_find(v, rd_u32(&r));

        if (row < v->n) {
            v->flags[row] |= VF_GONE;
            v->dirty = v->any_gone = true;
        }
    }
}

void view_absent_in(struct view *v, struct span ranges)
{
    struct rd r = rd_of(ranges);

    while (r.s.n >= 8) {
        uint32_t row = view_at_or_after(v, rd_u32(&r)), hi = rd_u32(&r);

        for (; row < v->n && v->uid[row] <= hi; row++) {
            v->flags[row] |= VF_GONE;
            v->dirty = v->any_gone = true;
        }
    }
}

/* The mailbox reads octets by itself. */
static void tell_mailbox(struct imap_session *s, uint32_t folder, uint64_t removed)
{
    if (s->box)
        mailbox_set_removed(s->box, folder, removed);
}

void view_gone_told(struct imap_session *s)
{
    struct view *v = s->view;

    v->any_gone = false;
    v->removed = v->removed_new;
    tell_mailbox(s, v->folder, v->removed);
}

/* ---- opening ---- */
static enum rc load(struct imap_session *s, struct view *v, struct err *e)
{
    struct store_list_req rq = {v->folder, 1, STORE_UID_MAX};
    struct store_brief_rep rep;
    struct buf mem = BUF_INIT; /* open: UIDs and flags */
    enum rc rc;

    do {
        if ((rc = store_call_in(s->store, STORE_LIST, &rq, -1, &rep, &mem, e)) == RC_OK)
            rc = brief_in(v, rep.brief, 0, e);
        rq.lo = rep.next;
    } while (rc == RC_OK && rep.next != 0);
    buf_free(&mem);
    return rc;
}

/* The store has one mark per folder. No session was told of the messages above the mark. A session that moves the mark
 * up claims the messages that the mark passes, so a message is recent in one session only. The last two claims are
 * kept, because messages that came between the question and its answer are claimed before they are known here. An
 * EXAMINE looks and does not move the mark (RFC 3501 6.3.2). */
static void claim_in(struct view *v, const struct store_status_rep *st)
{
    v->claims[1] = v->claims[0];
    v->claims[0] = (struct claim){st->first_recent, st->uidnext};
}

static void mark_recent(struct view *v, uint32_t from_row)
{
    for (uint32_t i = from_row; i < v->n; i++)
        for (size_t k = 0; k < 2; k++)
            if (v->uid[i] >= v->claims[k].from && v->uid[i] < v->claims[k].to)
                v->flags[i] |= VF_RECENT;
}

/* When the store does not answer, this session does not show the messages as recent. The next session that asks
 * does. */
static void claim(struct imap_session *s, struct view *v)
{
    struct store_select_req rq = {v->folder, v->read_only};
    struct store_status_rep st;
    struct err e;

    if (store_call(s->store, STORE_SELECT, &rq, -1, &st, &e) == RC_OK)
        claim_in(v, &st);
    else
        log_err(LOG_INFO_, "recent-failed", &e);
}

enum rc view_open(struct imap_session *s, uint32_t folder, bool read_only, struct view **v_out, struct err *e)
{
    struct store_select_req rq = {folder, read_only};
    struct store_status_rep st;
    struct view *v;
    enum rc rc = store_call(s->store, STORE_SELECT, &rq, -1, &st, e);

    if (rc != RC_OK)
        return rc;
    if ((v = calloc(1, sizeof *v)) == NULL)
        die("out of memory");
    v->folder = folder;
    v->read_only = read_only;
    v->rights = ACL_ALL;
    v->uidvalidity = st.uidvalidity;
    v->modseq = st.modseq;
    v->removed = v->removed_new = st.removed;
    tell_mailbox(s, folder, st.removed);
    v->asked = clock_mono();
    if ((rc = room(v, st.exists, e)) == RC_OK)
        rc = load(s, v, e);
    if (rc != RC_OK) {
        view_free(&v);
        return rc;
    }
    v->uidnext = st.uidnext;
    if (v->n > 0 && v->uid[v->n - 1] >= v->uidnext) /* one came in between */
        v->uidnext = v->uid[v->n - 1] + 1;
    claim_in(v, &st);
    if (v->n > 0 && v->uid[v->n - 1] >= st.uidnext)
        claim(s, v);
    mark_recent(v, 0);
    v->modseq_told = v->modseq;
    *v_out = v;
    return RC_OK;
}

void view_free(struct view **vp)
{
    struct view *v = *vp;

    if (v == NULL)
        return;
    *vp = NULL;
    kept_free(&v->kept);
    buf_free(&v->touched);
    free(v->uid);
    free(v->flags);
    free(v->modseq_of);
    free(v);
}

void view_set(struct imap_session *s, struct view *v)
{
    s->view = v;
    tell_mailbox(s, v ? v->folder : 0, v ? v->removed : 0);
}

void view_leave(struct imap_session *s)
{
    contexts_end(s);
    view_free(&s->view);
    tell_mailbox(s, 0, 0);
    free(s->saved.r);
    s->saved = (struct imap_set){0};
    s->state = IS_AUTH;
    s->view_home = NULL;
}

/* ---- keeping in step ---- */
enum rc view_sync(struct imap_session *s, struct err *e)
{
    struct view *v = s->view;
    struct store_changes_req rq = {v->folder, v->modseq, 0};
    struct store_changes_rep rep;
    struct buf mem = BUF_INIT; /* open: UIDs and flags */
    uint32_t before = v->n;
    uint64_t since = 0, removed = 0;
    enum rc rc;

    v->asked = clock_mono();
    v->modseqs = (s->opened.responses & RESP_MODSEQ) != 0;
    do {
        if ((rc = store_call_in(s->store, STORE_CHANGES, &rq, -1, &rep, &mem, e)) != RC_OK)
            break;
        view_absent_in(v, rep.gone);
        rc = brief_in(v, rep.brief, VF_NEWS, e);
        if (since == 0) {
            since = rep.modseq;
            removed = rep.removed;
        }
        rq.cursor = rep.next;
    } while (rc == RC_OK && rep.next != 0);
    buf_free(&mem);
    if (rc == RC_OK) {
        v->modseq = since;
        v->removed_new = removed;
    }
    if (rc == RC_OK && !v->any_gone)
        view_gone_told(s);
    if (v->n > before)
        claim(s, v);
    mark_recent(v, before);
    return rc;
}

/* ---- sets ---- */
static bool rows_of_uids(const struct view *v, struct imap_range *r)
{
    uint32_t lo = view_at_or_after(v, r->lo);
    uint32_t hi = r->hi == UINT32_MAX ? v->n : view_at_or_after(v, r->hi + 1);

    if (hi > v->told)
        hi = v->told;
    if (lo >= hi)
        return false;
    *r = (struct imap_range){lo, hi - 1};
    return true;
}

enum rc view_rows(struct imap_session *s, struct imap_set *set, struct err *e)
{
    const struct view *v = s->view;
    bool numbers = !s->uid && !set->saved;
    size_t k = 0;

    if (set->saved && !imap_set_copy(&s->mem, &s->saved, set)) /* rows are made of it in place */
        return reply_bad(s, e, CAUSE_TOO_COMPLEX);
    if (numbers) {
        if (!imap_set_max_is(set, v->told) || v->told == 0)
            return reply_bad(s, e, CAUSE_NO_SUCH_MESSAGE);
        imap_set_settle(set, v->told);
        for (size_t i = 0; i < set->n; i++)
            set->r[i] = (struct imap_range){set->r[i].lo - 1, set->r[i].hi - 1};
        return RC_OK;
    }
    imap_set_settle(set, v->told ? v->uid[v->told - 1] : 1);
    for (size_t i = 0; i < set->n; i++)
        if (rows_of_uids(v, &set->r[i]))
            set->r[k++] = set->r[i];
    set->n = k;
    return RC_OK;
}

void view_uids(const struct view *v, const struct imap_set *rows, size_t *at, struct buf *out)
{
    for (size_t n = 0; n < STORE_RANGES_MAX && *at < rows->n; n++, (*at)++) {
        buf_u32(out, v->uid[rows->r[*at].lo]);
        buf_u32(out, v->uid[rows->r[*at].hi]);
    }
}

void view_track(struct view *v, bool on)
{
    v->tracked = on;
    if (!on)
        buf_free(&v->touched);
}

uint32_t view_recent(const struct view *v)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < v->n; i++)
        n += (v->flags[i] & VF_RECENT) != 0;
    return n;
}

uint32_t view_first_unseen(const struct view *v)
{
    for (uint32_t i = 0; i < v->n; i++)
        if ((v->flags[i] & MF_SEEN) == 0)
            return i + 1;
    return 0;
}
