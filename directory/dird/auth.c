/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/dird/auth.c - see auth.h. */
#include "base/clock.h"
#include "base/idn.h"
#include "base/log.h"
#include "base/prepare.h"
#include "base/wipe.h"
#include "crypto/seal/ticket.h"
#include "directory/dird/auth_int.h"
#include "directory/dird/checked.h"
#include "directory/dird/entry.h"
#include "directory/dird/link.h"
#include <ldap.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    BINDS = 4,
    SUBMISSION_S = 3600,
    ADMIN_S = 600,
    ACTING_S = 4 * 3600 /* a long file of accounts */,
    MOST_PASSWORD = 1024
};

static const struct { /* by protocol */
    int64_t most_s;   /* life of a ticket, 0: as the settings say */
    uint32_t rights;
} protocols[] = {
    [DP_SUBMISSION] = {SUBMISSION_S, RIGHT_SUBMIT | RIGHT_READ /* for BURL: decision 0036 */},
    [DP_IMAP] = {0, RIGHT_READ | RIGHT_WRITE},
    [DP_ADMIN] = {ADMIN_S, RIGHT_READ | RIGHT_WRITE | RIGHT_SLOTS},
    [DP_ACTING] = {ACTING_S, RIGHT_ACT},
};

struct auth *auth_new(const struct auth_how *how)
{
    struct auth *a = calloc(1, sizeof *a);
    struct links_how binds = {.uri = how->uri, .most = BINDS};
    struct buf nobody = BUF_INIT;
    if (!a)
        die("out of memory");
    a->cache = how->cache;
    a->binds = links_new(&binds);
    a->checked = checked_new(how->cache_ms, true);
    a->guesses = guesses_new(how->max_failures);
    a->base = span_dup(span_str(how->base));
    buf_addf(&nobody, "cn=nobody,ou=daemons,%s", how->base);
    a->nobody = span_dup(buf_span(&nobody));
    buf_free(&nobody);
    a->ticket_keys = secret_alloc(sizeof *a->ticket_keys);
    *a->ticket_keys = *how->ticket_keys;
    a->ticket_s = how->ticket_s;
    a->cheap_codes = how->cheap_codes;
    a->most_waiting = (int)how->waiting;
    return a;
}

void auth_free(struct auth **a)
{
    if (!a || !*a)
        return;
    links_free(&(*a)->binds);
    checked_free(&(*a)->checked);
    guesses_free(&(*a)->guesses);
    secret_free((*a)->ticket_keys, sizeof *(*a)->ticket_keys);
    free((*a)->base);
    free((*a)->nobody);
    free(*a);
    *a = NULL;
}

void auth_counts(const struct auth *a, uint64_t *binds_out, uint64_t *remembered_out)
{
    *binds_out = atomic_load(&a->n_binds);
    *remembered_out = atomic_load(&a->n_remembered);
}

/* ---- the bind ---- */
struct attempt {
    const char *dn;
    struct span password;
};

static int try_bind(struct ldap *ld, void *ctx)
{
    const struct attempt *t = ctx;
    struct berval cred = {t->password.n, (char *)t->password.p};
    return ldap_sasl_bind_s(ld, t->dn, LDAP_SASL_SIMPLE, &cred, NULL, NULL, NULL);
}

static enum rc wrong(struct err *e)
{
    return err_cause(e, RC_DENIED, CAUSE_AUTH_FAILED, "wrong login or password");
}

/* RC_OK right, RC_DENIED wrong, RC_TEMP not known. */
static enum rc bind_as(struct auth *a, const char *dn, struct span password, struct err *e)
{
    struct attempt t = {dn, password.n > 0 ? password : SPAN_LIT("-")};
    atomic_fetch_add(&a->n_binds, 1);
    enum rc rc = links_run(a->binds, true, try_bind, &t, "check a password", e);
    if (rc == RC_OK)
        return RC_OK;
    if (rc == RC_DENIED || rc == RC_NOTFOUND)
        return wrong(e);
    return err_cause(e, RC_TEMP, e->cause, "password cannot be checked: %.200s", e->log);
}

/* Takes the time of a sign-in. Whatever the stand-in says to the password, it is wrong. */
static enum rc bind_nobody(struct auth *a, struct span password, struct err *e)
{
    enum rc rc = bind_as(a, a->nobody, password, e);
    return rc == RC_OK ? wrong(e) : rc;
}

/* A code takes the time of a password, right or wrong, so that nobody learns by trying which accounts have one. */
static enum rc bind_once(struct auth *a, const struct cache_view *v, bool usable, struct span password, struct err *e)
{
    struct buf dn = BUF_INIT;
    enum rc rc = RC_DENIED;
    if (!usable || (a->cheap_codes && v->code_until))
        rc = bind_nobody(a, password, e);
    if (!usable || rc == RC_TEMP)
        return rc;
    dn_mailbox(&dn, a->base, span_str(v->address));
    rc = bind_as(a, buf_cstr(&dn), password, e);
    buf_free(&dn);
    return rc;
}

