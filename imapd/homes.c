/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/homes.c - see imapd/homes.h. */
#include "imapd/homes.h"
#include "base/clock.h"
#include "base/log.h"
#include "flow/delegate.h"
#include "imapd/commands.h"
#include "imapd/folders.h"
#include "imapd/objectid.h"
#include "imapd/view.h"
#include "proto/imap/write.h"
#include <stdio.h>
#include <stdlib.h>

#define LOOK_NS (INT64_C(5) * 1000 * 1000 * 1000)

struct span homes_prefix(const struct imap_session *s)
{
    static const char *const names[] = {"Autres utilisateurs", "Other users"}; /* enum folder_language */

    return span_str(names[s->conf->language]);
}

/* ---- which mailbox is at hand ---- */
static void put_away(struct imap_session *s, struct home *h)
{
    h->store = s->store;
    h->box = s->box;
    h->keywords = s->keywords;
    h->watching = s->watching;
    h->watched = s->watched;
    h->watched_on = s->watched_on;
}

static void take_up(struct imap_session *s, struct home *h)
{
    s->store = h->store;
    s->box = h->box;
    s->keywords = h->keywords;
    s->watching = h->watching;
    s->watched = h->watched;
    s->watched_on = h->watched_on;
}

/* Her own is kept aside while another is at hand. */
static struct home *own_of(struct imap_session *s)
{
    static struct home own; /* one session a process */

    (void)s;
    return &own;
}

void homes_enter(struct imap_session *s, struct home *h)
{
    if (s->at == h)
        return;
    put_away(s, s->at ? s->at : own_of(s));
    take_up(s, h ? h : own_of(s));
    s->at = h;
}

static void close_home(struct home **hp)
{
    struct home *h = *hp;

    *hp = h->next;
    mailbox_close(&h->box);
    store_free(&h->store);
    keywords_free(&h->keywords);
    buf_free(&h->ticket);
    free(h);
}

void homes_end(struct imap_session *s)
{
    homes_enter(s, NULL);
    while (s->homes)
        close_home(&s->homes);
    s->view_home = NULL;
}

void homes_rest(struct imap_session *s)
{
    for (struct home *h = s->homes; h; h = h->next)
        if (h != s->at)
            store_rest(h->store);
    if (s->at)
        store_rest(own_of(s)->store);
}

/* ---- of whom is she a delegate? ---- */
static bool keep(struct imap_session *s, struct span from, struct span *to)
{
    unsigned char *p = imap_arena_get(&s->mem, from.n + 1);

    if (p == NULL)
        return false;
    if (from.n > 0)
        memcpy(p, from.p, from.n);
    *to = span_of(p, from.n);
    return true;
}

/* While dird is away: those that are open. A client that is told of none of them would forget their folders. */
static enum rc those_open(struct imap_session *s, struct delegated **list_out, size_t *n_out, struct err *e)
{
    struct delegated *l = NULL;
    size_t n = 0;

    for (const struct home *h = s->homes; h; h = h->next, n++) {
        l = imap_arena_grow(&s->mem, l, n, sizeof *l);
        if (l == NULL)
            return err_set(e, RC_TEMP, "delegations do not fit the command's memory");
        l[n] = (struct delegated){span_str(h->address), h->mbx, h->grant};
    }
    *list_out = l;
    *n_out = n;
    return RC_OK;
}

enum rc homes_delegated(struct imap_session *s, struct delegated **list_out, size_t *n_out, struct err *e)
{
    struct dird_delegations_req rq = {.ticket = buf_span(&s->stay.ticket)};
    struct dird_list_rep rep;
    struct dird_delegation d;
    struct delegated *l = NULL;
    struct buf mem = BUF_INIT; /* open: addresses */
    size_t n = 0;
    struct err end;
    enum rc rc = dir_call_in(s->dir, DIRD_DELEGATIONS, &rq, &rep, &mem, e);

    while (rc == RC_OK && n < HOMES_MAX && ipc_list_next(&rep.list, dird_delegation_f, &d, &end) == RC_OK) {
        l = imap_arena_grow(&s->mem, l, n, sizeof *l);
        if (l == NULL || !keep(s, d.address, &l[n].address))
            rc = err_set(e, RC_TEMP, "delegations do not fit the command's memory");
        else
            l[n].mbx = d.mbx, l[n].grant = d.grant, n++;
    }
    buf_free(&mem);
    *list_out = l;
    *n_out = n;
    return rc == RC_TEMP ? those_open(s, list_out, n_out, e) : rc;
}

/* ---- opening ---- */
static enum rc ask_ticket(struct imap_session *s, uint64_t mbx, struct dird_delegate_rep *rep, struct buf *mem,
                          struct err *e)
{
    struct dird_delegate_req rq = {buf_span(&s->stay.ticket), mbx};

    return dir_call_in(s->dir, DIRD_DELEGATE, &rq, rep, mem, e);
}

static void learn(struct imap_session *s, struct home *h, const struct dird_delegate_rep *rep)
{
    h->grant = rep->grant;
    h->acl = rep->acl;
    h->renewed = s->renewals;
    h->look_at = clock_mono() + LOOK_NS;
    buf_clear(&h->ticket);
    buf_addspan(&h->ticket, rep->ticket);
    snprintf(h->address, sizeof h->address, "%.*s", SPAN_ARG(rep->address));
}

