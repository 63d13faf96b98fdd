/* SPDX-License-Identifier: EUPL-1.2 */
/* relayd/scheduler_host.c - places: a destination is looked at (is it still in the trust space?), found, connected to, and given a session; or its
 * letters fail, or its host failed and it rests. */
#include "base/clock.h"
#include "base/log.h"
#include "relayd/scheduler.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- places ---- */
/* As scheduler_feed.c writes it: a domain, and behind a space the number of who it leaves as. */
static void take_name(struct session_start *to, const char *dest)
{
    const char *space = strchr(dest, ' ');

    snprintf(to->domain, sizeof to->domain, "%.255s", dest);
    to->domain[strcspn(to->domain, " ")] = 0;
    to->as = space ? (uint32_t)strtoul(space + 1, NULL, 10) : 0;
}

static struct place *place_new(struct scheduler *s, uint32_t dest)
{
    struct place *p = calloc(1, sizeof *p);

    if (s->n == s->cap) {
        s->cap += 64;
        s->place = reallocarray(s->place, s->cap, sizeof *s->place);
    }
    if (!p || !s->place)
        die("out of memory");
    p->dest = dest;
    p->channel = -1;
    p->state = PL_FINDING;
    take_name(&p->start, schedule_domain(s->plan, dest));
    s->place[s->n++] = p;
    return p;
}

void place_end(struct scheduler *s, struct place *p)
{
    if (p->channel >= 0)
        close(p->channel);
    flight_close(&p->flight);
    buf_free(&p->chain);
    p->channel = -1;
    p->gone = true;
    s->any_gone = true;
}

void places_sweep(struct scheduler *s)
{
    size_t n = 0;

    for (size_t i = 0; s->any_gone && i < s->n; i++)
        if (s->place[i]->gone)
            free(s->place[i]);
        else
            s->place[n++] = s->place[i];
    if (s->any_gone)
        s->n = n;
    s->any_gone = false;
}

/* ---- failures ---- */
/* A connection that was good and then broke may have met one bad letter: the first pause is short. When the next connection fails, it is the host. */
static uint64_t pause_of(const struct scheduler *s, const struct place *p)
{
    uint32_t failures = schedule_failures(s->plan, p->dest);
    uint64_t pause = retry_pause(&s->retry, failures + 1, scheduler_random());

    return p->state == PL_UP && failures == 0 && pause > SCHEDULE_PAUSE_S ? SCHEDULE_PAUSE_S : pause;
}

static void rests(struct scheduler *s, struct place *p)
{
    uint64_t now = scheduler_now(), until = now + pause_of(s, p);
    const char *domain = p->start.domain;
    struct verdict why = p->why;

    log_alarm(s, domain, p->start.host, &why);
    why.fate = FATE_LATER;
    if (schedule_failed(s->plan, p->dest, p->state == PL_UP, now, until)) {
        log_ev(LOG_WARN_, "relay-host", "domain=%s host=%s ip=%s why=%s code=%u dsn=%s failures=%u next=%llu said=%s",
               log_esc(span_str(domain)), log_esc(span_str(p->start.host)), log_esc(span_str(p->start.ip)),
               cause_name(why.cause), why.code, verdict_esc(&why), schedule_failures(s->plan, p->dest),
               (unsigned long long)until, log_esc(span_str(why.text)));
        settle_note(s, p->dest, until, &why);
    }
    place_end(s, p);
}

static bool ask_finder(struct scheduler *s, struct place *p)
{
    struct finder_ask q = {.id = ++s->last_id, .after = p->candidate};
    struct err e;

    snprintf(q.domain, sizeof q.domain, "%s", p->start.domain);
    p->id = q.id;
    p->state = PL_FINDING;
    if (finder_send(s->finder, &q, &e) == RC_OK)
        return true;
    log_err(LOG_ERROR_, "finder-lost", &e);
    return false;
}

/* A connection failed before its session was ready: the next candidate may do better. */
void host_failed(struct scheduler *s, struct place *p)
{
    if (p->state != PL_HANDSHAKE || s->stopping) {
        rests(s, p);
        return;
    }
    log_ev(LOG_INFO_, "relay-candidate", "domain=%s host=%s ip=%s why=%s code=%u said=%s",
           log_esc(span_str(p->start.domain)), log_esc(span_str(p->start.host)), log_esc(span_str(p->start.ip)),
           cause_name(p->why.cause), p->why.code, log_esc(span_str(p->why.text)));
    log_alarm(s, p->start.domain, p->start.host, &p->why);
    if (p->channel >= 0)
        close(p->channel);
    p->channel = -1;
    p->introduced = p->peer_ok = p->asked = p->lost = p->failed =
        false; /* what the last one was, the next one is not */
    p->signs = 0;
    p->check_at = 0;
    if (!ask_finder(s, p))
        rests(s, p);
}

void host_doom(struct place *p, enum cause cause)
{
    p->state = PL_DOOMED;
    verdict_cause(&p->why, FATE_NEVER, cause);
}

