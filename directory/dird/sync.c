/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/dird/sync.c - see sync.h.
 * States   away -> (link, search sent) -> refreshing -> (info: done) -> following -> (link lost) -> away
 */
#include "directory/dird/sync.h"
#include "base/clock.h"
#include "base/log.h"
#include "directory/dird/entry.h"
#include "directory/dird/syncinfo.h"
#include <ldap.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { SLICE_MS = 250, RETRY_MIN_MS = 20, RETRY_MAX_MS = 250 };

struct sync {
    struct cache *cache;
    struct links *links;
    char *base;
    pthread_t thread;
    atomic_bool stop;
    int stop_fd;
    _Atomic uint64_t changes;
    bool following; /* the refresh of this connection is complete */
};

/* ---- one message ---- */
static void put_mailbox(struct sync *s, LDAP *ld, LDAPMessage *m, const unsigned char uuid[16])
{
    struct buf mem = BUF_INIT;
    struct cache_facts f;
    struct cache_grant grants[CACHE_GRANTS];
    struct cache_scopes scopes;
    if (entry_facts(ld, m, &mem, &f)) {
        f.grants = grants;
        f.n_grants = entry_grants(ld, m, grants);
        entry_scopes(ld, m, &scopes);
        f.scopes = &scopes;
        cache_put_mailbox(s->cache, uuid, &f);
    } else {
        char *dn = ldap_get_dn(ld, m);
        log_ev(LOG_WARN_, "sync-odd-entry", "dn=%s", log_esc(span_str(dn)));
        ldap_memfree(dn);
        cache_drop(s->cache, uuid);
    }
    buf_free(&mem);
}

static void put_tombstone(struct sync *s, LDAP *ld, LDAPMessage *m, const unsigned char uuid[16])
{
    struct buf mem = BUF_INIT;
    struct cache_facts f;
    if (entry_tombstone(ld, m, &mem, &f))
        cache_put_mailbox(s->cache, uuid, &f);
    else
        cache_drop(s->cache, uuid);
    buf_free(&mem);
}

static void put_group(struct sync *s, LDAP *ld, LDAPMessage *m, const unsigned char uuid[16])
{
    struct buf mem = BUF_INIT;
    struct cache_group_facts f;
    if (entry_group(ld, m, &mem, &f))
        cache_put_group(s->cache, uuid, &f);
    else
        cache_drop(s->cache, uuid);
    buf_free(&mem);
}

static void put_other(struct sync *s, LDAP *ld, LDAPMessage *m, const unsigned char uuid[16])
{
    struct buf domain = BUF_INIT, note = BUF_INIT, dns = BUF_INIT;
    struct cache_domain_facts f;
    if (entry_has_class(ld, m, "mssTrustedDomain") && entry_trust(ld, m, &domain, &note, &dns))
        cache_put_trust(s->cache, uuid, buf_span(&domain), buf_span(&note), buf_span(&dns));
    else if (entry_has_class(ld, m, "mssDomain") && entry_domain(ld, m, &domain, &f))
        cache_put_domain(s->cache, uuid, &f);
    else
        cache_drop(s->cache, uuid);
    buf_free(&domain);
    buf_free(&note);
    buf_free(&dns);
}

static enum rc state_of(LDAP *ld, LDAPMessage *m, struct sync_state_value *out, struct err *e)
{
    LDAPControl **ctrls = NULL;
    enum rc rc = err_set(e, RC_SYNTAX, "directory sent an entry without a sync state");
    if (ldap_get_entry_controls(ld, m, &ctrls) != LDAP_SUCCESS)
        return rc;
    for (size_t i = 0; ctrls && ctrls[i]; i++)
        if (strcmp(ctrls[i]->ldctl_oid, SYNC_STATE_OID) == 0)
            rc = sync_state_parse(span_of(ctrls[i]->ldctl_value.bv_val, ctrls[i]->ldctl_value.bv_len), out, e);
    ldap_controls_free(ctrls);
    return rc;
}

static enum rc on_entry(struct sync *s, LDAP *ld, LDAPMessage *m, struct err *e)
{
    struct sync_state_value v;
    enum rc rc = state_of(ld, m, &v, e);
    if (rc != RC_OK)
        return rc;
    atomic_fetch_add(&s->changes, 1);
    if (v.state == SYNC_PRESENT)
        cache_keep(s->cache, v.uuid);
    else if (v.state == SYNC_DELETE)
        cache_drop(s->cache, v.uuid);
    else if (entry_has_class(ld, m, "mssBox"))
        put_mailbox(s, ld, m, v.uuid);
    else if (entry_has_class(ld, m, "pliTombstone"))
        put_tombstone(s, ld, m, v.uuid);
    else if (entry_has_class(ld, m, "pliList"))
        put_group(s, ld, m, v.uuid);
    else
        put_other(s, ld, m, v.uuid);
    return RC_OK;
}

static void refresh_done(struct sync *s)
{
    struct cache_counts n;
    s->following = true;
    cache_end(s->cache);
    cache_counts(s->cache, &n);
    log_ev(LOG_INFO_, "sync-ready", "accounts=%llu trusted=%llu", (unsigned long long)n.accounts,
           (unsigned long long)n.trusted);
}

static void ids_named(struct sync *s, const struct sync_info *info)
{
    for (size_t at = 0; at + 16 <= info->uuids.n; at += 16)
        (info->deletes ? cache_drop : cache_keep)(s->cache, info->uuids.p + at);
}

