/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/dird/delegates.c - delegates: who they are, and the tickets with which they open another's mailbox. Decision 0034.
 *
 * A delegation is a value of pliDelegate in the mailbox's entry. Questions are answered from the cache: slapd need not be there. Each change gives it
 * another number (grant); tickets and the delegate's key slot have that number, so stored refuses tickets of before.
 * Process  dird, worker threads; changes under d->write.
 */
#include "base/clock.h"
#include "base/log.h"
#include "crypto/seal/ticket.h"
#include "directory/dird/entry.h"
#include "directory/dird/mods.h"
#include "directory/dird/scope.h"
#include <ldap.h>
#include <stdio.h>
#include <stdlib.h>

enum { MOST_BOXES = 64 };

static void put(const struct cache_delegation *g, struct buf *list)
{
    struct dird_delegation d = {.mbx = g->box.mbx,
                                .address = span_str(g->box.address),
                                .name = span_str(g->box.name),
                                .delegate = g->grant.delegate,
                                .to = span_str(g->grant.to),
                                .acl = g->grant.acl,
                                .grant = g->grant.number};
    memcpy(d.pub, g->box.pub, sizeof d.pub);
    ipc_list_add(list, dird_delegation_f, &d);
}

static struct cache_delegation *room(struct err *e)
{
    struct cache_delegation *g = calloc(MOST_BOXES, sizeof *g);
    if (!g)
        (void)!err_set(e, RC_TEMP, "out of memory");
    return g;
}

/* An administrator sees those of her mailboxes, and those that her accounts are of others. */
static bool hers(struct dird *d, const struct acting *w, const struct cache_delegation *g)
{
    return scope_sees(d, w, span_str(g->box.address)) || scope_sees(d, w, span_str(g->grant.to));
}

enum rc delegates_of(struct dird *d, const struct acting *w, struct span address, struct buf *list, struct err *e)
{
    struct cache_delegation *g = room(e);
    if (!g)
        return e->rc;
    size_t n = cache_delegates(d->cache, address, g, MOST_BOXES);
    for (size_t i = 0; i < n; i++)
        if (hers(d, w, &g[i]))
            put(&g[i], list);
    free(g);
    return RC_OK;
}

enum rc delegations_of(struct dird *d, struct span ticket, struct buf *list, struct err *e)
{
    struct ticket t;
    enum rc rc = stays_ticket(d->stays, ticket, &t, e);
    struct cache_delegation *g;
    if (rc == RC_OK && ticket_delegate(&t))
        rc = err_set(e, RC_DENIED, "a delegate's ticket opens no further mailbox");
    if (rc != RC_OK)
        return rc;
    if ((g = room(e)) == NULL)
        return e->rc;
    size_t n = cache_delegations(d->cache, t.mbx, g, MOST_BOXES);
    for (size_t i = 0; i < n; i++)
        put(&g[i], list);
    free(g);
    return RC_OK;
}

enum rc delegations_all(struct dird *d, const struct acting *w, struct span address, struct buf *list, struct err *e)
{
    struct cache_view v;
    struct cache_delegation *g = room(e);
    if (!g)
        return e->rc;
    cache_find(d->cache, address, &v);
    size_t n = cache_is_box(&v) ? cache_delegations_all(d->cache, v.mbx, g, MOST_BOXES) : 0;
    for (size_t i = 0; i < n; i++)
        if (hers(d, w, &g[i]))
            put(&g[i], list);
    free(g);
    return RC_OK;
}

/* ---- a ticket for another's mailbox ---- */
static void ticket_of(const struct ticket *own, const struct cache_delegation *g, struct ticket *out)
{
    *out = (struct ticket){.method = own->method,
                           .rights = own->rights & (RIGHT_READ | RIGHT_SUBMIT),
                           .mbx = g->box.mbx,
                           .begun = own->begun,
                           .issued = (uint64_t)clock_utc(),
                           .expires = own->expires,
                           .acl = g->grant.acl,
                           .actor_mbx = own->mbx,
                           .grant = g->grant.number};
    if (own->rights & RIGHT_WRITE)
        out->rights |= RIGHT_WRITE; /* stored looks at the rights of each folder */
    if (!(g->grant.acl & ACL_P))
        out->rights &= ~(uint32_t)RIGHT_SUBMIT;
    snprintf(out->address, sizeof out->address, "%s", g->box.address);
    snprintf(out->actor, sizeof out->actor, "%s", own->address);
}

enum rc delegate_ticket(struct dird *d, const struct dird_delegate_req *q, struct buf *mem,
                        struct dird_delegate_rep *out, struct err *e)
{
    struct cache_delegation g;
    struct ticket own, t;
    enum rc rc = stays_ticket(d->stays, q->ticket, &own, e);
    size_t n;
    if (rc != RC_OK)
        return rc;
    if (ticket_delegate(&own) || !cache_delegation(d->cache, own.mbx, q->mbx, &g))
        return err_cause(e, RC_DENIED, CAUSE_DELEGATION_ENDED, "%s is no delegate of mailbox %llu",
                         log_esc(span_str(own.address)), (unsigned long long)q->mbx);
    ticket_of(&own, &g, &t);
    stays_ticket_make(d->stays, &t, mem);
    n = mem->n;
    buf_addstr(mem, g.box.address);
    *out = (struct dird_delegate_rep){.ticket = span_of(mem->p, n),
                                      .address = span_from(buf_span(mem), n),
                                      .delegate = own.mbx,
                                      .acl = t.acl,
                                      .grant = t.grant,
                                      .flags = g.box.flags};
    memcpy(out->pub, g.box.pub, sizeof out->pub);
    return RC_OK;
}