/* The letters of a destination that cannot be sent to at all. */
void host_doomed(struct scheduler *s, struct place *p)
{
    for (int i = 0; i < DOOMED_AT_ONCE; i++) {
        struct schedule_letter l;

        if (!p->flight) {
            if (schedule_take(s->plan, p->dest, 0, &l) != ST_LETTER) {
                schedule_closed(s->plan, p->dest, false);
                place_end(s, p);
                return;
            }
            switch (flight_open(s, &l, &p->flight)) {
            case FL_OK:
                break;
            case FL_EMPTY:
                schedule_drop(s->plan, l.letter);
                continue;
            case FL_TEMP:
                schedule_back(s->plan, l.letter);
                scheduler_pause(s);
                return;
            }
            settle_rest(p->flight, FATE_NEVER, &p->why);
        }
        if (clock_mono() < p->flight->not_before || !settle_flight(s, p, p->flight))
            return;
        settle_landed(s, p->flight);
        flight_close(&p->flight);
    }
}

/* ---- connecting ---- */
static void begin(struct scheduler *s, uint32_t dest)
{
    struct place *p = place_new(s, dest);
    enum cause c = peer_trusted(s, p->start.domain, NULL);

    if (c == CAUSE_LEFT_TRUST_SPACE) {
        host_doom(p, c);
        return;
    }
    if (c == CAUSE_NONE && ask_finder(s, p))
        return;
    verdict_cause(&p->why, FATE_LATER, c == CAUSE_NONE ? CAUSE_DNS_TEMP : c);
    rests(s, p);
}

void host_round(struct scheduler *s)
{
    uint32_t dest;

    while (!s->stopping && !scheduler_paused(s) && schedule_place(s->plan, scheduler_now(), &dest))
        begin(s, dest);
}

static void connected(struct scheduler *s, struct place *p, struct finder_answer *a)
{
    struct err e;

    p->candidate = a->candidate;
    snprintf(p->start.host, sizeof p->start.host, "%s", a->host);
    snprintf(p->start.ip, sizeof p->start.ip, "%s", a->ip);
    if (nursery_fork(s->nursery, &p->start, a->fd, &p->channel, &e) == RC_OK) {
        p->state = PL_HANDSHAKE;
        verdict_cause(&p->why, FATE_LATER, CAUSE_PEER_LOST); /* if it ends without a word */
        return;
    }
    log_err(LOG_ERROR_, "nursery-lost", &e);
    close(a->fd);
    verdict_cause(&p->why, FATE_LATER, CAUSE_BUSY);
    rests(s, p);
}

static void not_connected(struct scheduler *s, struct place *p, const struct finder_answer *a)
{
    static const struct {
        enum cause cause;
        bool dooms;
    } rows[] = {[FIND_NO_DOMAIN] = {CAUSE_NO_SUCH_DOMAIN, true},
                [FIND_NULL_MX] = {CAUSE_NULL_MX, true},
                [FIND_NO_ADDRESS] = {CAUSE_NO_ADDRESS, false},
                [FIND_DNS_TEMP] = {CAUSE_DNS_TEMP, false},
                [FIND_UNREACHABLE] = {CAUSE_UNREACHABLE, false}};

    if (a->result != FIND_NO_MORE && (unsigned)a->result < sizeof rows / sizeof *rows &&
        rows[a->result].cause != CAUSE_NONE) {
        if (rows[a->result].dooms && p->candidate == 0) {
            host_doom(p, rows[a->result].cause);
            snprintf(p->why.text, sizeof p->why.text, "%s", a->text);
            return;
        }
        if (p->candidate == 0) { /* else: how the last candidate failed says more */
            verdict_cause(&p->why, FATE_LATER, rows[a->result].cause);
            snprintf(p->why.text, sizeof p->why.text, "%s", a->text);
            snprintf(p->start.host, sizeof p->start.host, "%s", a->host);
            snprintf(p->start.ip, sizeof p->start.ip, "%s", a->ip);
        }
    }
    rests(s, p);
}

static struct place *asker(const struct scheduler *s, uint64_t id)
{
    for (size_t i = 0; i < s->n; i++)
        if (!s->place[i]->gone && s->place[i]->state == PL_FINDING && s->place[i]->id == id)
            return s->place[i];
    return NULL;
}

void host_answers(struct scheduler *s)
{
    struct finder_answer a;
    struct err e;
    enum rc rc;

    while ((rc = finder_next(s->finder, &a, &e)) == RC_OK) {
        struct place *p = asker(s, a.id);

        if (!p || s->stopping) {
            if (a.fd >= 0)
                close(a.fd);
        } else if (a.result == FIND_CONNECTED)
            connected(s, p, &a);
        else
            not_connected(s, p, &a);
    }
    if (rc == RC_CLOSED)
        die("the finder ended: %s",
            e.log); /* this process may not fork: the supervisor starts it again, with another */
}
