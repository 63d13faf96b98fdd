/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/dird/door.c - sign-ins at slapd's own ports: counted and logged as those that dird checks. See auth.h.
 * Process  dird, the gate's thread.
 */
#include "base/clock.h"
#include "base/log.h"
#include "directory/dird/auth_int.h"
#include "directory/dird/checked.h"
#include "directory/dird/passhash.h"
#include <ldap.h>
#include <stdio.h>

#define BY_CONNECTION (1ull << 63) /* no process has such a number */
#define BARRED (1ull << 63)

static int64_t now_ms(void)
{
    return clock_mono() / 1000000;
}

static void note(const struct door_try *t, enum rc rc)
{
    log_ev(rc == RC_OK ? LOG_DEBUG_ : LOG_INFO_, "auth", "login=%s peer=%s protocol=ldap rc=%s", t->login,
           log_esc(span_str(t->peer)), rc_name(rc));
}

/* A refusal without a look at the password (a pause, or it is known to be wrong) costs slapd nothing, and costs dird a line of the log: a stranger has 9,000 a
 * second. So one line per second is written, with the number of refusals that had none. */
static void note_refusal(struct auth *a, const struct door_try *t, enum rc rc)
{
    int64_t now = now_ms();
    if (now - a->told_at < 1000) {
        a->untold++;
        return;
    }
    log_ev(LOG_INFO_, "auth", "login=%s peer=%s protocol=ldap rc=%s others=%u", t->login, log_esc(span_str(t->peer)),
           rc_name(rc), a->untold);
    a->told_at = now;
    a->untold = 0;
}

/* Is it an account that slapd compares the password of? Of all else (no account, a suspended one, a code) it says no without a look. */
static bool slapd_looks(const struct cache_view *v, bool box)
{
    return box && v->kind == DK_MAILBOX && v->code_until == 0;
}

/* Nobody of a disabled domain, or with a code, signs in here, though slapd's own rules know nothing of the domain. */
static bool is_barred(const struct cache_view *v, bool box)
{
    return box && (v->domain_off || v->code_until != 0);
}

/* The time of slapd's hash, where slapd will compute none. Before the directory is read nobody knows where that is. */
static void take_time(struct auth *a, const struct cache_view *v, bool box, struct span password)
{
    if (slapd_looks(v, box) || !cache_ready(a->cache))
        return;
    atomic_fetch_add(&a->n_taken, 1);
    passhash_take_time(password);
}

static enum guess_answer barred(struct auth *a, const struct door_try *t)
{
    guess_wrong(a->guesses, &t->guess, now_ms());
    note(t, RC_DENIED);
    return GUESS_WRONG;
}

static void fill(const struct auth *a, const struct cache_view *v, bool box, struct span password, struct span peer,
                 struct door_try *out)
{
    snprintf(out->login, sizeof out->login, "%s", box ? v->address : "unknown");
    snprintf(out->peer, sizeof out->peer, "%.*s", SPAN_ARG(span_head(peer, sizeof out->peer - 1)));
    checked_mac(a->checked, span_str(v->address), password, out->mac);
    out->csn = v->csn;
    out->mbx = box ? v->mbx : 0;
    out->secret_at = v->secret_at;
}

static enum guess_answer try_it(struct auth *a, const struct cache_view *v, bool box, struct span password,
                                const struct door_try *t)
{
    guess_take(a->guesses, &t->guess, now_ms());
    take_time(a, v, box, password);
    return is_barred(v, box) ? barred(a, t) : GUESS_TRY;
}

enum guess_answer door_ask(struct auth *a, struct span login, struct span password, struct span peer,
                           uint64_t connection, struct door_try *out)
{
    struct cache_view v = {0};
    cache_find(a->cache, login, &v);
    bool box = cache_is_box(&v) && !v.alias && span_ieq_str(login, v.address), off = is_barred(&v, box);
    /* what is wrong while it is barred may be right when the domain is enabled again, of which its own entry does not tell */
    struct guess_who who = {login, peer, connection | BY_CONNECTION, box ? v.csn ^ (off ? BARRED : 0) : 0};
    fill(a, &v, box, password, peer, out);
    enum guess_answer answer = guess_ask(a->guesses, &who, password, now_ms(), &out->guess);
    if (answer == GUESS_TRY && box && !off && checked_has(a->checked, out->mac, v.csn, now_ms())) {
        guess_right(a->guesses, &out->guess, false, now_ms());
        answer = GUESS_RIGHT;
    }
    if (answer == GUESS_TRY)
        return try_it(a, &v, box, password, out);
    if (answer == GUESS_RIGHT)
        note(out, RC_OK);
    else
        note_refusal(a, out, answer == GUESS_WAIT ? RC_TEMP : RC_DENIED);
    return answer;
}

void door_result(struct auth *a, const struct door_try *t, int code)
{
    enum rc rc = code == LDAP_SUCCESS ? RC_OK : code == LDAP_INVALID_CREDENTIALS ? RC_DENIED : RC_TEMP;
    if (rc == RC_OK) {
        guess_right(a->guesses, &t->guess, true, now_ms());
        checked_put(a->checked, t->mac, t->csn, now_ms());
    } else if (rc == RC_DENIED) {
        guess_wrong(a->guesses, &t->guess, now_ms());
    } else {
        guess_undecided(a->guesses, &t->guess, now_ms());
    }
    if (code != DOOR_UNTOLD)
        note(t, rc);
}

bool door_ready(struct auth *a)
{
    return cache_ready(a->cache);
}

bool door_stays(struct auth *a, const struct door_try *t)
{
    struct cache_view v = {0};
    cache_find(a->cache, span_str(t->login), &v);
    return t->mbx != 0 && v.kind == DK_MAILBOX && !v.alias && v.mbx == t->mbx &&
           cache_same_secret(v.secret_at, t->secret_at);
}