/* Her own mailbox's key opens her slot: it is at hand, or put away. */
static struct mailbox *own_box(struct imap_session *s)
{
    return s->at ? own_of(s)->box : s->box;
}

/* A practice's mailbox may have no holder who ever signs in: its first folders are made by the first delegate who may. */
static void first_time(struct imap_session *s, struct home *h)
{
    struct home *at = s->at;
    struct err e;

    if (!(h->acl & ACL_K))
        return;
    homes_enter(s, h);
    if (folders_first_time(s, &e) != RC_OK)
        log_err(LOG_WARN_, "first-folders-failed", &e);
    homes_enter(s, at);
}

static enum rc open_new(struct imap_session *s, uint64_t mbx, struct home **h_out, struct err *e)
{
    struct dird_delegate_rep rep;
    struct buf mem = BUF_SECRET_INIT;
    struct home *h = calloc(1, sizeof *h);
    enum rc rc = ask_ticket(s, mbx, &rep, &mem, e);

    if (h == NULL)
        die("out of memory");
    h->mbx = mbx;
    buf_init_secret(&h->ticket);
    h->store = store_new(ROLE_IMAPD);
    if (rc == RC_OK) {
        learn(s, h, &rep);
        rc = mailbox_open_delegated(h->store, own_box(s), &rep, mbx, &h->box, e);
    }
    buf_free(&mem);
    h->next = s->homes;
    s->homes = h;
    if (rc != RC_OK) {
        close_home(&s->homes);
        return rc;
    }
    first_time(s, h);
    *h_out = h;
    return RC_OK;
}

/* One that was opened under another delegation is of no use any more: stored refuses its ticket. */
static struct home *opened(struct imap_session *s, const struct delegated *d)
{
    for (struct home **hp = &s->homes; *hp; hp = &(*hp)->next) {
        if ((*hp)->mbx != d->mbx)
            continue;
        if ((*hp)->grant == d->grant || *hp == s->view_home)
            return *hp;
        homes_enter(s, NULL);
        close_home(hp);
        return NULL;
    }
    return NULL;
}

enum rc homes_open(struct imap_session *s, const struct delegated *d, struct home **h_out, struct err *e)
{
    enum rc rc = (*h_out = opened(s, d)) ? RC_OK : open_new(s, d->mbx, h_out, e);

    if (rc != RC_OK)
        log_ev(LOG_INFO_, "delegate-not-opened", "account=%s mbx=%llu cause=%s", s->address, (unsigned long long)d->mbx,
               log_esc(span_str(e->log)));
    return rc;
}

/* ---- each command ---- */
/* stored learns of the new ticket with the next request: the watch is set again. */
static void renewed(struct imap_session *s, struct home *h)
{
    store_renew(h == s->at ? s->store : h->store, buf_span(&h->ticket));
    if (h == s->at)
        s->watching = false;
    h->watching = false;
}

/* dird is asked whether the delegation stands; while it is away the ticket decides. */
static enum rc stands(struct imap_session *s, struct home *h, struct err *e)
{
    struct dird_delegate_rep rep;
    struct buf mem = BUF_SECRET_INIT;
    uint64_t grant = h->grant;
    enum rc rc;

    if (clock_mono() < h->look_at && h->renewed == s->renewals)
        return RC_OK;
    h->look_at = clock_mono() + LOOK_NS; /* when dird is away, too: it is asked once in that time */
    rc = ask_ticket(s, h->mbx, &rep, &mem, e);
    if (rc == RC_OK) {
        bool renew = h->renewed != s->renewals;

        learn(s, h, &rep);
        if (renew)
            renewed(s, h);
        if (rep.grant != grant)
            rc = err_cause(e, RC_DENIED, CAUSE_DELEGATION_ENDED, "another delegation for mailbox %llu",
                           (unsigned long long)h->mbx);
    }
    buf_free(&mem);
    return rc == RC_DENIED ? rc : RC_OK;
}

static struct home *selected(const struct imap_session *s)
{
    return s->state == IS_SELECTED ? s->view_home : NULL;
}

int64_t homes_due(const struct imap_session *s)
{
    const struct home *h = selected(s);

    return h ? h->look_at : DEADLINE_NEVER;
}

enum rc homes_look(struct imap_session *s, struct err *e)
{
    struct home *h = selected(s);
    enum rc rc = h ? stands(s, h, e) : RC_OK;

    if (rc != RC_OK)
        log_ev(LOG_INFO_, "delegation-ended", "account=%s mailbox=%s", s->address, log_esc(span_str(h->address)));
    return rc;
}

enum rc homes_begin(struct imap_session *s, struct err *e)
{
    s->view_home = selected(s);
    homes_enter(s, s->view_home);
    return homes_look(s, e);
}

enum rc homes_renew(struct imap_session *s, struct err *e)
{
    enum rc rc = RC_OK;
    struct err other;

