/* SPDX-License-Identifier: EUPL-1.2 */
/* publish/pubd/compare.c - what our directory has is compared with what is published: everything, what changed, or for show.
 *
 * Whole    Before the first page dird is asked how far it has counted changes, so what changes during the comparison is looked at again behind it. An address that
 *          no page named is asked for by itself before it counts as gone: half a directory is no reason to delete the other half (deliver.c holds those, too).
 * Process  pubd.
 */
#include "base/clock.h"
#include "base/log.h"
#include "publish/pubd/outbox.h"
#include <stdlib.h>

/* ---- one mailbox ---- */
/* The entry and its event follow. The lock is held. */
static void take_wanted(struct outbox *o, struct span address, struct span wanted, uint64_t seen)
{
    struct pub_entry *en = table_find(&o->table, address);
    struct err e;

    if (!en && wanted.n == 0)
        return;
    if (!en)
        en = table_add(&o->table, address);
    table_want(&o->table, en, wanted, seen, clock_utc());
    if (o->mode == PM_RUNNING && en->unsaved && en != o->sending && ledger_entry(o->ledger, en, &e) != RC_OK) {
        outbox_complain(o, span_str(e.log));
        o->unsaved = true;
    }
}

static bool take_box(struct outbox *o, const struct dird_box *box, uint64_t seen)
{
    struct buf wanted = BUF_INIT;
    enum want_is is = want(&o->conf.rules, box, &wanted);

    pthread_mutex_lock(&o->lock);
    take_wanted(o, box->address, buf_span(&wanted), seen);
    pthread_mutex_unlock(&o->lock);
    buf_free(&wanted);
    return is != WANT_NO_NUMBER;
}

/* Asked for by itself. */
static enum rc look_at(struct outbox *o, struct span address, uint64_t seen, struct err *e)
{
    struct dird_address_req rq = {address};
    struct dird_box box = {.flags = 0};
    struct buf mem = BUF_INIT;
    enum rc rc = dir_call_in(o->dir, DIRD_BOX, &rq, &box, &mem, e);

    if (rc == RC_OK)
        (void)take_box(o, &box, seen);
    if (rc == RC_NOTFOUND) {
        pthread_mutex_lock(&o->lock);
        take_wanted(o, address, SPAN_NULL, seen);
        pthread_mutex_unlock(&o->lock);
        rc = RC_OK;
    }
    buf_free(&mem);
    return rc;
}

/* ---- everything ---- */
static enum rc take_page(struct outbox *o, struct dird_list_rep *page, uint64_t seen, struct buf *last,
                         uint64_t *left_out, struct err *e)
{
    struct dird_box box;
    enum rc rc;

    while ((rc = ipc_list_next(&page->list, dird_box_f, &box, e)) == RC_OK) {
        *left_out += !take_box(o, &box, seen);
        buf_clear(last);
        buf_addspan(last, box.address);
    }
    return rc == RC_NOTFOUND ? RC_OK : rc;
}

static enum rc take_pages(struct outbox *o, uint64_t seen, uint64_t *left_out, struct err *e)
{
    struct buf last = BUF_INIT, mem = BUF_INIT;
    struct dird_list_rep page = {.more = 1};
    enum rc rc = RC_OK;

    while (rc == RC_OK && page.more && !atomic_load(&o->stop)) {
        struct dird_list_req rq = {.after = buf_span(&last)};
        rc = dir_call_in(o->dir, DIRD_BOXES, &rq, &page, &mem, e);
        if (rc == RC_OK)
            rc = take_page(o, &page, seen, &last, left_out, e);
    }
    if (rc == RC_OK && page.more)
        rc = err_set(e, RC_TEMP, "told to stop");
    buf_free(&last);
    buf_free(&mem);
    return rc;
}

/* The first address from index *i on that this comparison did not meet; NULL: none. A copy. */
static char *unmet(struct outbox *o, size_t *i, uint64_t seen)
{
    char *found = NULL;

    pthread_mutex_lock(&o->lock);
    for (; *i < o->table.n && !found; (*i)++)
        if (o->table.v[*i]->seen != seen)
            found = span_dup(span_str(o->table.v[*i]->address));
    pthread_mutex_unlock(&o->lock);
    return found;
}

static enum rc take_gone(struct outbox *o, uint64_t seen, struct err *e)
{
    enum rc rc = RC_OK;
    size_t i = 0;
    char *address;

    while (rc == RC_OK && (address = unmet(o, &i, seen))) {
        rc = atomic_load(&o->stop) ? err_set(e, RC_TEMP, "told to stop") : look_at(o, span_str(address), seen, e);
        free(address);
    }
    return rc;
}

/* Entries of which nothing is published and nothing is to be: no event of theirs is under way. The lock is held. */
static void drop_idle(struct outbox *o)
{
    for (size_t i = o->table.n; i-- > 0;)
        if (table_idle(o->table.v[i]) && o->table.v[i] != o->sending && !o->table.v[i]->unsaved)
            table_drop(&o->table, i);
    o->cursor = 0;
}

static enum rc begin_changes(struct outbox *o, struct err *e)
{
    struct dird_changed_req rq = {0, 0};
    struct dird_changed_rep rep = {.run = 0};
    struct buf mem = BUF_INIT;
    enum rc rc = dir_call_in(o->dir, DIRD_BOXES_CHANGED, &rq, &rep, &mem, e);

