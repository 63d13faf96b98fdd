/* SPDX-License-Identifier: EUPL-1.2 */
/* store/ops/fullness.c - see store/ops/fullness.h. */
#include "store/ops/fullness.h"
#include "base/clock.h"
#include "base/log.h"
#include "store/db/scan.h"
#include "store/ops/folder.h"
#include <stdlib.h>

enum { LEVELS = 2, PROBES = 16 };
static const unsigned levels[LEVELS] = {95, 80};

struct fullness {
    pthread_mutex_t lock;
    size_t n_noted;
    uint64_t noted[FULLNESS_NOTES]; /* 0: free; a mailbox stands within PROBES places of its own */
    uint64_t *due;                  /* mailboxes with something to be told, and some that had */
    size_t n_due, cap;
};

struct fullness *fullness_new(void)
{
    struct fullness *f = calloc(1, sizeof *f);

    if (!f)
        die("out of memory");
    pthread_mutex_init(&f->lock, NULL);
    return f;
}

void fullness_free(struct fullness **f)
{
    if (*f) {
        pthread_mutex_destroy(&(*f)->lock);
        free((*f)->due);
    }
    free(*f);
    *f = NULL;
}

unsigned fullness_level(uint64_t used, uint64_t most)
{
    for (size_t i = 0; most > 0 && i < LEVELS; i++) {
        uint64_t at = most / 100 * levels[i] + (most % 100 * levels[i] + 99) / 100; /* rounded up, and no overflow */

        if (used >= at)
            return levels[i];
    }
    return 0;
}

/* ---- notes ---- */
void fullness_note(struct fullness *f, uint64_t mbx)
{
    size_t at = env_mark_of(mbx) % FULLNESS_NOTES;

    if (f == NULL)
        return;
    pthread_mutex_lock(&f->lock);
    for (size_t i = 0; i < PROBES; i++) {
        uint64_t *slot = &f->noted[(at + i) % FULLNESS_NOTES];

        if (*slot == 0) {
            *slot = mbx;
            f->n_noted++;
        }
        if (*slot == mbx)
            break;
    }
    pthread_mutex_unlock(&f->lock);
}

/* All that were noted, in out. */
static size_t take_notes(struct fullness *f, uint64_t out[FULLNESS_NOTES])
{
    size_t n = 0;

    pthread_mutex_lock(&f->lock);
    for (size_t i = 0; f->n_noted > 0 && i < FULLNESS_NOTES; i++)
        if (f->noted[i]) {
            out[n++] = f->noted[i];
            f->noted[i] = 0;
            f->n_noted--;
        }
    pthread_mutex_unlock(&f->lock);
    return n;
}

static void note_due(struct fullness *f, uint64_t mbx)
{
    size_t i = 0;

    pthread_mutex_lock(&f->lock);
    while (i < f->n_due && f->due[i] != mbx)
        i++;
    if (i == f->n_due && f->n_due == f->cap) {
        uint64_t *more = realloc(f->due, (f->cap = 2 * f->cap + 16) * sizeof *more);

        if (!more)
            die("out of memory");
        f->due = more;
    }
    if (i == f->n_due)
        f->due[f->n_due++] = mbx;
    pthread_mutex_unlock(&f->lock);
}

static void forget_due(struct fullness *f, uint64_t mbx)
{
    pthread_mutex_lock(&f->lock);
    for (size_t i = 0; i < f->n_due; i++)
        if (f->due[i] == mbx)
            f->due[i--] = f->due[--f->n_due];
    pthread_mutex_unlock(&f->lock);
}

/* The first so many, in out. */
static size_t first_due(struct fullness *f, uint64_t *out, size_t most)
{
    size_t n;

    pthread_mutex_lock(&f->lock);
    n = f->n_due < most ? f->n_due : most;
    if (n > 0)
        memcpy(out, f->due, n * sizeof *out);
    pthread_mutex_unlock(&f->lock);
    return n;
}

/* ---- a look ---- */
struct look {
    struct stored *d;
    uint64_t mbx;
    bool changed, due;
};

static enum rc level_now(const struct stored *d, struct tx *t, uint64_t mbx, const struct box *b, unsigned *out,
                         struct err *e)
{
    uint64_t most = box_most(d, b);
    unsigned octets, messages;
    struct sums s = {0};
    enum rc rc = b->quota || most ? box_sums(t, mbx, &s, e) : RC_OK;

    octets = fullness_level(sums_used(&s) + b->annotated, b->quota);
    messages = fullness_level(s.messages, most);
    *out = octets > messages ? octets : messages;
    return rc;
}

static enum rc look(struct tx *t, void *arg, struct err *e)
{
    struct look *l = arg;
    unsigned now = 0;
    struct box b;
    enum rc rc = box_get(t, l->mbx, false, &b, e);

    if (rc == RC_OK)
        rc = level_now(l->d, t, l->mbx, &b, &now, e);
    l->changed = rc == RC_OK && now != b.warned;
    return rc;
}

