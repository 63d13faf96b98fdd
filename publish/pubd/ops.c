/* SPDX-License-Identifier: EUPL-1.2 */
/* publish/pubd/ops.c - the operations of publish/wire.h.
 * Process  pubd, worker threads.
 */
#include "base/ascii.h"
#include "base/clock.h"
#include "base/idn.h"
#include "base/log.h"
#include "publish/pubd/outbox.h"

#define HANDLER(name)                                                                                                  \
    static enum rc name(void *daemon, struct ipc_peer *p, const void *req, int fd, struct ipc_reply *r, struct err *e)
#define UNUSED_() (void)p, (void)req, (void)fd, (void)r, (void)e

enum { LIST_MOST = 76 * 1024, ROW_MOST = 3 * 1024 };

static int64_t oldest(const struct outbox *o)
{
    int64_t at = 0;

    for (size_t i = 0; i < o->table.n; i++) {
        const struct pub_entry *en = o->table.v[i];
        if ((en->state == PS_PENDING || en->state == PS_TRYING) && en->since > 0 && (at == 0 || en->since < at))
            at = en->since;
    }
    return at;
}

HANDLER(h_status)
{
    struct outbox *o = daemon;
    struct pubd_status_rep *a = r->msg;
    int64_t now = clock_utc();
    UNUSED_();
    pthread_mutex_lock(&o->lock);
    buf_addstr(r->scratch, o->last_error ? o->last_error : "");
    *a = (struct pubd_status_rep){.mode = (uint8_t)o->mode,
                                  .away = o->away,
                                  .published = o->table.count.published,
                                  .pending = o->table.count.state[PS_PENDING],
                                  .trying = o->table.count.state[PS_TRYING],
                                  .refused = o->table.count.state[PS_REFUSED],
                                  .held = deliver_held(o, now) ? o->table.count.deletes : 0,
                                  .left_out = o->left_out,
                                  .oldest = (uint64_t)oldest(o),
                                  .compared = (uint64_t)o->compared,
                                  .compares = o->compares,
                                  .sent = o->sent,
                                  .last_sent = (uint64_t)o->last_sent,
                                  .pause_until = o->pause_until > now ? (uint64_t)o->pause_until : 0,
                                  .due = deliver_due(o, now),
                                  .last_error = buf_span(r->scratch)};
    pthread_mutex_unlock(&o->lock);
    return RC_OK;
}

/* ---- rows ---- */
static struct pub_row row_of(const struct outbox *o, const struct pub_entry *en, bool no_deletes)
{
    (void)o;
    return (struct pub_row){.address = span_str(en->address),
                            .kind = en->kind,
                            .state = en->state,
                            .held = no_deletes && en->state == PS_PENDING && en->kind == PK_DELETE && !en->confirmed,
                            .attempts = en->attempts,
                            .since = (uint64_t)en->since,
                            .next = (uint64_t)en->next,
                            .done = (uint64_t)en->done,
                            .key = span_str(en->key),
                            .report = span_str(en->report)};
}

static bool listed(const struct pub_entry *en, uint8_t which)
{
    return which == PW_ALL || (which == PW_REFUSED ? en->state == PS_REFUSED : en->state != PS_DONE);
}

HANDLER(h_list)
{
    struct outbox *o = daemon;
    const struct pubd_list_req *q = req;
    struct pubd_list_rep *a = r->msg;
    struct buf list = BUF_INIT, last = BUF_INIT;
    size_t i, n, at;
    UNUSED_();
    pthread_mutex_lock(&o->lock);
    bool no_deletes = deliver_held(o, clock_utc());
    for (i = table_behind(&o->table, q->after); i < o->table.n && list.n + ROW_MOST <= LIST_MOST; i++) {
        const struct pub_row row = row_of(o, o->table.v[i], no_deletes);
        buf_clear(&last);
        buf_addstr(&last, o->table.v[i]->address);
        if (listed(o->table.v[i], q->which))
            ipc_list_add(&list, pub_row_f, &row);
    }
    a->more = i < o->table.n;
    pthread_mutex_unlock(&o->lock);
    n = list.n;
    at = last.n;
    buf_addspan(r->scratch, buf_span(&list)); /* one buffer, so that neither moves */
    buf_addspan(r->scratch, buf_span(&last));
    a->list = span_of(r->scratch->p, n);
    a->last = span_of(r->scratch->p + n, at);
    buf_free(&list);
    buf_free(&last);
    return RC_OK;
}