    if (rc == RC_OK) {
        o->run = rep.run;
        o->seen = rep.seen;
    }
    buf_free(&mem);
    return rc;
}

enum rc compare_whole(struct outbox *o, struct err *e)
{
    uint64_t seen, left_out = 0;
    enum rc rc = begin_changes(o, e);

    pthread_mutex_lock(&o->lock);
    seen = o->compares + 1;
    o->comparing = true;
    pthread_mutex_unlock(&o->lock);
    if (rc == RC_OK)
        rc = take_pages(o, seen, &left_out, e);
    if (rc == RC_OK)
        rc = take_gone(o, seen, e);
    pthread_mutex_lock(&o->lock);
    o->away = rc != RC_OK;
    o->comparing = false;
    if (rc == RC_OK) {
        drop_idle(o);
        if (o->mode == PM_RUNNING && ledger_wants_rewrite(o->ledger, &o->table))
            (void)ledger_rewrite(o->ledger, &o->table, &o->place, false, e);
        o->compares = seen;
        o->compared = clock_utc();
        o->left_out = left_out;
        log_ev(LOG_INFO_, "publish-compared", "published=%llu pending=%llu refused=%llu left_out=%llu",
               (unsigned long long)o->table.count.published, (unsigned long long)o->table.count.state[PS_PENDING],
               (unsigned long long)o->table.count.state[PS_REFUSED], (unsigned long long)left_out);
    }
    pthread_mutex_unlock(&o->lock);
    return rc;
}

/* ---- what changed ---- */
static enum rc look_at_all(struct outbox *o, struct span addresses, struct err *e)
{
    enum rc rc = RC_OK;

    while (rc == RC_OK && addresses.n > 0)
        rc = look_at(o, span_cut(&addresses, '\n'), o->compares, e);
    return rc;
}

enum rc compare_changed(struct outbox *o, bool *whole_out, struct err *e)
{
    struct dird_changed_rep rep = {.more = 1};
    struct buf mem = BUF_INIT;
    enum rc rc = RC_OK;

    *whole_out = false;
    while (rc == RC_OK && rep.more && !*whole_out && !atomic_load(&o->stop)) {
        struct dird_changed_req rq = {o->run, o->seen};
        rc = dir_call_in(o->dir, DIRD_BOXES_CHANGED, &rq, &rep, &mem, e);
        if (rc == RC_OK && rep.whole)
            *whole_out = true;
        else if (rc == RC_OK && (rc = look_at_all(o, rep.addresses, e)) == RC_OK)
            o->seen = rep.seen;
    }
    pthread_mutex_lock(&o->lock);
    o->away = rc != RC_OK;
    pthread_mutex_unlock(&o->lock);
    buf_free(&mem);
    return rc;
}

/* ---- for show ---- */
static void add_row(struct buf *list, struct span address, enum pub_kind kind)
{
    struct pub_row row = {.address = address, .kind = (uint8_t)kind, .state = PS_PENDING};

    ipc_list_add(list, pub_row_f, &row);
}

/* Entries in between, which our directory has no more. The lock is held. */
static void add_gone(struct outbox *o, struct span after, struct span before, struct buf *list)
{
    for (size_t i = table_behind(&o->table, after); i < o->table.n; i++) {
        const struct pub_entry *en = o->table.v[i];
        if (before.n > 0 && span_cmp(span_str(en->address), before) >= 0)
            return;
        if (en->published.n > 0)
            add_row(list, span_str(en->address), PK_DELETE);
    }
}

static void add_difference(struct outbox *o, const struct dird_box *box, struct buf *list)
{
    const struct pub_entry *en = table_find(&o->table, box->address);
    struct buf wanted = BUF_INIT;
    struct span target;
    enum pub_kind kind;

    (void)want(&o->conf.rules, box, &wanted);
    kind = want_event(en ? en->published : SPAN_NULL, buf_span(&wanted), &target);
    if (kind != PK_NONE)
        add_row(list, box->address, kind);
    buf_free(&wanted);
}

enum rc compare_diff(struct outbox *o, const struct pubd_list_req *q, struct buf *list, struct buf *last,
                     bool *more_out, struct err *e)
{
    struct dird_list_req rq = {.after = q->after};
    struct dird_list_rep page = {.more = 0};
    struct buf mem = BUF_INIT;
    struct dird_box box;
    enum rc rc;

    pthread_mutex_lock(&o->diff_lock);
    rc = dir_call_in(o->asked_dir, DIRD_BOXES, &rq, &page, &mem, e);
    pthread_mutex_unlock(&o->diff_lock);
    if (rc != RC_OK) {
        buf_free(&mem);
        return rc;
    }
    buf_addspan(last, q->after);
    pthread_mutex_lock(&o->lock);
    while ((rc = ipc_list_next(&page.list, dird_box_f, &box, e)) == RC_OK) {
        add_gone(o, buf_span(last), box.address, list);
        add_difference(o, &box, list);
        buf_clear(last);
        buf_addspan(last, box.address);
    }
    if (rc == RC_NOTFOUND && !page.more)
        add_gone(o, buf_span(last), SPAN_NULL, list);
    pthread_mutex_unlock(&o->lock);
    *more_out = page.more;
    buf_free(&mem);
    return rc == RC_NOTFOUND ? RC_OK : rc;
}
