/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/dird/scope.c - who acts on a connection, and what is in her scopes. See scope.h. */
#include "directory/dird/scope.h"
#include "base/clock.h"
#include "base/log.h"
#include "crypto/seal/ticket.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

struct actor { /* peer.user of a connection of ROLE_ACTING */
    struct ticket ticket;
};

enum rc scope_refused(struct err *e, const char *fmt, ...)
{
    char text[300];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    return err_cause(e, RC_PERM, CAUSE_OUT_OF_SCOPE, "%s", text);
}

/* ---- who ---- */
static enum rc ended(struct err *e, const char *address)
{
    return err_cause(e, RC_DENIED, CAUSE_ACTING_ENDED, "%s administers nothing, or her sign-in holds no longer",
                     log_esc(span_str(address)));
}

/* As DIRD_STAY looks at a session's ticket. */
static enum rc look(struct dird *d, const struct ticket *t, struct acting *out, struct err *e)
{
    struct cache_view v;
    struct cache_reach r;
    cache_find(d->cache, span_str(t->address), &v);
    if (v.kind != DK_MAILBOX || v.alias || v.mbx != t->mbx || !cache_same_secret(v.secret_at, t->secret_at) ||
        t->expires <= (uint64_t)clock_utc() || !cache_reach(d->cache, span_str(t->address), &r) || r.mbx != t->mbx ||
        r.scopes.n == 0)
        return ended(e, t->address);
    *out = (struct acting){.mbx = r.mbx, .scopes = r.scopes};
    snprintf(out->address, sizeof out->address, "%s", r.address);
    return RC_OK;
}

enum rc scope_enter(struct dird *d, struct ipc_peer *p, struct span wire, struct err *e)
{
    struct acting now;
    struct ticket t = {.address = ""};
    enum rc rc = stays_ticket(d->stays, wire, &t, e);
    if (rc == RC_OK && (t.rights != RIGHT_ACT || ticket_delegate(&t)))
        rc = err_cause(e, RC_DENIED, CAUSE_NOT_PERMITTED, "that ticket is not of an administrator");
    if (rc == RC_OK)
        rc = look(d, &t, &now, e);
    if (rc == RC_OK && p->user && strcmp(((struct actor *)p->user)->ticket.address, t.address) != 0)
        rc = err_cause(e, RC_DENIED, CAUSE_NOT_PERMITTED, "somebody else acts on this connection");
    log_ev(rc == RC_OK ? LOG_DEBUG_ : LOG_WARN_, "admin-acts", "by=%s rc=%s", log_esc(span_str(t.address)),
           rc_name(rc));
    if (rc != RC_OK)
        return rc;
    if (!p->user && (p->user = calloc(1, sizeof(struct actor))) == NULL)
        die("out of memory");
    ((struct actor *)p->user)->ticket = t;
    return RC_OK;
}

void scope_left(struct ipc_peer *p)
{
    free(p->user);
    p->user = NULL;
}

enum rc scope_who(struct dird *d, const struct ipc_peer *p, struct acting *out, struct err *e)
{
    *out = (struct acting){.operator_ = p->role != ROLE_ACTING};
    if (out->operator_)
        return RC_OK;
    if (!p->user)
        return err_cause(e, RC_DENIED, CAUSE_NOT_PERMITTED, "nobody has said who acts on this connection");
    return look(d, &((const struct actor *)p->user)->ticket, out, e);
}

const char *scope_by(const struct ipc_peer *p, char out[CACHE_NAME])
{
    if (p->role == ROLE_ACTING)
        snprintf(out, CACHE_NAME, "%s", p->user ? ((const struct actor *)p->user)->ticket.address : "nobody");
    else if (p->role == ROLE_HTTPD) /* by the code of who holds the account */
        snprintf(out, CACHE_NAME, "holder");
    else
        snprintf(out, CACHE_NAME, "uid:%lu", (unsigned long)p->uid);
    return out;
}

/* ---- what is hers ---- */
static struct span domain_of(const char *address)
{
    const char *at = strrchr(address, '@');
    return at ? span_str(at + 1) : SPAN_NULL;
}

bool scope_holds(const struct cache_scopes *s, enum dird_scope_kind kind, struct span id)
{
    for (size_t i = 0; i < s->n && id.n > 0; i++)
        if (s->of[i].kind == kind && span_ieq_str(id, s->of[i].id))
            return true;
    return false;
}

