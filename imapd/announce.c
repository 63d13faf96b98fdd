/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/announce.c - tells the client what changed in the selected folder: EXPUNGE, EXISTS, RECENT, FETCH. See
 * imapd/view.h.
 * Source RFC 3501 5.2, 7.3, 7.4.1; RFC 5465 5. */
#include "base/log.h"
#include "flow/delegate.h"
#include "imapd/commands.h"
#include "imapd/contexts.h"
#include "imapd/fetch.h"
#include "imapd/homes.h"
#include "imapd/notify.h"
#include "imapd/vanished.h"
#include "proto/imap/write.h"

enum { ASK_EVERY_NS = 1000 * 1000 * 1000 };

void view_put_flags(struct imap_session *s, uint32_t row, struct buf *out)
{
    uint64_t flags = s->view->flags[row];

    buf_addstr(out, "FLAGS (");
    keywords_put(&s->keywords, flags & ~VF_OURS, (flags & VF_RECENT) != 0 && (s->opened.responses & RESP_REV2) == 0,
                 out);
    buf_addc(out, ')');
}

void view_put_fetch(const struct imap_session *s, uint32_t row, struct buf *out)
{
    bool uid = (s->opened.responses & RESP_UIDONLY) != 0;

    buf_add(out, "* ", 2);
    put_u64(out, uid ? s->view->uid[row] : row + 1);
    buf_addstr(out, uid ? " UIDFETCH (" : " FETCH (");
}

void view_put_modseq(struct imap_session *s, uint32_t row, struct buf *out)
{
    buf_addstr(out, "MODSEQ (");
    put_u64(out, s->view->modseq_of[row]);
    buf_addc(out, ')');
}

/* A UIDFETCH has the UID in front. After NOTIFY the UID is always told (RFC 5465 5.1). */
static bool tells_uid(const struct imap_session *s)
{
    return (s->uid || s->notify || (s->opened.responses & RESP_VANISHED)) && (s->opened.responses & RESP_UIDONLY) == 0;
}

void view_put_changed(struct imap_session *s, uint32_t row, bool flags)
{
    const char *sep = "";

    view_put_fetch(s, row, &s->out);
    if (tells_uid(s)) {
        buf_addf(&s->out, "UID %u", s->view->uid[row]);
        sep = " ";
    }
    if (flags) {
        buf_addstr(&s->out, sep);
        view_put_flags(s, row, &s->out);
        sep = " ";
    }
    if (s->opened.responses & RESP_MODSEQ) {
        buf_addstr(&s->out, sep);
        view_put_modseq(s, row, &s->out);
    }
    buf_addstr(&s->out, ")\r\n");
}

/* Removes the rows that are gone. A row that the client was never told of is removed silently, and may be removed at
 * any time. */
static void drop_gone(struct imap_session *s, uint32_t from)
{
    struct view *v = s->view;
    struct vanished_line line = {.s = s};
    uint32_t to = from, told = v->told;

    for (uint32_t i = from; i < v->n; i++) {
        if (v->flags[i] & VF_GONE) {
            if (i < told) {
                if (s->opened.responses & RESP_VANISHED)
                    vanished_put(&line, v->uid[i], v->uid[i], "");
                else
                    buf_addf(&s->out, "* %u EXPUNGE\r\n", to + 1);
                v->told--;
            }
            continue;
        }
        v->uid[to] = v->uid[i];
        v->flags[to] = v->flags[i];
        v->modseq_of[to++] = v->modseq_of[i];
    }
    v->n = to;
    vanished_end(&line);
}

bool view_tells_all(const struct imap_session *s)
{
    return (notify_selected(s) & EV_MESSAGES) == EV_MESSAGES;
}

void view_put_highest(struct imap_session *s, uint64_t modseq)
{
    if (s->opened.responses & RESP_MODSEQ)
        reply_code(s, "HIGHESTMODSEQ %llu", (unsigned long long)modseq);
}

void view_reply_modseq(struct imap_session *s)
{
    struct err e;
    bool all = (s->opened.responses & RESP_MODSEQ) && view_tells_all(s) && view_sync(s, &e) == RC_OK;

    view_put_highest(s, all ? s->view->modseq : s->view->modseq_told);
}

/* RECENT is sent with EXISTS. When an EXPUNGE took a recent message away the client knows it by itself. */
static void put_exists(struct imap_session *s)
{
    struct view *v = s->view;

    if (v->n == v->told)
        return;
    v->told = v->n;
    buf_addf(&s->out, "* %u EXISTS\r\n", v->n);
    if ((s->opened.responses & RESP_REV2) == 0)
        buf_addf(&s->out, "* %u RECENT\r\n", view_recent(v));
    if (v->uid[v->n - 1] >= v->uidnext)
        v->uidnext = v->uid[v->n - 1] + 1;
}

