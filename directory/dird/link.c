/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/dird/link.c - see link.h. */
#include "directory/dird/link.h"
#include "base/clock.h"
#include "base/wipe.h"
#include <ldap.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    MOST_LINKS = 16,
    IDLE_MS = 300000 /* well below any server's own idle timeout */,
    CONNECT_S = 5,
    ANSWER_S = 5,
    WAIT_MS = 5000
};

struct links {
    pthread_mutex_t lock;
    pthread_cond_t freed;
    char *uri, *dn, *secret;
    size_t secret_n;
    unsigned most, out, n_idle;
    LDAP *idle[MOST_LINKS];
    int64_t since[MOST_LINKS]; /* when each was given back */
};

struct links *links_new(const struct links_how *how)
{
    struct links *l = calloc(1, sizeof *l);
    pthread_condattr_t mono;
    if (!l)
        die("out of memory");
    pthread_condattr_init(&mono);
    pthread_condattr_setclock(&mono, CLOCK_MONOTONIC);
    pthread_cond_init(&l->freed, &mono);
    pthread_condattr_destroy(&mono);
    pthread_mutex_init(&l->lock, NULL);
    l->uri = span_dup(span_str(how->uri));
    l->dn = how->dn ? span_dup(span_str(how->dn)) : NULL;
    if (how->secret) {
        l->secret_n = strlen(how->secret);
        l->secret = secret_alloc(l->secret_n + 1);
        memcpy(l->secret, how->secret, l->secret_n);
    }
    l->most = how->most > MOST_LINKS ? MOST_LINKS : how->most;
    return l;
}

void links_drop_idle(struct links *l)
{
    pthread_mutex_lock(&l->lock);
    while (l->n_idle > 0)
        link_close(&l->idle[--l->n_idle]);
    pthread_mutex_unlock(&l->lock);
}

void links_free(struct links **l)
{
    if (!l || !*l)
        return;
    links_drop_idle(*l);
    pthread_mutex_destroy(&(*l)->lock);
    pthread_cond_destroy(&(*l)->freed);
    if ((*l)->secret)
        secret_free((*l)->secret, (*l)->secret_n + 1);
    free((*l)->uri);
    free((*l)->dn);
    free(*l);
    *l = NULL;
}

/* ---- one connection ---- */
static const struct {
    int code;
    enum rc rc;
} codes[] = {
    {LDAP_NO_SUCH_OBJECT, RC_NOTFOUND},     {LDAP_ALREADY_EXISTS, RC_EXISTS},
    {LDAP_TYPE_OR_VALUE_EXISTS, RC_EXISTS}, {LDAP_NO_SUCH_ATTRIBUTE, RC_NOTFOUND},
    {LDAP_INVALID_CREDENTIALS, RC_DENIED},  {LDAP_INSUFFICIENT_ACCESS, RC_DENIED},
    {LDAP_INVALID_SYNTAX, RC_SYNTAX},       {LDAP_INVALID_DN_SYNTAX, RC_SYNTAX},
    {LDAP_CONSTRAINT_VIOLATION, RC_SYNTAX}, {LDAP_OBJECT_CLASS_VIOLATION, RC_PERM},
    {LDAP_UNDEFINED_TYPE, RC_PERM},         {LDAP_UNWILLING_TO_PERFORM, RC_PERM},
    {LDAP_INAPPROPRIATE_AUTH, RC_DENIED},   {LDAP_CONFIDENTIALITY_REQUIRED, RC_PERM},
};

bool link_broken(int code)
{
    return code == LDAP_SERVER_DOWN || code == LDAP_CONNECT_ERROR || code == LDAP_TIMEOUT ||
           code == LDAP_DECODING_ERROR || code == LDAP_UNAVAILABLE || code == LDAP_LOCAL_ERROR;
}

/* What the libraries say, for who has to do something about it. */
static const char *plainer(const char *said)
{
    if (strcmp(said, "(unknown error code)") == 0) /* libldap's word for a certificate that it does not believe */
        return "no TLS: does its certificate lead to directory.ca, and name the host of directory.uri?";
    if (strcmp(said, "txn_commit failed") == 0 || strcmp(said, "commit failed") == 0) /* back-mdb's */
        return "it cannot write: is its disk full?";
    return said;
}

enum rc link_fail(struct ldap *ld, int code, const char *doing, struct err *e)
{
    if (code == LDAP_SUCCESS)
        return RC_OK;
    enum rc rc = RC_TEMP;
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        if (codes[i].code == code)
            rc = codes[i].rc;
    char *text = NULL;
    if (ld)
        ldap_get_option(ld, LDAP_OPT_DIAGNOSTIC_MESSAGE, &text);
    const char *more = plainer(text ? text : "");
    rc = err_cause(e, rc, link_broken(code) ? CAUSE_DIR_TEMP : CAUSE_NONE, "directory: %s: %s (%d)%s%.120s", doing,
                   ldap_err2string(code), code, *more ? ": " : "", more);
    ldap_memfree(text);
    return rc;
}