static enum rc bind_in_turn(struct auth *a, const struct cache_view *v, bool usable, struct span password,
                            struct err *e)
{
    enum rc rc = RC_TEMP;
    if (atomic_fetch_add(&a->waiting, 1) < a->most_waiting)
        rc = bind_once(a, v, usable, password, e);
    else
        rc = err_cause(e, RC_TEMP, CAUSE_BUSY, "%d sign-ins are waiting already", a->most_waiting);
    atomic_fetch_sub(&a->waiting, 1);
    return rc;
}

/* ---- the answer ---- */
static void make_ticket(struct auth *a, const struct cache_view *v, unsigned protocol, struct buf *out)
{
    struct ticket t = {.method = METHOD_PASSWORD,
                       .rights = protocols[protocol].rights,
                       .mbx = v->mbx,
                       .issued = (uint64_t)clock_utc(),
                       .secret_at = v->secret_at};
    t.begun = t.issued;
    int64_t most = protocols[protocol].most_s;
    t.expires = t.issued + (uint64_t)(most > 0 && most < a->ticket_s ? most : a->ticket_s);
    snprintf(t.address, sizeof t.address, "%s", v->address);
    snprintf(t.actor, sizeof t.actor, "%s", v->address);
    ticket_make(&t, a->ticket_keys, out);
}

static void welcome(struct auth *a, const struct cache_view *v, unsigned protocol, struct buf *mem,
                    struct dird_auth_rep *out)
{
    size_t at[3];
    make_ticket(a, v, protocol, mem);
    at[0] = mem->n;
    buf_addstr(mem, v->address);
    at[1] = mem->n;
    buf_addstr(mem, v->name);
    at[2] = mem->n;
    *out = (struct dird_auth_rep){.ticket = span_of(mem->p, at[0]),
                                  .address = span_of(mem->p + at[0], at[1] - at[0]),
                                  .name = span_of(mem->p + at[1], at[2] - at[1]),
                                  .mbx = v->mbx,
                                  .type = v->type,
                                  .flags = v->flags};
}

static enum rc try_now(struct auth *a, const struct cache_view *v, bool usable, const struct dird_auth_req *rq,
                       const struct guess *g, int64_t now, struct err *e)
{
    guess_take(a->guesses, g, now);
    enum rc rc = bind_in_turn(a, v, usable, rq->password, e);
    if (rc == RC_OK)
        guess_right(a->guesses, g, true, now);
    else if (rc == RC_DENIED)
        guess_wrong(a->guesses, g, now);
    else
        guess_undecided(a->guesses, g, now);
    return rc;
}

/* A password that is remembered as right does not pass by the pauses, because that would tell a guesser which guess is
 * right. */
static enum rc check(struct auth *a, const struct cache_view *v, bool usable, const struct dird_auth_req *rq,
                     uint64_t process, struct err *e)
{
    unsigned char mac[CHECKED_MAC];
    int64_t now = clock_mono() / 1000000;
    struct guess_who who = {rq->login, rq->peer, process, usable ? v->csn : 0};
    struct guess g;
    enum guess_answer answer = guess_ask(a->guesses, &who, rq->password, now, &g);
    enum rc rc;
    if (answer == GUESS_WRONG)
        return wrong(e);
    if (answer == GUESS_WAIT)
        return err_cause(e, RC_TEMP, CAUSE_WAIT_PASSWORD, "too many failed sign-ins");
    checked_mac(a->checked, span_str(v->address), rq->password, mac);
    if (usable && checked_has(a->checked, mac, v->csn, now)) {
        atomic_fetch_add(&a->n_remembered, 1);
        guess_right(a->guesses, &g, false, now);
        rc = RC_OK;
    } else if ((rc = try_now(a, v, usable, rq, &g, now, e)) == RC_OK) {
        checked_put(a->checked, mac, v->csn, now);
    }
    wipe(mac, sizeof mac);
    wipe(&g, sizeof g);
    return rc;
}

/* What a right password is good for in that state of the account. */
static enum rc of_state(const struct cache_view *v, struct err *e)
{
    if (v->kind == DK_MAILBOX)
        return RC_OK;
    return v->domain_off ? err_cause(e, RC_PERM, CAUSE_AUTH_DOMAIN, "the account's domain is disabled")
                         : err_cause(e, RC_PERM, CAUSE_AUTH_DISABLED, "account is disabled");
}

