/* SPDX-License-Identifier: EUPL-1.2 */
/* publish/pubd/deliver.c - one event at a time: chosen, written down, given to the back end, its answer written down.
 *
 * Order    1. the state file says "trying", with the event's key and target, flushed; 2. the back end; 3. the state file says what it answered, flushed.
 *          Cut off behind 1 or 2, the next start repeats the event, with the same key.
 * Pauses   of an entry: publish.retry_first, doubled at each try, up to publish.retry_max. Of all: when MANY tries in a row had no answer the other side is away,
 *          and is asked once in a while. Where it said how long it wants to be left alone (Retry-After), it is, but for PAUSE_MOST_S at most: a wrong number does not
 *          stop the outbox for a day.
 * Guard    A day's deletions are at most publish.max_deletes, or publish.max_loss per cent of what is published, whichever is more. Beyond it, or when more than
 *          that wait, none goes until "pli publish confirm".
 * Process  pubd.
 */
#include "base/clock.h"
#include "base/log.h"
#include "base/wipe.h"
#include "publish/pubd/outbox.h"
#include "publish/pubd/runner.h"
#include <stdio.h>
#include <stdlib.h>

enum { DAY_S = 86400, MANY = 3, PAUSE_MOST_S = 900, EX_REFUSED = 65, DISK_PAUSE_S = 10, WHY_ROOM = 64, MS = 1000 };

/* ---- what may go ---- */
static bool new_window(const struct outbox *o, int64_t now)
{
    return now - o->place.window >= DAY_S || o->place.window > now; /* a clock that was wrong */
}

bool deliver_held(const struct outbox *o, int64_t now)
{
    uint64_t gone = new_window(o, now) ? 0 : o->place.window_deletes, all = o->table.count.published + gone;
    uint64_t share = all * (uint64_t)o->conf.max_loss / 100;
    uint64_t most = share > (uint64_t)o->conf.max_deletes ? share : (uint64_t)o->conf.max_deletes;

    return o->table.count.deletes > 0 && gone + o->table.count.deletes > most;
}

static bool waits(const struct pub_entry *en)
{
    return en->state == PS_PENDING || en->state == PS_TRYING;
}

static bool held(const struct pub_entry *en, bool deletes_held)
{
    return deletes_held && en->state == PS_PENDING && en->kind == PK_DELETE && !en->confirmed;
}

/* A time further ahead than a pause can be was written by a clock that was wrong. */
static bool ahead(int64_t at, int64_t now, int64_t longest)
{
    return at > now && at - now <= 2 * longest;
}

static bool later(const struct outbox *o, int64_t at, int64_t now)
{
    return ahead(at, now, o->conf.retry_max);
}

/* The other side is away, whatever an entry's own pause may be at most. */
static bool paused(const struct outbox *o, int64_t now)
{
    return ahead(o->pause_until, now, PAUSE_MOST_S);
}

uint64_t deliver_due(const struct outbox *o, int64_t now)
{
    bool no_deletes = deliver_held(o, now);
    uint64_t n = 0;

    if (o->mode != PM_RUNNING || o->compares == 0 ||
        (o->table.count.state[PS_PENDING] == 0 && o->table.count.state[PS_TRYING] == 0))
        return 0;
    for (size_t i = 0; i < o->table.n; i++)
        n += waits(o->table.v[i]) && !held(o->table.v[i], no_deletes) && !later(o, o->table.v[i]->next, now);
    return n;
}

static struct pub_entry *choose(struct outbox *o, int64_t now)
{
    bool no_deletes = deliver_held(o, now);

    for (size_t n = 0; n < o->table.n; n++) {
        struct pub_entry *en = o->table.v[o->cursor < o->table.n ? o->cursor : (o->cursor = 0)];
        o->cursor++;
        if (waits(en) && !held(en, no_deletes) && !later(o, en->next, now))
            return en;
    }
    return NULL;
}

int64_t deliver_next(struct outbox *o)
{
    int64_t now = clock_utc(), next = INT64_MAX;
    bool no_deletes;

    pthread_mutex_lock(&o->lock);
    no_deletes = deliver_held(o, now);
    for (size_t i = 0; o->mode == PM_RUNNING && o->compares > 0 && i < o->table.n; i++) {
        const struct pub_entry *en = o->table.v[i];
        int64_t at = later(o, en->next, now) ? en->next : 0;
        if (waits(en) && !held(en, no_deletes) && at < next)
            next = at;
    }
    if (next != INT64_MAX && paused(o, now) && o->pause_until > next)
        next = o->pause_until;
    pthread_mutex_unlock(&o->lock);
    return next;
}

/* ---- the request ---- */
enum rc deliver_request(const struct pub_entry *en, struct fhir_request *out, struct err *e)
{
    struct fhir_event ev = {(enum pub_kind)en->kind, en->published, en->target, en->unsure || en->attempts > 1};