enum rc delegation_stands(struct dird *d, const struct ticket *t, struct err *e)
{
    struct cache_delegation g;
    if (!ticket_delegate(t) || (cache_delegation(d->cache, t->actor_mbx, t->mbx, &g) && g.grant.number == t->grant))
        return RC_OK;
    return err_cause(e, RC_DENIED, CAUSE_DELEGATION_ENDED, "%s is no delegate of mailbox %llu any more",
                     log_esc(span_str(t->actor)), (unsigned long long)t->mbx);
}

bool delegate_may_send(struct dird *d, const struct cache_view *account, const struct cache_view *sender)
{
    struct cache_delegation g;
    return cache_delegation(d->cache, account->mbx, sender->mbx, &g) && (g.grant.acl & ACL_P);
}

/* ---- changes ---- */
struct writing {
    const char *dn;
    struct mods *mods;
    struct cache_grant grants[CACHE_GRANTS + 1];
    size_t n;
};

static int read_values(struct ldap *ld, void *ctx)
{
    struct writing *w = ctx;
    static char attr[] = "pliDelegate", *attrs[] = {attr, NULL};
    LDAPMessage *result = NULL;
    int code =
        ldap_search_ext_s(ld, w->dn, LDAP_SCOPE_BASE, "(objectClass=mssBox)", attrs, 0, NULL, NULL, NULL, 1, &result);
    LDAPMessage *m = result ? ldap_first_entry(ld, result) : NULL;
    w->n = m ? entry_grants(ld, (struct ldapmsg *)m, w->grants) : 0;
    ldap_msgfree(result);
    return code;
}

static int write_values(struct ldap *ld, void *ctx)
{
    const struct writing *w = ctx;
    return ldap_modify_ext_s(ld, w->dn, (LDAPMod **)mods_list(w->mods), NULL, NULL);
}

/* Whoever had her address before her is a delegate no more. Of two values with one address SETACL would change one, and her rights would be in the other. */
static bool replaces(const struct dird_delegation *q, const struct cache_grant *g)
{
    return g->delegate == q->delegate || (q->acl != 0 && span_ieq(span_str(g->to), q->to));
}

static enum rc change(struct writing *w, const struct dird_delegation *q, struct err *e)
{
    struct cache_grant *g = w->grants;
    size_t n = 0;
    for (size_t i = 0; i < w->n; i++)
        if (!replaces(q, &g[i]))
            g[n++] = g[i];
    if (q->acl == 0 && n == w->n)
        return err_set(e, RC_NOTFOUND, "%s is no delegate of that mailbox", log_esc(q->to));
    w->n = n;
    if (q->acl == 0)
        return RC_OK;
    if (n >= CACHE_GRANTS)
        return err_set(e, RC_QUOTA, "a mailbox has %d delegates at most", CACHE_GRANTS);
    g[n] = (struct cache_grant){.delegate = q->delegate, .number = q->grant, .acl = q->acl & ACL_ALL};
    snprintf(g[n].to, sizeof g[n].to, "%.*s", SPAN_ARG(q->to));
    w->n = n + 1;
    return RC_OK;
}

static struct mods *values_of(const struct writing *w)
{
    struct mods *m = mods_new(true);
    struct buf text[CACHE_GRANTS];
    struct span v[CACHE_GRANTS];
    for (size_t i = 0; i < w->n; i++) {
        const struct cache_grant *g = &w->grants[i];
        text[i] = (struct buf)BUF_INIT;
        buf_addf(&text[i], "%llu %llu ", (unsigned long long)g->delegate, (unsigned long long)g->number);
        rights_put(g->acl, false, &text[i]);
        buf_addf(&text[i], " %s", g->to);
        v[i] = buf_span(&text[i]);
    }
    mods_put(m, "pliDelegate", v, w->n);
    for (size_t i = 0; i < w->n; i++)
        buf_free(&text[i]);
    return m;
}

static enum rc both_are_here(struct dird *d, const struct dird_delegation *q, struct cache_view *box, struct err *e)
{
    struct cache_view to;
    cache_find(d->cache, q->address, box);
    cache_find(d->cache, q->to, &to);
    if (!cache_is_box(box))
        return err_set(e, RC_NOTFOUND, "no account %s", log_esc(q->address));
    if (q->acl == 0)
        return RC_OK;
    if (box->kind == DK_CLOSED)
        return account_is_closed(q->address, e);
    if (to.kind != DK_MAILBOX || to.mbx != q->delegate)
        return err_set(e, RC_NOTFOUND, "no account %s", log_esc(q->to));
    if (to.mbx == box->mbx)
        return err_set(e, RC_PERM, "%s is the holder, and needs no delegation", log_esc(q->to));
    return q->grant > 0 ? RC_OK : err_set(e, RC_SYNTAX, "a delegation needs a number");
}

enum rc delegate_set(struct dird *d, const struct dird_delegation *q, struct err *e)
{
    struct writing *w = calloc(1, sizeof *w);
    struct buf dn = BUF_INIT;
    struct cache_view box;
    enum rc rc = w ? both_are_here(d, q, &box, e) : err_set(e, RC_TEMP, "out of memory");
    if (rc != RC_OK)
        goto out;
    dn_mailbox(&dn, d->base, span_str(box.address));
    w->dn = buf_cstr(&dn);
    rc = links_run(d->links, true, read_values, w, "read the delegates of a mailbox", e);
    if (rc == RC_OK)
        rc = change(w, q, e);
    if (rc != RC_OK)
        goto out;
    w->mods = values_of(w);
    rc = links_run(d->links, false, write_values, w, "change the delegates of a mailbox", e);
    mods_free(&w->mods);
    if (rc == RC_OK)
        account_wait_seen(d, span_str(box.address)); /* who is told that it is done finds it so */
out:
    buf_free(&dn);
    free(w);
    return rc;
}