HANDLER(h_diff)
{
    struct pubd_list_rep *a = r->msg;
    struct buf list = BUF_INIT, last = BUF_INIT;
    bool more = false;
    enum rc rc = compare_diff(daemon, req, &list, &last, &more, e);
    UNUSED_();
    if (rc == RC_OK && list.n > LIST_MOST)
        rc = err_set(e, RC_TEMP,
                     "too many deletions between two addresses for one answer: pli publish status counts them");
    if (rc == RC_OK) {
        buf_addspan(r->scratch, buf_span(&list));
        buf_addspan(r->scratch, buf_span(&last));
        *a = (struct pubd_list_rep){span_of(r->scratch->p, list.n), more, span_of(r->scratch->p + list.n, last.n)};
    }
    buf_free(&list);
    buf_free(&last);
    return rc;
}

/* ---- one ---- */
/* As addresses are kept: small letters, the domain in A-labels. */
static struct pub_entry *named(struct outbox *o, struct span address, struct err *e)
{
    char low[PUB_ADDR + 1];
    struct pub_entry *en = NULL;

    if (idn_address(address, low, sizeof low)) {
        ascii_lower_all(span_str(low), low);
        en = table_find(&o->table, span_str(low));
    }
    if (!en)
        e->rc = err_set(e, RC_NOTFOUND, "nothing is published of %s, nor is to be", log_esc(address));
    return en;
}

struct parts { /* of an answer, in one buffer */
    struct buf *mem;
    size_t at[8];
    size_t n;
};

static void part(struct parts *p, struct span s)
{
    p->at[p->n++] = p->mem->n;
    buf_addspan(p->mem, s);
    p->at[p->n] = p->mem->n;
}

static struct span part_of(const struct parts *p, size_t i)
{
    return span_of(p->mem->p + p->at[i], p->at[i + 1] - p->at[i]);
}

static void show(const struct outbox *o, const struct pub_entry *en, struct parts *p, struct pubd_show_rep *a)
{
    const struct pub_row row = row_of(o, en, deliver_held(o, clock_utc()));
    struct fhir_request request;
    struct buf record = BUF_INIT;
    struct err e;
    bool event = deliver_request(en, &request, &e) == RC_OK;

    ipc_list_add(&record, pub_row_f, &row);
    part(p, buf_span(&record));
    part(p, en->published);
    part(p, en->wanted);
    part(p, event ? span_str(request.resource) : SPAN_NULL);
    part(p, event ? buf_span(&request.query) : SPAN_NULL);
    part(p, event ? buf_span(&request.body) : SPAN_NULL);
    *a = (struct pubd_show_rep){part_of(p, 0), part_of(p, 1), part_of(p, 2),
                                part_of(p, 3), part_of(p, 4), part_of(p, 5)};
    fhir_free(&request);
    buf_free(&record);
}

HANDLER(h_show)
{
    struct outbox *o = daemon;
    const struct pubd_address_req *q = req;
    struct parts parts = {.mem = r->scratch};
    struct pub_entry *en;
    UNUSED_();
    pthread_mutex_lock(&o->lock);
    en = named(o, q->address, e);
    if (en)
        show(o, en, &parts, r->msg);
    pthread_mutex_unlock(&o->lock);
    return en ? RC_OK : e->rc;
}

/* ---- acts ---- */
static enum rc saved(struct outbox *o, struct pub_entry *en, struct err *e)
{
    enum rc rc = o->mode == PM_RUNNING && en->unsaved && en != o->sending ? ledger_entry(o->ledger, en, e) : RC_OK;

    o->unsaved = o->unsaved || rc != RC_OK;
    return rc;
}

static enum rc retry_all(struct outbox *o, uint32_t *n, struct err *e)
{
    enum rc rc = RC_OK;

    for (size_t i = 0; i < o->table.n && rc == RC_OK; i++) {
        *n += table_retry(&o->table, o->table.v[i], clock_utc());
        rc = saved(o, o->table.v[i], e);
    }
    return rc;
}

HANDLER(h_retry)
{
    struct outbox *o = daemon;
    const struct pubd_address_req *q = req;
    struct pubd_count_rep *a = r->msg;
    struct pub_entry *en;
    enum rc rc = RC_OK;
    UNUSED_();
    pthread_mutex_lock(&o->lock);
    if (q->address.n == 0)
        rc = retry_all(o, &a->n, e);
    else if ((en = named(o, q->address, e)) == NULL)
        rc = e->rc;
    else {
        a->n = table_retry(&o->table, en, clock_utc());
        rc = saved(o, en, e);
    }
    o->pause_until = 0;
    o->failures = 0;
    pthread_mutex_unlock(&o->lock);
    log_ev(LOG_INFO_, "publish-retry", "name=%s entries=%u rc=%s", log_esc(q->address), a->n, rc_name(rc));
    outbox_wake(o);
    return rc;
}