    if (en->state == PS_PENDING)
        ev.kind = want_event(en->published, en->wanted, &ev.target);
    return fhir_build(&ev, out, e);
}

const char *outbox_event(uint8_t kind)
{
    static const char *const names[] = {[PK_NONE] = "none",
                                        [PK_CREATE] = "create",
                                        [PK_UPDATE] = "update",
                                        [PK_RED_LIST] = "red-list",
                                        [PK_DELETE] = "delete"};

    return kind < sizeof names / sizeof *names ? names[kind] : "none";
}

static void variable(struct buf *out, const char *name, struct span value)
{
    buf_addf(out, "PLI_PUBLISH_%s=", name);
    for (size_t i = 0; i < value.n; i++)
        if (value.p[i] != 0)
            buf_addc(out, value.p[i]);
    buf_addc(out, 0);
}

/* The facts beside the body, for a back end that builds another one. */
static void environment(const struct pub_entry *en, const struct fhir_request *r, struct buf *out)
{
    struct pub_facts f;
    char number[16];

    if (!want_read(en->target, &f))
        (void)want_read(en->published, &f);
    snprintf(number, sizeof number, "%u", en->attempts);
    variable(out, "EVENT", span_str(outbox_event(en->kind)));
    variable(out, "KEY", span_str(en->key));
    variable(out, "ATTEMPT", span_str(number));
    variable(out, "RESOURCE", span_str(r->resource));
    variable(out, "QUERY", buf_span(&r->query));
    variable(out, "ADDRESS", f.address);
    variable(out, "TYPE", span_str(fhir_type(f.type)));
    variable(out, "RED_LIST", span_str(f.red_list ? "true" : "false"));
    variable(out, "RPPS", pub_rpps(&f));
    variable(out, "ADELI", pub_adeli(&f));
    variable(out, "STRUCTURE", f.structure);
    variable(out, "DESCRIPTION", f.description);
    variable(out, "SERVICE", f.service);
    variable(out, "RESPONSIBLE", f.responsible);
    variable(out, "TELEPHONE", f.telephone);
    snprintf(number, sizeof number, "%u", (unsigned)f.rank);
    variable(out, "RANK", f.rank > 0 ? span_str(number) : SPAN_NULL);
    variable(out, "PAPERLESS", span_str(f.paperless == SAID_YES ? "true" : f.paperless == SAID_NO ? "false" : ""));
}

/* ---- the back end ---- */
static enum table_answer judge(const struct run_result *r, int64_t timeout, struct buf *report)
{
    if (r->end == RUN_EXIT && r->code == 0)
        return TA_TAKEN;
    if (r->end == RUN_EXIT && r->code == EX_REFUSED)
        return TA_REFUSED;
    if (r->end == RUN_EXIT)
        buf_addf(report, " (exit code %d)", r->code);
    else if (r->end == RUN_SIGNAL)
        buf_addf(report, " (ended by signal %d)", r->code);
    else if (r->end == RUN_TIMEOUT)
        buf_addf(report, " (no end after %lld s: killed)", (long long)timeout);
    else
        buf_addstr(report, r->gone ? " (cut off: pubd or its runner ended)" : " (it could not be started)");
    return TA_LATER;
}

static enum table_answer run_program(struct outbox *o, const struct pub_entry *en, const struct fhir_request *r,
                                     struct buf *report, int64_t *wait_s)
{
    struct buf words = BUF_INIT, variables = BUF_INIT;
    struct run_result result;
    enum table_answer a;

    buf_addf(&words, "%s%c%s%c", outbox_event(en->kind), 0, en->address, 0);
    environment(en, r, &variables);
    runner_run(o->runner, buf_span(&words), buf_span(&variables), buf_span(&r->body), (int)(o->conf.timeout * MS),
               &result);
    buf_addspan(report, span_trim(span_head(buf_span(&result.report), PUB_REPORT - WHY_ROOM)));
    a = judge(&result, o->conf.timeout, report);
    *wait_s = a == TA_LATER ? (int64_t)result.wait_s : 0;
    o->runner_gone = result.gone;
    buf_free(&result.report);
    buf_free(&words);
    buf_free(&variables);
    return a;
}

static enum table_answer give(struct outbox *o, const struct pub_entry *en, struct buf *report, int64_t *wait_s)
{
    struct fhir_request r;
    struct err e;
    enum table_answer a = TA_TAKEN;
    enum rc rc = deliver_request(en, &r, &e);

    if (rc == RC_OK && o->runner >= 0)
        a = run_program(o, en, &r, report, wait_s);
    else if (rc == RC_OK && folder_put(ledger_dir(o->ledger), en, &r, report, &e) != RC_OK) {
        buf_addstr(report, e.log);
        a = TA_LATER;
    } else if (rc != RC_OK) { /* it has not left */
        buf_addstr(report, e.log);
        a = TA_REFUSED;
    }
    fhir_free(&r);
    return a;
}

