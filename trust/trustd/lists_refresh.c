/* SPDX-License-Identifier: EUPL-1.2 */
/* trust/trustd/lists_refresh.c - the white list fetched from trust.url, at its time. A failure waits longer each time, also after a restart, because
 * the time of the next try is kept (spec/mssante.md 1.4: the national host answers 403 to those who ask often). */
#include "base/clock.h"
#include "base/log.h"
#include "base/service.h"
#include "trust/trustd/lists_int.h"
#include <stdio.h>

enum { FETCH_S = 120, ALARM_EACH_S = 3600, LOOK_S = 60 };

static void note(struct lists *l, int64_t next, const struct err *e)
{
    struct list_state s;
    struct err unwritten;

    pthread_mutex_lock(&l->mu);
    l->now.last_try = (uint64_t)clock_utc();
    if (e) {
        l->now.failures++;
        next = fetch_pause((unsigned)l->now.failures);
        snprintf(l->now.last_error, sizeof l->now.last_error, "%.200s", e->log);
    } else {
        l->now.failures = 0;
        l->now.last_error[0] = '\0';
    }
    l->now.next = (uint64_t)(clock_utc() + next);
    s = l->now;
    pthread_mutex_unlock(&l->mu);
    if (files_keep_state(l, &s, &unwritten) != RC_OK)
        log_err(LOG_WARN_, "list-state", &unwritten);
}

/* Another address than trust.url is asked for the whole list: what it said before is not known. */
static enum rc fetch_and_use(struct lists *l, const struct trustd_update_req *rq, struct list_result *res,
                             bool *unchanged_out, struct difference *d, struct err *e)
{
    char url[TRUST_URL + 1];
    bool known = l->index && rq->url.n == 0 && rq->flags == 0;
    struct fetch_how how = {.url = url,
                            .anchors_pem = l->https_anchors,
                            .etag = known ? l->now.etag : "",
                            .since = known ? (int64_t)l->now.modified : 0,
                            .max = LIST_XML_MAX,
                            .seconds = FETCH_S};
    struct fetched got;
    enum list_how_came came;
    enum rc rc;

    (void)snprintf(url, sizeof url, "%.*s", SPAN_ARG(rq->url.n > 0 ? rq->url : span_str(l->conf.url)));
    came = span_istarts(span_str(url), "https:") ? LF_HTTPS : LF_HTTP;
    rc = fetch(&how, &got, e);
    *unchanged_out = rc == RC_OK && got.unchanged;
    if (*unchanged_out) {
        pthread_mutex_lock(&l->mu);
        lists_seen(&l->now, came, true, (uint64_t)clock_utc());
        pthread_mutex_unlock(&l->mu);
    } else if (rc == RC_OK) {
        rc = list_look_at(l, buf_span(&got.body), rq, res, e);
        if (rc == RC_OK)
            rc = list_differ(l, buf_span(&res->index), d, e);
        if (rc == RC_OK &&
            !(rq->flags & TU_TRY)) /* what another address says of its document is nothing for trust.url */
            rc = list_use(l, buf_span(&got.body), res, &(struct list_from){came, rq->url.n > 0 ? NULL : &got}, e);
    }
    buf_free(&got.body);
    return rc;
}

enum rc refresh_once(struct lists *l, const struct trustd_update_req *rq, struct list_result *res, bool *unchanged_out,
                     struct difference *d, struct err *e)
{
    enum rc rc = fetch_and_use(l, rq, res, unchanged_out, d, e);

    /* one that was given up because this process ends says nothing of the server */
    if (rq->url.n == 0 && !(rq->flags & TU_TRY) && (rc == RC_OK || !service_told_to_stop()))
        note(l, l->conf.refresh, rc == RC_OK ? NULL : e);
    if (rc != RC_OK)
        log_err(LOG_WARN_, "list-not-fetched", e);
    return rc;
}

static void say_alarm(struct lists *l, int64_t now)
{
    int alarm;
    uint64_t generated, taken;

    pthread_mutex_lock(&l->mu);
    alarm = lists_alarm(l, &l->now, now);
    generated = l->now.generated;
    taken = l->now.taken;
    pthread_mutex_unlock(&l->mu);
    if (alarm == 0 || (now >= l->alarmed && now - l->alarmed < ALARM_EACH_S))
        return;
    l->alarmed = now;
    log_ev(LOG_ERROR_, "list-alarm", "stale=%s generated=%llu taken=%llu", alarm == 2 ? "yes" : "no",
           (unsigned long long)generated, (unsigned long long)taken);
}

static bool due(struct lists *l, int64_t now)
{
    int64_t most; /* a time beyond it is of other settings, or of a clock that was wrong */
    bool yes;

    pthread_mutex_lock(&l->mu);
    most = l->now.failures > 0 ? 2 * FETCH_PAUSE_MOST_S : l->conf.refresh;
    yes = l->conf.url[0] && ((int64_t)l->now.next <= now || (int64_t)l->now.next > now + most);
    pthread_mutex_unlock(&l->mu);
    return yes;
}

static bool rest(struct lists *l)
{
    struct timespec until;
    bool stop;

    pthread_mutex_lock(&l->mu);
    clock_gettime(CLOCK_MONOTONIC, &until); /* the other one may be set back meanwhile */
    until.tv_sec += l->conf.refresh < LOOK_S ? l->conf.refresh : LOOK_S;
    if (!l->stop)
        pthread_cond_clockwait(&l->wake, &l->mu, CLOCK_MONOTONIC, &until);
    stop = l->stop;
    pthread_mutex_unlock(&l->mu);
    return !stop;
}

void *refresh_thread(void *lists)
{
    struct lists *l = lists;

    do {
        static const struct trustd_update_req as_set;
        struct list_result res = {0};
        struct difference d;
        bool unchanged;
        struct err e;

        if (due(l, clock_utc())) {
            pthread_mutex_lock(&l->look);
            (void)refresh_once(l, &as_set, &res, &unchanged, &d, &e);
            pthread_mutex_unlock(&l->look);
            list_result_free(&res);
        }
        say_alarm(l, clock_utc());
    } while (rest(l));
    return NULL;
}