static enum rc on_info(struct sync *s, LDAP *ld, LDAPMessage *m, struct err *e)
{
    char *oid = NULL;
    struct berval *data = NULL;
    struct sync_info info = {.uuids = BUF_INIT};
    enum rc rc = RC_OK;
    if (ldap_parse_intermediate(ld, m, &oid, &data, NULL, 0) != LDAP_SUCCESS)
        return err_set(e, RC_SYNTAX, "directory sent a malformed intermediate message");
    if (oid && data && strcmp(oid, SYNC_INFO_OID) == 0)
        rc = sync_info_parse(span_of(data->bv_val, data->bv_len), &info, e);
    if (rc == RC_OK) {
        ids_named(s, &info);
        if (info.done && !s->following)
            refresh_done(s);
    }
    ldap_memfree(oid);
    ber_bvfree(data);
    buf_free(&info.uuids);
    return rc;
}

/* The search ended: slapd shuts down, or asks for a new refresh (e-syncRefreshRequired). */
static enum rc on_end(LDAP *ld, LDAPMessage *m, struct err *e)
{
    int code = LDAP_OTHER;
    char *text = NULL;
    ldap_parse_result(ld, m, &code, NULL, &text, NULL, NULL, 0);
    enum rc rc = err_set(e, RC_CLOSED, "directory ended the sync: %s %.100s", ldap_err2string(code), text ? text : "");
    ldap_memfree(text);
    return rc;
}

/* ---- one connection ---- */
static enum rc ask(struct sync *s, LDAP *ld, int *id_out, struct err *e)
{
    struct span v = SYNC_REQUEST_PERSIST;
    char oid[] = SYNC_REQUEST_OID;
    LDAPControl want = {oid, {v.n, (char *)v.p}, 1}, *ctrls[] = {&want, NULL};
    cache_begin(s->cache);
    s->following = false;
    int code = ldap_search_ext(
        ld, s->base, LDAP_SCOPE_SUBTREE,
        "(|(objectClass=mssBox)(objectClass=mssDomain)(objectClass=mssTrustedDomain)(objectClass=pliTombstone)"
        "(objectClass=pliList))",
        (char **)entry_sync_attrs, 0, ctrls, NULL, NULL, LDAP_NO_LIMIT, id_out);
    return link_fail(ld, code, "sync", e);
}

static enum rc on_message(struct sync *s, LDAP *ld, LDAPMessage *m, struct err *e)
{
    switch (ldap_msgtype(m)) {
    case LDAP_RES_SEARCH_ENTRY:
        return on_entry(s, ld, m, e);
    case LDAP_RES_INTERMEDIATE:
        return on_info(s, ld, m, e);
    case LDAP_RES_SEARCH_RESULT:
        return on_end(ld, m, e);
    default:
        return RC_OK; /* a reference to another server: not ours */
    }
}

/* Waits for more from the directory, for the end, or ms. */
static void wait_more(const struct sync *s, int fd, int ms)
{
    struct pollfd p[2] = {{s->stop_fd, POLLIN, 0}, {fd, POLLIN, 0}};
    (void)poll(p, 2, ms);
}

static enum rc follow(struct sync *s, LDAP *ld, int id, struct err *e)
{
    enum rc rc = RC_OK;
    int fd = -1;
    ldap_get_option(ld, LDAP_OPT_DESC, &fd);
    while (rc == RC_OK && !atomic_load(&s->stop)) {
        struct timeval no_wait = {0, 0}; /* so it waits below, where it hears of the end too */
        LDAPMessage *m = NULL;
        int got = ldap_result(ld, id, LDAP_MSG_ONE, &no_wait, &m);
        if (got < 0)
            rc = err_set(e, RC_CLOSED, "directory connection lost");
        else if (got > 0)
            rc = on_message(s, ld, m, e);
        else
            wait_more(s, fd, SLICE_MS);
        ldap_msgfree(m);
    }
    return rc;
}

static enum rc session(struct sync *s, struct err *e)
{
    struct ldap *ld = NULL;
    int id = 0;
    enum rc rc = link_open(s->links, &ld, e);
    if (rc == RC_OK)
        rc = ask(s, ld, &id, e);
    if (rc == RC_OK)
        rc = follow(s, ld, id, e);
    link_close(&ld);
    return rc;
}

static void *run(void *arg)
{
    struct sync *s = arg;
    int wait = RETRY_MIN_MS;
    bool said = false;
    while (!atomic_load(&s->stop)) {
        struct err e = {0};
        s->following = false;
        enum rc rc = session(s, &e);
        cache_lost(s->cache);
        links_drop_idle(s->links);
        if (atomic_load(&s->stop))
            break;
        if (s->following)
            wait = RETRY_MIN_MS, said = false;
        if (rc != RC_OK && !said)
            log_err(LOG_WARN_, "sync-away", &e);
        said = true;
        wait_more(s, -1, wait);
        wait = wait * 2 > RETRY_MAX_MS ? RETRY_MAX_MS : wait * 2;
    }
    return NULL;
}

struct sync *sync_start(struct cache *c, struct links *l, const char *base)
{
    struct sync *s = calloc(1, sizeof *s);
    if (!s)
        die("out of memory");
    s->cache = c;
    s->links = l;
    s->base = span_dup(span_str(base));
    s->stop_fd = eventfd(0, EFD_CLOEXEC);
    if (s->stop_fd < 0)
        die("no event descriptor for the sync thread");
    int r = pthread_create(&s->thread, NULL, run, s);
    if (r != 0)
        die("cannot start the sync thread: error %d", r);
    return s;
}

void sync_stop(struct sync **s)
{
    if (!s || !*s)
        return;
    atomic_store(&(*s)->stop, true);
    (void)eventfd_write((*s)->stop_fd, 1);
    pthread_join((*s)->thread, NULL);
    close((*s)->stop_fd);
    free((*s)->base);
    free(*s);
    *s = NULL;
}

uint64_t sync_changes(const struct sync *s)
{
    return atomic_load(&s->changes);
}