/* ---- pauses ---- */
static int64_t pause_s(int64_t first, int64_t most, unsigned n)
{
    int64_t s = first;
    uint32_t r;

    while (n-- > 1 && s < most)
        s *= 2;
    if (s > most)
        s = most;
    random_bytes(&r, sizeof r);
    return s + (int64_t)(r % (uint32_t)(s / 5 + 1)); /* a fifth more at most */
}

static void counts_of_all(struct outbox *o, enum table_answer a, int64_t wait_s, int64_t now)
{
    if (a != TA_LATER) {
        o->failures = 0;
        o->pause_until = 0;
        return;
    }
    if (++o->failures >= MANY)
        o->pause_until = now + pause_s(o->conf.retry_first, PAUSE_MOST_S, o->failures - MANY + 1);
    if (wait_s > PAUSE_MOST_S)
        wait_s = PAUSE_MOST_S;
    if (wait_s > 0 && now + wait_s > o->pause_until)
        o->pause_until = now + wait_s;
}

/* ---- one event ---- */
static bool save(struct outbox *o, struct pub_entry *en, int64_t now)
{
    struct err e;

    if (ledger_entry(o->ledger, en, &e) == RC_OK)
        return true;
    log_err(LOG_ERROR_, "publish-state", &e);
    outbox_complain(o, span_str(e.log));
    o->unsaved = true;
    if (o->pause_until < now + DISK_PAUSE_S) /* the other side may have asked for a longer one */
        o->pause_until = now + DISK_PAUSE_S;
    return false;
}

/* Answers that the disk did not take yet: nothing is sent before they are written down. */
static bool save_rest(struct outbox *o, int64_t now)
{
    for (size_t i = 0; o->unsaved && i < o->table.n; i++)
        if (o->table.v[i]->unsaved && !save(o, o->table.v[i], now))
            return false;
    o->unsaved = false;
    return true;
}

static void count_deletion(struct outbox *o, int64_t now)
{
    struct err e;

    if (new_window(o, now)) {
        o->place.window = now;
        o->place.window_deletes = 0;
    }
    o->place.window_deletes++;
    if (ledger_place_write(o->ledger, &o->place, &e) != RC_OK)
        log_err(LOG_WARN_, "publish-state", &e);
}

/* The lock is held. False: it is not written down, and so must not be sent. */
static bool begin(struct outbox *o, struct pub_entry *en, int64_t now)
{
    bool first = en->state == PS_PENDING;

    if (first)
        table_begin(&o->table, en);
    if (first && en->kind == PK_DELETE && !en->confirmed)
        count_deletion(o, now);
    en->attempts++;
    return save(o, en, now);
}

static void finish(struct outbox *o, struct pub_entry *en, enum table_answer a, int64_t wait_s, struct buf *report)
{
    static const char *const names[] = {[TA_TAKEN] = "taken", [TA_REFUSED] = "refused", [TA_LATER] = "later"};
    int64_t now = clock_utc(), next = now + pause_s(o->conf.retry_first, o->conf.retry_max, en->attempts);

    log_ev(a == TA_TAKEN ? LOG_INFO_ : LOG_WARN_, "publish", "event=%s name=%s answer=%s attempt=%u key=%s report=%s",
           outbox_event(en->kind), log_esc(span_str(en->address)), names[a], en->attempts, en->key,
           log_esc(span_head(buf_span(report), 200)));
    pthread_mutex_lock(&o->lock);
    table_answer(&o->table, en, a, buf_span(report), next, now);
    counts_of_all(o, a, wait_s, now);
    outbox_complain(o, a == TA_LATER ? buf_span(report) : SPAN_NULL);
    o->sent += a == TA_TAKEN;
    o->last_sent = a == TA_TAKEN ? now : o->last_sent;
    o->sending = NULL;
    (void)save(o, en, now);
    pthread_mutex_unlock(&o->lock);
}

bool deliver_one(struct outbox *o)
{
    struct buf report = BUF_INIT;
    struct pub_entry *en = NULL;
    int64_t now = clock_utc(), wait_s = 0;
    enum table_answer a;

    pthread_mutex_lock(&o->lock);
    if (o->mode == PM_RUNNING && o->compares > 0 && !paused(o, now) && save_rest(o, now))
        en = choose(o, now);
    if (en && !begin(o, en, now))
        en = NULL;
    o->sending = en;
    pthread_mutex_unlock(&o->lock);
    if (!en)
        return false;
    a = give(o, en, &report, &wait_s);
    finish(o, en, a, wait_s, &report);
    buf_free(&report);
    return true;
}