void link_close(struct ldap **ld)
{
    if (ld && *ld)
        ldap_unbind_ext(*ld, NULL, NULL);
    if (ld)
        *ld = NULL;
}

static int bind_as(LDAP *ld, const char *dn, const char *secret, size_t n)
{
    char *copy = secret_alloc(n + 1);
    memcpy(copy, secret, n);
    struct berval cred = {n, copy};
    int code = ldap_sasl_bind_s(ld, dn, LDAP_SASL_SIMPLE, &cred, NULL, NULL, NULL);
    secret_free(copy, n + 1);
    return code;
}

enum rc link_open(const struct links *l, struct ldap **ld_out, struct err *e)
{
    LDAP *ld = NULL;
    int version = LDAP_VERSION3;
    struct timeval connect = {CONNECT_S, 0}, answer = {ANSWER_S, 0};
    int code = ldap_initialize(&ld, l->uri);
    if (code != LDAP_SUCCESS)
        return link_fail(NULL, code, "open", e);
    ldap_set_option(ld, LDAP_OPT_PROTOCOL_VERSION, &version);
    ldap_set_option(ld, LDAP_OPT_NETWORK_TIMEOUT, &connect);
    ldap_set_option(ld, LDAP_OPT_TIMEOUT, &answer);
    ldap_set_option(ld, LDAP_OPT_RESTART, LDAP_OPT_ON);
    ldap_set_option(ld, LDAP_OPT_REFERRALS, LDAP_OPT_OFF);
    if (l->dn)
        code = bind_as(ld, l->dn, l->secret, l->secret_n);
    if (code != LDAP_SUCCESS) {
        enum rc rc = link_fail(ld, code, "sign in", e);
        link_close(&ld);
        if (rc == RC_DENIED) /* ours, not a user's: the operator must see it, a client must try later */
            rc = err_set(e, RC_TEMP, "directory refuses %s: is keys/dird.secret the right one?", l->dn ? l->dn : "");
        return rc;
    }
    *ld_out = ld;
    return RC_OK;
}

/* ---- the pool ---- */
/* Takes the idle connection that was used last. A connection that was idle too long is closed here, because the server
 * may have closed it. */
static LDAP *last_used(struct links *l)
{
    if (l->n_idle > 0 && clock_mono() - l->since[l->n_idle - 1] < IDLE_MS * 1000000LL)
        return l->idle[--l->n_idle];
    while (l->n_idle > 0)
        link_close(&l->idle[--l->n_idle]);
    return NULL;
}

/* True: *ld_out is an idle connection, or NULL, which is leave to open a new one. False: none came free in time. */
static bool reserve(struct links *l, LDAP **ld_out)
{
    int64_t deadline = deadline_in(WAIT_MS);
    struct timespec until = {deadline / 1000000000, deadline % 1000000000};
    int r = 0;
    pthread_mutex_lock(&l->lock);
    while (r == 0 && l->out >= l->most)
        r = pthread_cond_timedwait(&l->freed, &l->lock, &until);
    bool ok = l->out < l->most;
    if (ok) {
        l->out++;
        *ld_out = last_used(l);
    }
    pthread_mutex_unlock(&l->lock);
    return ok;
}

static void release(struct links *l, LDAP *ld)
{
    pthread_mutex_lock(&l->lock);
    l->out--;
    if (ld) {
        l->since[l->n_idle] = clock_mono();
        l->idle[l->n_idle++] = ld;
    }
    pthread_cond_signal(&l->freed);
    pthread_mutex_unlock(&l->lock);
}

enum rc links_take(struct links *l, struct ldap **ld_out, struct err *e)
{
    LDAP *ld = NULL;
    if (!reserve(l, &ld))
        return err_set(e, RC_TEMP, "directory: all %u links are busy", l->most);
    enum rc rc = ld ? RC_OK : link_open(l, &ld, e);
    if (rc == RC_OK)
        *ld_out = ld;
    else
        release(l, NULL);
    return rc;
}

void links_give(struct links *l, struct ldap *ld, bool broken)
{
    if (broken)
        link_close(&ld);
    release(l, ld);
}

enum rc links_run(struct links *l, bool again, link_fn fn, void *ctx, const char *doing, struct err *e)
{
    for (int tries = 0;; tries++) {
        struct ldap *ld = NULL;
        enum rc rc = links_take(l, &ld, e);
        if (rc != RC_OK)
            return rc;
        int code = fn(ld, ctx);
        rc = link_fail(ld, code, doing, e);
        links_give(l, ld, link_broken(code));
        if (!link_broken(code) || !again || tries == 1)
            return rc;
        links_drop_idle(l);
    }
}