HANDLER(h_confirm)
{
    struct outbox *o = daemon;
    struct pubd_count_rep *a = r->msg;
    UNUSED_();
    pthread_mutex_lock(&o->lock);
    for (size_t i = 0; deliver_held(o, clock_utc()) && i < o->table.n; i++) {
        struct pub_entry *en = o->table.v[i];
        if (en->state == PS_PENDING && en->kind == PK_DELETE && !en->confirmed)
            a->n++;
    }
    for (size_t i = 0; a->n > 0 && i < o->table.n; i++)
        if (o->table.v[i]->state == PS_PENDING && o->table.v[i]->kind == PK_DELETE)
            table_confirm(&o->table, o->table.v[i]);
    pthread_mutex_unlock(&o->lock);
    log_ev(LOG_INFO_, "publish-confirm", "deletions=%u", a->n);
    outbox_wake(o);
    return RC_OK;
}

/* ---- the first start, another machine ---- */
static enum rc begin_with(struct outbox *o, uint8_t how, struct err *e)
{
    struct ledger_place place = o->place;
    enum rc rc;

    if (o->compares == 0 && how != PB_HERE)
        return err_set(e, RC_TEMP, "our own directory was not read yet: try again in a moment");
    for (size_t i = 0; how != PB_HERE && i < o->table.n; i++) {
        struct pub_entry *en = o->table.v[i];
        table_published(&o->table, en, how == PB_EVERYTHING ? en->wanted : SPAN_NULL, clock_utc());
    }
    place.begun = true;
    rc = ledger_rewrite(o->ledger, &o->table, &place, o->mode == PM_DAMAGED, e);
    if (rc != RC_OK)
        return rc;
    o->place = place;
    o->mode = PM_RUNNING;
    return RC_OK;
}

HANDLER(h_begin)
{
    static const char *const words[] = {[PB_NOTHING] = "nothing", [PB_EVERYTHING] = "everything", [PB_HERE] = "here"};
    struct outbox *o = daemon;
    const struct pubd_begin_req *q = req;
    enum rc rc;
    UNUSED_();
    if (q->how < PB_NOTHING || q->how > PB_HERE)
        return err_set(e, RC_SYNTAX, "begin: no such way");
    pthread_mutex_lock(&o->lock);
    if (o->mode == PM_RUNNING)
        rc = err_set(e, RC_PERM, "it has begun already");
    else if (q->how == PB_HERE && (o->mode != PM_COPY || !o->place.begun))
        rc = err_set(e, RC_PERM, "there is no state of another place: say --nothing or --everything");
    else if (q->how != PB_HERE && o->mode == PM_COPY && o->place.begun)
        rc = err_set(e, RC_PERM, "the state of another place says what is published: say --here");
    else
        rc = begin_with(o, q->how, e);
    pthread_mutex_unlock(&o->lock);
    log_ev(LOG_INFO_, "publish-begin", "how=%s rc=%s", words[q->how], rc_name(rc));
    outbox_wake(o);
    return rc;
}

HANDLER(h_run)
{
    struct outbox *o = daemon;
    struct pubd_run_rep *a = r->msg;
    UNUSED_();
    pthread_mutex_lock(&o->lock);
    for (size_t i = 0; i < o->table.n; i++)
        if (o->table.v[i]->state == PS_TRYING)
            o->table.v[i]->next = 0;
    o->pause_until = 0;
    o->failures = 0;
    o->compare_now = true;
    a->compares =
        o->compares + 1 + o->comparing; /* one that is under way may have passed what the administrator means */
    pthread_mutex_unlock(&o->lock);
    outbox_wake(o);
    return RC_OK;
}

const struct ipc_bind outbox_handlers[] = {{PUBD_STATUS, h_status}, {PUBD_LIST, h_list},   {PUBD_SHOW, h_show},
                                           {PUBD_DIFF, h_diff},     {PUBD_RETRY, h_retry}, {PUBD_CONFIRM, h_confirm},
                                           {PUBD_BEGIN, h_begin},   {PUBD_RUN, h_run},     {0, NULL}};