static void put_news(struct imap_session *s)
{
    struct view *v = s->view;

    for (uint32_t i = 0; i < v->told; i++) {
        if ((v->flags[i] & VF_NEWS) == 0)
            continue;
        v->flags[i] &= ~(uint64_t)VF_NEWS;
        if (v->flags[i] & VF_GONE)
            continue;
        view_put_changed(s, i, true);
    }
}

/* What NOTIFY asks for of each message that has come (RFC 5465 5.2). A message that cannot be had is left out: the client knows its number, and
 * may ask for it. */
static void put_new(struct imap_session *s, uint32_t from)
{
    struct imap_range range = {from, s->view->told - 1};
    struct imap_set rows = {&range, 1, false};
    struct fetch f = {
        .s = s, .what = notify_fetch(s), .rows = &rows, .plain = BUF_SECRET_INIT, .body = BUF_SECRET_INIT};
    struct err e;
    enum rc rc;

    if (f.what == NULL)
        return;
    f.modseq = f.what->items & FI_MODSEQ;
    rc = fetch_run(&f, &e);
    if (rc != RC_OK)
        log_err(LOG_WARN_, "notify-fetch-failed", &e);
    if (s->at) /* a command that looks at nothing may be what brought it */
        delegate_acted(&(struct delegate_act){
            .actor = s->address, .mailbox = s->at->address, .what = "NOTIFY", .folder = s->view->folder, .rc = rc});
}

/* The client's own command removes messages, so it is told which, whatever NOTIFY says of the others. */
static bool removes(const struct imap_session *s)
{
    return s->cmd && (s->cmd->flags & (C_WRITES | C_SYNC)) == (C_WRITES | C_SYNC);
}

bool view_must_learn(const struct imap_session *s)
{
    return ((s->view->bits & ~(s->keywords.known & s->keywords.announced)) >> MF_KEYWORDS) != 0;
}

void view_learn(struct imap_session *s)
{
    struct err e;

    if ((s->view->bits & ~s->keywords.known) >> MF_KEYWORDS && keywords_load(s, &e) != RC_OK)
        log_err(LOG_WARN_, "keywords-failed", &e);
    if (s->keywords.known & ~s->keywords.announced) /* learnt now, or by a command that had no reason to tell */
        keywords_announce(s, s->view->read_only);
}

/* To a delegate everything that is refused means that her rights are others now. */
static enum cause why_ended(const struct imap_session *s, enum rc rc)
{
    if (rc != RC_DENIED)
        return CAUSE_MAILBOX_DELETED;
    return s->at ? CAUSE_DELEGATION_ENDED : CAUSE_SESSION_EXPIRED;
}

/* A store that is away is asked again later. When another session has deleted the folder this session ends, because
 * there is no lawful way to go on with numbers that stand for nothing (RFC 2180 3.3). The session also ends when its
 * ticket has run out. */
static void ask_store(struct imap_session *s)
{
    char text[CAUSE_TEXT];
    struct err e;
    enum rc rc = view_sync(s, &e);

    if (rc == RC_OK)
        return;
    if (rc != RC_NOTFOUND && rc != RC_DENIED) {
        log_err(LOG_WARN_, "sync-failed", &e);
        return;
    }
    reply_put(s, "* BYE %s", cause_text(why_ended(s, rc), text));
    s->bye = true;
}

void view_announce(struct imap_session *s, bool ask, bool may_renumber)
{
    struct view *v = s->view;
    unsigned events = notify_selected(s);
    uint32_t told;
    bool expunges;

    if (s->bye)
        return;
    if (view_events(s) || ask || clock_mono() - v->asked > ASK_EVERY_NS)
        ask_store(s);
    if ((may_renumber || !v->any_gone) && view_tells_all(s)) /* so it is when this function ends */
        v->modseq_told = v->modseq;
    if (!v->dirty && !contexts_due(s))
        return;
    told = v->told;
    v->dirty = !may_renumber || events != EV_MESSAGES; /* what may not be said now is looked at again */
    view_learn(s);
    buf_clear(&s->out);
    expunges = may_renumber && ((events & EV_EXPUNGE) || removes(s));
    if (expunges)
        contexts_gone(s);
    drop_gone(s, expunges ? 0 : told);
    if (expunges)
        view_gone_told(s);
    told = v->told;
    if (events & EV_NEW)
        put_exists(s);
    if (events & EV_FLAG)
        put_news(s);
    reply_out(s);
    if (v->told > told)
        put_new(s, told);
    contexts_tell(s);
}
