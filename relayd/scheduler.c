/* SPDX-License-Identifier: EUPL-1.2 */
/* relayd/scheduler.c - the loop of pli-relayd's scheduler: see relayd/scheduler.h. */
#include "relayd/scheduler.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/service.h"
#include "base/wipe.h"
#include "relayd/identity.h"
#include "relayd/scheduler_run.h"
#include <errno.h>
#include <poll.h>
#include <stdlib.h>

#define MS 1000000LL
enum { LONGEST_MS = 1000, STOP_MS = 4000 /* the supervisor waits five seconds */ };

/* ---- time and chance ---- */
uint64_t scheduler_now(void)
{
    return (uint64_t)clock_utc();
}

uint8_t scheduler_random(void)
{
    uint8_t r;

    random_bytes(&r, sizeof r);
    return r;
}

void scheduler_pause(struct scheduler *s)
{
    s->pause_until = deadline_in(PAUSE_MS);
}

bool scheduler_paused(const struct scheduler *s)
{
    return clock_mono() < s->pause_until;
}

/* ---- the start ---- */
static uint32_t num(const struct boot *b, const char *setting)
{
    return (uint32_t)boot_num(b, setting);
}

struct scheduler *scheduler_new(const struct boot *b)
{
    struct scheduler *s = calloc(1, sizeof *s);
    struct err e;

    if (!s)
        die("out of memory");
    s->identities = identities_read(b);
    if (finder_start(b, &s->finder, &e) != RC_OK || nursery_start(b, s->identities, &s->nursery, &e) != RC_OK)
        die("%s", e.log);
    s->limits = (struct schedule_limits){num(b, "relayd.max_sessions"), num(b, "relayd.max_sessions_per_domain"),
                                         num(b, "relayd.max_letters_per_session"), CH_RCPTS};
    s->retry = (struct retry){num(b, "relayd.retry_first"), num(b, "relayd.retry_max"), num(b, "relayd.max_age"),
                              num(b, "relayd.warn_after")};
    s->host = boot_get(b, "instance.hostname");
    s->domain = boot_get(b, "instance.domain");
    s->report_full_max = (uint64_t)boot_num(b, "relayd.report_full_max");
    s->revocation = (enum peer_revocation)boot_num(b, "trust.revocation");
    return s;
}

/* In the sandbox: connections are dialled at first use. */
void scheduler_start(struct scheduler *s)
{
    s->plan = schedule_new(&s->limits);
    s->store = store_new(ROLE_RELAYD);
    s->ear = store_new(ROLE_RELAYD);
    s->keyd = keyd_new(ROLE_RELAYD);
    s->dir = dir_new(ROLE_RELAYD);
    s->trust = trust_new(ROLE_RELAYD);
    store_patience(s->store, PATIENCE_MS);
    store_patience(s->ear, PATIENCE_MS);
    dir_patience(s->dir, PATIENCE_MS);
    s->in.secret = true;
}

/* ---- waiting ---- */
static void sooner(int64_t *wait, int64_t at, int64_t now)
{
    int64_t left = at > now ? (at - now + MS - 1) / MS : 0;

    if (left < *wait)
        *wait = left;
}

static int wait_ms(const struct scheduler *s)
{
    int64_t now = clock_mono(), wait = LONGEST_MS;
    uint64_t wake = schedule_wake(s->plan), utc = scheduler_now();

    if (s->stopping)
        return 50;
    sooner(&wait, feed_next(s), now);
    if (wake <= utc && !scheduler_paused(s))
        wait = 0;
    for (size_t i = 0; i < s->n; i++) {
        const struct place *p = s->place[i];

        if (p->check_at)
            sooner(&wait, p->check_at, now);
        if (p->idle)
            sooner(&wait, p->idle_since + IDLE_MS * MS, now);
        if (p->flight && p->flight->not_before > now)
            sooner(&wait, p->flight->not_before, now);
        else if (p->state == PL_DOOMED || p->done || (p->asked && !p->idle))
            sooner(&wait, s->pause_until, now);
    }
    return (int)wait;
}

static void hear(struct scheduler *s)
{
    struct pollfd *fd = calloc(s->n + 2, sizeof *fd);
    size_t n = s->n;

    if (!fd)
        die("out of memory");
    fd[0] = (struct pollfd){s->finder ? finder_fd(s->finder) : -1, POLLIN, 0};
    fd[1] = (struct pollfd){s->listening ? store_event_fd(s->ear) : -1, POLLIN, 0};
    for (size_t i = 0; i < n; i++)
        fd[i + 2] = (struct pollfd){s->place[i]->channel, POLLIN, 0};
    if (poll(fd, n + 2, wait_ms(s)) > 0) {
        for (size_t i = 0; i < n; i++)
            if (fd[i + 2].revents && !s->place[i]->gone)
                channel_read(s, s->place[i]);
        if (fd[0].revents)
            host_answers(s);
        if (fd[1].revents)
            feed_event(s);
    }
    free(fd);
}

/* ---- a round ---- */
static void look_at_places(struct scheduler *s)
{
    int64_t now = clock_mono();

    for (size_t i = 0; i < s->n; i++) {
        struct place *p = s->place[i];

        if (p->gone)
            continue;
        if (p->check_at && now >= p->check_at)
            peer_again(s, p);
        if (p->asked)
            channel_give(s, p);
        if (p->state == PL_DOOMED && !scheduler_paused(s) && !s->stopping)
            host_doomed(s, p);
    }
}

static void round_once(struct scheduler *s)
{
    hear(s);
    channel_settle(s);
    if (!s->stopping) {
        feed_round(s);
        age_round(s);
        quota_round(s);
        host_round(s);
        log_counts(s);
    }
    look_at_places(s);
    places_sweep(s);
}

/* Sessions finish the letter at hand; what has no session yet is left to the next start. */
static void stop(struct scheduler *s)
{
    int64_t until = deadline_in(STOP_MS);

    s->stopping = true;
    nursery_stop(&s->nursery);
    finder_stop(&s->finder);
    for (size_t i = 0; i < s->n; i++)
        if (s->place[i]->state == PL_FINDING || s->place[i]->state == PL_DOOMED)
            place_end(s, s->place[i]);
    places_sweep(s);
    while (s->n > 0 && clock_mono() < until)
        round_once(s);
    if (s->n > 0)
        log_ev(LOG_WARN_, "relay-cut", "sessions=%zu", s->n);
}

void scheduler_run(struct scheduler *s)
{
    while (!service_told_to_stop())
        round_once(s);
    stop(s);
}

void scheduler_free(struct scheduler **sp)
{
    struct scheduler *s = *sp;

    for (size_t i = 0; i < s->n; i++)
        place_end(s, s->place[i]);
    places_sweep(s);
    schedule_free(&s->plan);
    store_free(&s->store);
    store_free(&s->ear);
    keyd_free(&s->keyd);
    dir_free(&s->dir);
    trust_free(&s->trust);
    identities_free(&s->identities);
    buf_free(&s->in);
    free(s->place);
    free(s);
    *sp = NULL;
}
