/* SPDX-License-Identifier: EUPL-1.2 */
/* smtpd/rcpt_list.c - RCPT of a distribution list: one recipient to the sender, and all its members to us. dird says who they are, each once,
 * lists in the list opened, or that this sender may not send to it. All of them go into the one request that files the message
 * (docs/decisions/0048), so a list is taken whole, or not at all.
 *
 * Fails    a member who is disabled, full or gone keeps nobody else from the message: its sender gets a report about him. Mail from
 *          elsewhere does not go elsewhere again: an operator brings mail of his own domains only, so such a member is reported, too.
 * Source   RFC 5321 3.9, RFC 3461 5.2.7.
 */
#include "base/log.h"
#include "proto/smtp/param.h"
#include "smtpd/verbs.h"
#include <stdio.h>

struct expanding {
    struct smtp_session *s;
    const char *list;
    struct smtp_rcpt_params own; /* of a member: of the sender's wishes only what concerns failures */
    const struct smtp_rcpt_params *asked;
    bool success_placed; /* whoever asked to hear of its delivery hears once, of the list */
    size_t here, elsewhere, failed;
};

/* A list's delivery is reported once, of the list (RFC 3461 5.2.7.3); failures are reported of the members. */
static struct smtp_rcpt_params for_members(const struct smtp_rcpt_params *p)
{
    struct smtp_rcpt_params own = *p;

    own.notify &= (uint16_t)~NOTIFY_SUCCESS;
    if (p->notify == NOTIFY_SUCCESS)
        own.notify = NOTIFY_NEVER;
    return own;
}

static enum cause placed(bool there_was_room)
{
    return there_was_room ? CAUSE_NONE : CAUSE_TOO_MANY_RCPT;
}

static enum cause failed(struct expanding *x, const char *address, enum cause why)
{
    x->failed++;
    return placed(envelope_add_failed(x->s, address, why, &x->own));
}

/* What is the server's own trouble is no member's: the sender tries again. */
static enum cause no_room(struct expanding *x, const char *address, enum cause why)
{
    return why == CAUSE_QUOTA || why == CAUSE_QUOTA_LONG ? failed(x, address, why) : why;
}

static enum cause to_box(struct expanding *x, const struct dird_member *m, const char *address)
{
    struct recipient like = {.local = true, .mbx = m->mbx, .folder = STORE_INBOX};
    struct dird_lookup_rep who = {.mbx = m->mbx};
    bool tell = (x->asked->notify & NOTIFY_SUCCESS) && !x->success_placed, has = envelope_has(x->s, &like);
    struct err e = {0};
    enum cause r = has ? CAUSE_NONE : rcpt_room(x->s, m->mbx, &e);

    if (r != CAUSE_NONE)
        return no_room(x, address, r);
    x->here++;
    if (has && !tell)
        return CAUSE_NONE;
    memcpy(who.pub, m->pub, sizeof who.pub);
    x->success_placed = true;
    return placed(envelope_add_box(x->s, &who, address, tell ? x->asked : &x->own));
}

static enum cause to_elsewhere(struct expanding *x, const char *address)
{
    struct recipient like = {.address = (char *)(uintptr_t)address};
    bool tell;

    if (!smtp_is_submission(x->s))
        return failed(x, address, CAUSE_NOT_LOCAL);
    if (x->s->may.inside)
        return failed(x, address, CAUSE_DOMAIN_INSIDE);
    x->elsewhere++;
    if (envelope_has(x->s, &like))
        return CAUSE_NONE;
    tell = (x->asked->notify & NOTIFY_SUCCESS) && !x->success_placed;
    x->success_placed = x->success_placed || tell;
    return placed(envelope_add_remote(x->s, address, tell ? x->asked : &x->own));
}

