/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/dird/door.c - sign-ins at slapd's own ports: counted and logged as those that dird checks. See auth.h.
 * Process  dird, the gate's thread.
 */
#include "base/clock.h"
#include "base/log.h"
#include "directory/dird/auth_int.h"
#include "directory/dird/checked.h"
#include <ldap.h>
#include <stdio.h>

#define BY_CONNECTION (1ull << 63) /* no process has such a number */

static int64_t now_ms(void)
{
    return clock_mono() / 1000000;
}

static void note(const struct door_try *t, enum rc rc)
{
    log_ev(rc == RC_OK ? LOG_DEBUG_ : LOG_INFO_, "auth", "login=%s peer=%s protocol=ldap rc=%s", t->login,
           log_esc(span_str(t->peer)), rc_name(rc));
}

/* A refusal costs slapd nothing, and costs dird a line of the log. So one line per second is written, with the number
 * of refusals that had none. */
static void note_refusal(struct auth *a, const struct door_try *t)
{
    int64_t now = now_ms();
    if (now - a->told_at < 1000) {
        a->untold++;
        return;
    }
    log_ev(LOG_INFO_, "auth", "login=%s peer=%s protocol=ldap rc=temp others=%u", t->login, log_esc(span_str(t->peer)),
           a->untold);
    a->told_at = now;
    a->untold = 0;
}

enum guess_answer door_ask(struct auth *a, struct span login, struct span password, struct span peer,
                           uint64_t connection, struct door_try *out)
{
    struct cache_view v = {0};
    cache_find(a->cache, login, &v);
    bool box = cache_is_box(&v) && !v.alias && span_ieq_str(login, v.address);
    struct guess_who who = {login, peer, connection | BY_CONNECTION, box ? v.csn : 0};
    /* nobody of that domain, or with a code, signs in here: refused before slapd looks at the password, and not counted */
    bool off = box && (v.domain_off || v.code_until != 0);
    snprintf(out->login, sizeof out->login, "%s", box ? v.address : "unknown");
    snprintf(out->peer, sizeof out->peer, "%.*s", SPAN_ARG(span_head(peer, sizeof out->peer - 1)));
    enum guess_answer answer = off ? GUESS_WRONG : guess_ask(a->guesses, &who, password, now_ms(), &out->guess);
    checked_mac(a->checked, span_str(v.address), password, out->mac);
    out->csn = v.csn;
    out->mbx = box ? v.mbx : 0;
    out->secret_at = v.secret_at;
    if (answer == GUESS_TRY && box && checked_has(a->checked, out->mac, v.csn, now_ms())) {
        guess_right(a->guesses, &out->guess, false, now_ms());
        answer = GUESS_RIGHT;
    }
    if (answer == GUESS_TRY)
        guess_take(a->guesses, &out->guess, now_ms());
    else if (answer == GUESS_WAIT)
        note_refusal(a, out);
    else
        note(out, answer == GUESS_RIGHT ? RC_OK : RC_DENIED);
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