/* A code opens nothing: only a password is chosen with it. */
static enum rc no_code(const struct cache_view *v, struct err *e)
{
    if (v->code_until == 0)
        return RC_OK;
    return v->code_until > (uint64_t)clock_utc()
               ? err_cause(e, RC_PERM, CAUSE_CODE_FIRST, "a code, with which a password is to be chosen first")
               : err_cause(e, RC_PERM, CAUSE_CODE_ENDED, "a code that has ended");
}

static enum rc try_prepared(struct auth *a, const struct dird_auth_req *rq, uint64_t process, bool code,
                            struct cache_view *v, struct err *e)
{
    if (!cache_ready(a->cache))
        return err_set(e, RC_TEMP, "directory not read yet");
    cache_find(a->cache, rq->login,
               v); /* the CSN of before the bind: a password changed meanwhile is not remembered as right */
    /* its address or an alias of it, but no sub-address; whichever was typed, it is one account that is tried */
    bool box = cache_is_box(v) && (v->alias ? span_chr(rq->login, '+') < 0 : span_ieq_str(rq->login, v->address));
    struct dird_auth_req own = *rq;
    if (box)
        own.login = span_str(v->address);
    bool usable = box && rq->password.n > 0 && rq->password.n <= MOST_PASSWORD && span_chr(rq->password, 0) < 0;
    enum rc rc = check(a, v, usable, &own, process, e);
    if (rc == RC_OK)
        rc = of_state(v, e);
    if (rc == RC_OK && !code)
        rc = no_code(v, e);
    bool asked_again = rc == RC_TEMP && (e->cause == CAUSE_WAIT_PASSWORD ||
                                         e->cause == CAUSE_BUSY); /* by dir_auth(); its session logs the end */
    /* a login that is no address here may be a password typed in the wrong field: not logged */
    log_ev(rc == RC_OK || asked_again ? LOG_DEBUG_ : LOG_INFO_, "auth", "login=%s peer=%s protocol=%u rc=%s",
           box ? v->address : "unknown", log_esc(rq->peer), rq->protocol, rc_name(rc));
    return rc;
}

/* ---- what was typed, as RFC 8265 prepares it: the same word from two keyboards is one ---- */
static struct span prepared(enum rc (*prepare)(struct span, struct buf *, struct err *), struct span typed,
                            struct buf *mem)
{
    struct err e;
    /* What cannot be prepared is compared as it was typed: no password that is set here is such, one set over LDAP may be. */
    return prepare(typed, mem, &e) == RC_OK ? buf_span(mem) : typed;
}

static enum rc try_typed(struct auth *a, const struct dird_auth_req *rq, uint64_t process, bool code,
                         struct cache_view *v, struct err *e)
{
    struct buf login = BUF_INIT, password;
    struct dird_auth_req as = *rq;
    char spelled[CACHE_NAME] = ""; /* U-labels of its domain are A-labels in the cache */
    buf_init_secret(&password);
    as.login = prepared(prepare_username, rq->login, &login);
    if (idn_address(as.login, spelled, sizeof spelled))
        as.login = span_str(spelled);
    as.password = prepared(prepare_password, rq->password, &password);
    enum rc rc = try_prepared(a, &as, process, code, v, e);
    wipe(spelled, sizeof spelled); /* it may be a password that was typed in the wrong field */
    buf_free(&login);
    buf_free(&password);
    return rc;
}

enum rc auth_sign_in(struct auth *a, const struct dird_auth_req *rq, uint64_t process, struct buf *mem,
                     struct dird_auth_rep *out, struct err *e)
{
    struct cache_view v;
    if (rq->protocol == 0 || rq->protocol >= sizeof protocols / sizeof *protocols)
        return err_set(e, RC_SYNTAX, "no protocol %u", rq->protocol);
    enum rc rc = try_typed(a, rq, process, false, &v, e);
    if (rc == RC_OK)
        welcome(a, &v, rq->protocol, mem, out);
    return rc;
}

enum rc auth_code(struct auth *a, const struct dird_choose_req *rq, uint64_t process, struct cache_view *v_out,
                  struct err *e)
{
    const struct dird_auth_req as = {.login = rq->login, .password = rq->code, .peer = rq->peer};
    enum rc rc = try_typed(a, &as, process, true, v_out, e);
    if (rc == RC_OK && (v_out->code_until == 0 || (v_out->flags & DF_STRICT)))
        rc = err_cause(e, RC_PERM, CAUSE_CODE_NONE, "the account has a password, no code");
    if (rc == RC_OK && v_out->code_until <= (uint64_t)clock_utc())
        rc = err_cause(e, RC_PERM, CAUSE_CODE_ENDED, "a code that has ended");
    return rc;
}