/* CAUSE_NONE: the message has him, or its sender hears of him. Anything else: why the list cannot be taken. */
static enum cause to_member(struct expanding *x, const struct dird_member *m)
{
    char address[SMTP_ADDR];
    int n = snprintf(address, sizeof address, "%.*s", SPAN_ARG(m->address));

    if (n <= 0 || (size_t)n >= sizeof address)
        return CAUSE_NONE; /* dird has none so long */
    if (m->flags & DF_DOMAIN_OFF)
        return failed(x, address, CAUSE_DOMAIN_OFF);
    if (m->kind == DK_MAILBOX)
        return to_box(x, m, address);
    if (m->kind == DK_NOT_LOCAL)
        return to_elsewhere(x, address);
    if (m->kind == DK_CLOSED)
        return failed(x, address, CAUSE_CLOSED_RCPT);
    return failed(x, address, m->kind == DK_DISABLED ? CAUSE_DISABLED_RCPT : CAUSE_UNKNOWN_RCPT);
}

/* ---- page by page ---- */
static enum cause asked(enum rc rc, const struct err *e)
{
    if (rc == RC_OK)
        return CAUSE_NONE;
    if (e->cause == CAUSE_LIST_POST || e->cause == CAUSE_LIST_PROBLEM)
        return e->cause;
    return rc == RC_NOTFOUND ? CAUSE_UNKNOWN_RCPT : CAUSE_DIR_TEMP;
}

static enum cause one_page(struct expanding *x, char after[SMTP_ADDR], bool *more_out, struct err *e)
{
    struct smtp_session *s = x->s;
    struct dird_expand_req rq = {.address = span_str(x->list),
                                 .ticket = smtp_is_submission(s) ? buf_span(&s->ticket) : SPAN_NULL,
                                 .sender = span_str(s->env.sender),
                                 .after = span_str(after)};
    struct dird_list_rep rep = {0};
    struct dird_member m = {0};
    struct buf mem = BUF_SECRET_INIT;
    struct err end;
    enum cause r = asked(dir_call_in(s->dir, DIRD_EXPAND, &rq, &rep, &mem, e), e);

    for (struct span rest = rep.list; r == CAUSE_NONE && ipc_list_next(&rest, dird_member_f, &m, &end) == RC_OK;) {
        snprintf(after, SMTP_ADDR, "%.*s", SPAN_ARG(m.address));
        r = to_member(x, &m);
    }
    *more_out = rep.more;
    buf_free(&mem);
    return r;
}

static bool named_already(const struct smtp_session *s, const char *list)
{
    for (size_t i = 0; i < s->env.is.to.n; i++)
        if (s->env.is.to.a[i].via && strcmp(s->env.is.to.a[i].via, list) == 0)
            return true;
    return false;
}

static enum cause expand(struct expanding *x, struct err *e)
{
    char after[SMTP_ADDR] = "";
    bool more = true;
    enum cause r = CAUSE_NONE;

    while (r == CAUSE_NONE && more)
        r = one_page(x, after, &more, e);
    if (r == CAUSE_NONE && x->here + x->elsewhere == 0)
        r = CAUSE_LIST_PROBLEM;
    return r;
}

enum cause rcpt_list(struct smtp_session *s, const char *list, const struct smtp_rcpt_params *p, struct err *e)
{
    struct expanding x = {.s = s, .list = list, .own = for_members(p), .asked = p};
    struct envelope_mark before = envelope_mark(s);
    enum cause r;

    if (named_already(s, list))
        return CAUSE_NONE;
    r = expand(&x, e);
    if (r != CAUSE_NONE) {
        envelope_back(s, before);
        return r == CAUSE_TOO_MANY_RCPT && before.n == 0 ? CAUSE_LIST_PROBLEM : r; /* alone it does not fit either */
    }
    envelope_via(s, before, list);
    log_ev(LOG_INFO_, "list-expanded", "address=%s here=%zu elsewhere=%zu failed=%zu", s->about, x.here, x.elsewhere,
           x.failed);
    return CAUSE_NONE;
}