bool scope_has_address(const struct acting *w, struct span address)
{
    char low[CACHE_NAME];
    return w->operator_ || (cache_lower(address, low) && scope_holds(&w->scopes, SCOPE_DOMAIN, domain_of(low)));
}

bool scope_has(const struct acting *w, const struct cache_reach *r)
{
    return w->operator_ || scope_holds(&w->scopes, SCOPE_STRUCTURE, span_str(r->structure)) ||
           scope_has_address(w, span_str(r->address));
}

static bool contains(const struct cache_scopes *mine, const struct cache_scopes *others)
{
    for (size_t i = 0; i < others->n; i++)
        if (!scope_holds(mine, (enum dird_scope_kind)others->of[i].kind, span_str(others->of[i].id)))
            return false;
    return true;
}

enum rc scope_may_change(const struct acting *w, const struct cache_reach *r, struct err *e)
{
    if (w->operator_)
        return RC_OK;
    if (!scope_has(w, r))
        return scope_refused(e, "%s is not among the accounts that %s administers", r->address, w->address);
    if (r->mbx == w->mbx)
        return scope_refused(e, "nobody administers her own account: another administrator does, or the operator");
    if (!contains(&w->scopes, &r->scopes))
        return scope_refused(e, "%s administers more than %s does: the operator looks after that account", r->address,
                             w->address);
    return RC_OK;
}

/* RFC 2142, and who answers for a whole domain. */
static bool is_of_all(struct span address)
{
    static const char *const names[] = {"postmaster", "abuse", "hostmaster", "webmaster", "security", "mailer-daemon"};
    ptrdiff_t at = span_chr(address, '@');
    for (size_t i = 0; at > 0 && i < sizeof names / sizeof *names; i++)
        if (span_ieq_str(span_head(address, (size_t)at), names[i]))
            return true;
    return false;
}

enum rc scope_may_give(const struct acting *w, struct span address, struct err *e)
{
    char low[CACHE_NAME];
    if (scope_has_address(w, address))
        return RC_OK;
    if (!cache_lower(address, low) || !span_ieq(domain_of(low), domain_of(w->address)))
        return scope_refused(e, "%s is of a domain in which %s gives no addresses", log_esc(address), w->address);
    if (is_of_all(span_str(low)))
        return scope_refused(e, "%s answers for its whole domain: an administrator of the domain gives it",
                             log_esc(address));
    return RC_OK;
}

/* ---- with the cache ---- */
bool scope_sees(struct dird *d, const struct acting *w, struct span address)
{
    struct cache_reach r;
    return w->operator_ || (cache_reach(d->cache, address, &r) && scope_has(w, &r));
}

enum rc scope_veil(struct dird *d, const struct ipc_peer *p, struct cache_view *v, struct err *e)
{
    struct acting w;
    enum rc rc = scope_who(d, p, &w, e);
    if (rc != RC_OK || !cache_is_box(v) || scope_sees(d, &w, span_str(v->address)))
        return rc;
    v->mbx = v->kind == DK_CLOSED ? UINT64_MAX : 0; /* that it is there still, and is not only a tombstone */
    v->flags = v->type = 0;
    memset(v->pub, 0, sizeof v->pub);
    return RC_OK;
}

bool scope_names_structure(struct dird *d, const struct ipc_peer *p, struct span structure)
{
    struct acting w;
    struct err ignored;
    return scope_who(d, p, &w, &ignored) == RC_OK &&
           (w.operator_ || scope_holds(&w.scopes, SCOPE_STRUCTURE, structure));
}

bool scope_names_structure_of(struct dird *d, const struct ipc_peer *p, struct span address)
{
    struct cache_reach r;
    return cache_reach(d->cache, address, &r) && scope_names_structure(d, p, span_str(r.structure));
}

bool scope_sees_list(const struct acting *w, struct span address)
{
    return scope_has_address(w, address);
}

bool scope_sees_domain(const struct acting *w, struct span domain)
{
    char low[CACHE_NAME];
    return w->operator_ || (cache_lower(domain, low) && scope_holds(&w->scopes, SCOPE_DOMAIN, span_str(low)));
}