static enum rc write_level(struct tx *t, void *arg, struct err *e)
{
    struct look *l = arg;
    unsigned now = 0;
    struct box b;
    enum rc rc = box_get(t, l->mbx, true, &b, e);

    if (rc == RC_OK)
        rc = level_now(l->d, t, l->mbx, &b, &now, e);
    if (rc != RC_OK || now == b.warned)
        return rc;
    if (now > b.warned) {
        b.warn_due = (uint8_t)now;
        b.warn_at = (uint64_t)clock_utc();
    } else if (b.warn_due > now) {
        b.warn_due = (uint8_t)now; /* 95 was passed for a moment, and 80 with it: that is still so, or nothing is */
    }
    b.warned = (uint8_t)now;
    l->due = b.warn_due > 0;
    if (l->due)
        tx_touch(t, SEAL_QUEUE_BOX, QUEUE_QUOTA, 0);
    return box_put(t, l->mbx, &b, e);
}

static void look_at(struct stored *d, uint64_t mbx)
{
    struct look l = {.d = d, .mbx = mbx};
    struct tx t;
    struct err e;
    enum rc rc;

    tx_bare(&d->env, &t);
    rc = look(&t, &l, &e);
    if (rc == RC_OK && l.changed) {
        note_due(d->fullness,
                 mbx); /* before relayd hears of it; who has nothing to be told is forgotten when it asks */
        rc = tx_run(&d->env, TX_WRITE, write_level, &l, &e);
        if (rc == RC_OK && l.due)
            note_due(d->fullness, mbx); /* it may have asked in between, and found nothing yet */
    }
    if (rc != RC_OK && rc != RC_NOTFOUND)
        log_err(LOG_WARN_, "store-sweep", &e);
    if (rc == RC_TEMP)
        fullness_note(d->fullness, mbx); /* again next round */
}

void fullness_sweep(struct stored *d, bool (*stopping)(struct stored *d))
{
    static uint64_t noted[FULLNESS_NOTES]; /* the background thread's alone */
    size_t n = d->fullness ? take_notes(d->fullness, noted) : 0;

    for (size_t i = 0; i < n && !stopping(d); i++)
        look_at(d, noted[i]);
}

void fullness_load(struct stored *d, bool (*stopping)(struct stored *d))
{
    struct key from = {{0}, 0};
    struct span k, v;
    struct scan s;
    struct box b;
    struct tx t;
    struct err e;
    enum rc rc;

    if (d->fullness == NULL)
        return;
    tx_bare(&d->env, &t);
    rc = scan_open(&s, &t, T_BOXES, &from, 0, SCAN_MANY, &e);
    while (rc == RC_OK && !stopping(d) && (rc = scan_next(&s, &k, &v, &e)) == RC_OK)
        if (k.n == 9 && k.p[8] == 0 && rec_read(v, box_f, &b, &e) == RC_OK && b.warn_due)
            note_due(d->fullness, be64(k.p));
    scan_close(&s);
    if (rc != RC_OK && rc != RC_NOTFOUND)
        log_err(LOG_WARN_, "store-sweep", &e);
}

/* ---- what relayd asks ---- */
static enum rc add_warning(struct tx *t, const struct ask *a, uint64_t mbx, struct buf *list, struct err *e)
{
    struct sums s = {0};
    struct box b;
    enum rc rc = box_get(t, mbx, false, &b, e);

    if (rc == RC_OK && b.warn_due)
        rc = box_sums(t, mbx, &s, e);
    if (rc == RC_OK && b.warn_due) {
        struct store_warning w = {.mbx = mbx,
                                  .level = b.warn_due,
                                  .at = b.warn_at,
                                  .used = sums_used(&s) + b.annotated,
                                  .quota = b.quota,
                                  .messages = s.messages,
                                  .most = box_most(a->d, &b)};
        ipc_list_add(list, store_warning_f, &w);
    } else if (rc == RC_OK || rc == RC_NOTFOUND) {
        forget_due(a->d->fullness, mbx);
    }
    return rc == RC_NOTFOUND ? RC_OK : rc;
}

enum rc do_warnings(struct tx *t, const struct ask *a, struct err *e)
{
    struct store_list_rep *rep = a->rep;
    uint64_t due[FULLNESS_PAGE];
    size_t n = a->d->fullness ? first_due(a->d->fullness, due, FULLNESS_PAGE) : 0;
    enum rc rc = RC_OK;

    for (size_t i = 0; rc == RC_OK && i < n; i++)
        rc = add_warning(t, a, due[i], a->out, e);
    rep->list = buf_span(a->out);
    rep->next = n == FULLNESS_PAGE;
    return rc;
}

enum rc do_warned(struct tx *t, const struct ask *a, struct err *e)
{
    const struct store_warned_req *rq = a->req;
    struct box b;
    enum rc rc = box_get(t, rq->mbx, true, &b, e);

    if (rc != RC_OK || b.warn_due != rq->level || b.warn_at != rq->at)
        return rc == RC_NOTFOUND ? RC_OK : rc; /* it has another one to be told by now */
    b.warn_due = 0;
    return box_put(t, rq->mbx, &b, e);
}