    for (struct home *h = s->homes; h; h = h->next)
        if (h == s->view_home)
            rc = stands(s, h, e);
        else
            (void)stands(s, h, &other); /* whoever names it is told */
    return rc;
}

/* ---- names ---- */
/* "Autres utilisateurs/a@b/INBOX" -> "a@b" and "INBOX"; rest is empty for the mailbox as a level. */
static bool split(const struct imap_session *s, struct span name, struct span *address, struct span *rest)
{
    struct span prefix = homes_prefix(s), tail;
    ptrdiff_t slash;

    if (name.n <= prefix.n + 1 || !span_eq(span_head(name, prefix.n), prefix) || name.p[prefix.n] != '/')
        return false;
    tail = span_from(name, prefix.n + 1);
    slash = span_chr(tail, '/');
    *address = slash < 0 ? tail : span_head(tail, (size_t)slash);
    *rest = slash < 0 ? SPAN_NULL : span_from(tail, (size_t)slash + 1);
    return true;
}

enum rc homes_named(struct imap_session *s, struct span *name, struct err *e)
{
    struct span address, rest;
    struct delegated *l;
    struct home *h;
    size_t n;
    enum rc rc;

    if (!split(s, *name, &address, &rest)) {
        homes_enter(s, NULL);
        return RC_OK;
    }
    if ((rc = homes_delegated(s, &l, &n, e)) != RC_OK)
        return rc;
    for (size_t i = 0; i < n; i++) {
        if (!span_ieq(l[i].address, address))
            continue;
        if (rest.n == 0)
            return reply_no(e, CAUSE_FOLDERS_ONLY);
        if ((rc = homes_open(s, &l[i], &h, e)) != RC_OK || (rc = stands(s, h, e)) != RC_OK)
            return rc;
        homes_enter(s, h);
        *name = span_ieq_str(rest, "INBOX") ? SPAN_LIT("INBOX") : rest;
        return RC_OK;
    }
    homes_enter(s, NULL); /* a folder of her own that was called so before */
    return RC_OK;
}

/* A name that would stand where other people's mailboxes stand. */
static enum rc free_name(struct imap_session *s, struct span name, struct err *e)
{
    struct span prefix = homes_prefix(s), address, rest;

    return s->at == NULL && (span_eq(name, prefix) || split(s, name, &address, &rest)) ? reply_no(e, CAUSE_OTHERS_NAME)
                                                                                       : RC_OK;
}

static enum rc two_names(struct imap_session *s, struct span *from, struct span *to, struct err *e)
{
    enum rc rc = homes_named(s, to, e);
    const struct home *there = s->at;

    if (rc == RC_OK)
        rc = free_name(s, *to, e);
    if (rc == RC_OK)
        rc = homes_named(s, from, e);
    return rc == RC_OK && s->at != there ? reply_no(e, CAUSE_OTHER_MAILBOX) : rc;
}

enum rc homes_for(struct imap_session *s, union imap_args *a, struct err *e)
{
    uint16_t at = s->cmd->folder_at;
    enum rc rc = RC_OK;

    if (s->cmd->flags & C_OWN)
        homes_enter(s, NULL);
    if (s->cmd->run == cmd_rename)
        return two_names(s, &a->rename.from, &a->rename.to, e);
    if (at != NO_NAME && at != BY_ITSELF)
        rc = homes_named(s, (struct span *)(void *)((char *)a + at), e);
    return rc == RC_OK && s->cmd->run == cmd_create ? free_name(s, a->create.name, e) : rc;
}

void homes_acted_in(const struct imap_session *s, const struct home *h, uint32_t folder, enum rc rc)
{
    delegate_acted(&(struct delegate_act){
        .actor = s->address, .mailbox = h->address, .what = s->cmd->name, .folder = folder, .rc = rc});
}

/* Commands that look at nothing there are left out. */
void homes_acted(const struct imap_session *s, enum rc rc)
{
    if (s->at && s->cmd && !(s->cmd->flags & C_QUIET))
        homes_acted_in(s, s->at, s->view && s->view_home == s->at ? s->view->folder : 0, rc);
}

struct span homes_full(struct imap_session *s, struct span name)
{
    struct buf full = BUF_SECRET_INIT;
    struct span out = name;

    if (!s->at)
        return name;
    buf_addf(&full, "%.*s/%s/%.*s", SPAN_ARG(homes_prefix(s)), s->at->address, SPAN_ARG(name));
    (void)!keep(s, buf_span(&full), &out);
    buf_free(&full);
    return out;
}

void homes_put_id(const struct imap_session *s, uint32_t folder, struct buf *out)
{
    if (s->at)
        buf_addf(out, "B%llu", (unsigned long long)s->at->mbx);
    objectid_folder(folder, out);
}

void homes_put_name(struct imap_session *s, struct buf *out, struct span name)
{
    struct buf full = BUF_SECRET_INIT;

    if (s->at)
        buf_addf(&full, "%.*s/%s/", SPAN_ARG(homes_prefix(s)), s->at->address);
    buf_addspan(&full, name);
    imap_put_mailbox(out, buf_span(&full), s->opened.responses & RESP_UTF8);
    buf_free(&full);
}
