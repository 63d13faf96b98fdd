/* SPDX-License-Identifier: EUPL-1.2 */
/* store/db/tx.c - see tx.h. */
#include "store/db/tx.h"
#include "base/clock.h"
#include "base/log.h"
#include "store/db/guard.h"
#include "store/db/os.h"
#include <errno.h>
#include <poll.h>
#include <stdlib.h>

enum { TRIES = 60, VALUE_FIRST = 1024 };

/* A page of the table cannot be read: the guard found it bad, the disk refuses it, or the file is shorter than it was. */
static enum rc damaged(enum table tb, int ret, struct err *e)
{
    struct guard_page p;

    if (guard_last(&p))
        return err_set(e, RC_CORRUPT, "store: %s: page %u is damaged", tables[p.tb].file, (unsigned)p.page);
    log_ev(LOG_ERROR_, "store-damaged", "table=%s db=%d", tables[tb].file, ret);
    return err_set(e, RC_CORRUPT, "store: %s: a page cannot be read: %s", tables[tb].file, db_strerror(ret));
}

enum rc tx_rc(struct tx *t, int ret, enum table tb, struct err *e)
{
    const char *file = tables[tb].file;

    switch (ret) {
    case 0:
        return RC_OK;
    case DB_NOTFOUND:
    case DB_KEYEMPTY:
        return err_set(e, RC_NOTFOUND, "store: %s: no such record", file);
    case DB_KEYEXIST:
        return err_set(e, RC_EXISTS, "store: %s: record exists", file);
    case DB_LOCK_DEADLOCK:
    case DB_LOCK_NOTGRANTED:
        t->deadlock = true;
        return err_set(e, RC_TEMP, "store: %s: deadlock", file);
    case ENOSPC:
    case EDQUOT:
        return err_cause(e, RC_TEMP, CAUSE_DISK_FULL, "store: %s: disk full", file);
    case ENOMEM:
        return err_set(e, RC_TEMP, "store: %s: out of memory or locks", file);
    case EIO:
    case DB_PAGE_NOTFOUND:
        return damaged(tb, ret, e);
    default:
        env_dead(file, ret); /* DB_RUNRECOVERY */
    }
}

enum rc tx_no_table(enum table tb, struct err *e)
{
    return err_set(e, RC_CORRUPT, "store: %s: its first page is damaged: the table is closed", tables[tb].file);
}

/* ---- life of a transaction ---- */
static _Thread_local int64_t due; /* of the request at hand; 0: none */

void tx_due(int64_t at)
{
    due = at;
}

/* The last look at the deadline before the commit. The client waits a good while longer than that, and then takes the
 * request for not done. */
static enum rc in_time(struct err *e)
{
    if (due == 0 || clock_mono() < due)
        return RC_OK;
    return err_set(e, RC_TEMP, "store: not done in time: nothing was changed");
}

/* The request was committed in time, and was on stable storage long after. Its client may have given it up meanwhile,
 * and may ask for it again. */
static void note_late(void)
{
    int64_t late = due ? clock_mono() - due : 0;

    if (late > 0)
        log_ev(LOG_WARN_, "store-late", "ms=%lld", (long long)(late / 1000000));
}

static void set_marks(struct tx *t, int by)
{
    for (size_t i = 0; i < t->n_ev; i++)
        atomic_fetch_add(&t->v->marks[env_mark_of(t->ev[i].mbx)], (unsigned)by);
}

static enum rc give_up(struct tx *t, enum rc rc)
{
    if (t->t->abort(t->t) != 0)
        env_dead("abort", 0);
    return t->deadlock ? RC_TEMP : rc;
}

/* The marks stand from before the locks are given up until the flush is over: a reader that could see this change sees
 * the mark too. */
static enum rc commit(struct tx *t, enum tx_how how, struct err *e)
{
    enum rc rc;
    int ret;

    if (t->v->hooks.audit && (rc = t->v->hooks.audit(t, e)) != RC_OK)
        return give_up(t, rc);
    set_marks(t, 1);
    ret = t->t->commit(t->t, DB_TXN_NOSYNC);
    if (ret == 0 && how == TX_WRITE) {
        env_flush(t->v);
        note_late();
    }
    set_marks(t, -1);
    if (ret != 0)
        return tx_rc(t, ret, T_META, e);
    atomic_fetch_add(&t->v->commits, how == TX_WRITE);
    if (t->v->hooks.committed)
        t->v->hooks.committed(t->v->hooks.owner, t->ev, t->n_ev, t->sweep);
    return RC_OK;
}

static enum rc try_once(struct tx *t, enum tx_how how, tx_fn fn, void *arg, struct err *e)
{
    enum rc rc = tx_rc(t, t->v->e->txn_begin(t->v->e, NULL, &t->t, 0), T_META, e);

    if (rc != RC_OK)
        return rc;
    t->deadlock = t->sweep = false;
    t->n_ev = 0;
    rc = fn(t, arg, e);
    if (rc == RC_OK && !t->deadlock && how == TX_WRITE)
        rc = in_time(e);
    return rc == RC_OK && !t->deadlock ? commit(t, how, e) : give_up(t, rc);
}

enum rc tx_run(struct env *v, enum tx_how how, tx_fn fn, void *arg, struct err *e)
{
    struct tx t;
    enum rc rc = RC_TEMP;

    t.v = v;
    for (int i = 0; i < TRIES; i++) {
        rc = try_once(&t, how, fn, arg, e);
        if (!t.deadlock)
            return rc;
        atomic_fetch_add(&v->deadlocks, 1);
        if (i > 2)
            poll(NULL, 0, 1 + (i < 20 ? i / 4 : 5));
    }
    return rc;
}

void tx_bare(struct env *v, struct tx *t)
{
    memset(t, 0, sizeof *t);
    t->v = v;
}

void tx_touch(struct tx *t, uint64_t mbx, uint32_t folder, uint64_t modseq)
{
    if (t->n_ev == TX_EVENTS_MAX)
        bug("store: more events than places");
    t->ev[t->n_ev++] = (struct tx_event){mbx, modseq, folder};
}

/* ---- records ---- */
static DBT in(struct span s)
{
    DBT d = {0};

    d.data = (void *)(uintptr_t)s.p;
    d.size = (uint32_t)s.n;
    return d;
}

static uint32_t get_flags(unsigned how)
{
    return (how & TX_FOR_WRITE ? DB_RMW : 0u) | (how & TX_COMMITTED ? DB_READ_COMMITTED : 0u);
}

static enum rc get_into(struct tx *t, enum table tb, const struct key *k, uint32_t flags, DBT *d, struct buf *out,
                        struct err *e)
{
    DB *db = env_table(t->v, tb);
    DBT key = in(key_span(k));
    int ret;

    if (!db)
        return tx_no_table(tb, e);
    for (;;) {
        d->data = out->p + out->n;
        d->ulen = (uint32_t)(out->cap - out->n);
        d->flags |= DB_DBT_USERMEM;
        ret = os_db_result(db->get(db, t->t, &key, d, flags));
        if (ret != DB_BUFFER_SMALL)
            break;
        if (buf_reserve(out, d->size, e) != RC_OK)
            return RC_TEMP;
    }
    if (ret == 0)
        out->n += d->size;
    return tx_rc(t, ret, tb, e);
}

enum rc tx_get(struct tx *t, enum table tb, const struct key *k, unsigned how, struct buf *out, struct err *e)
{
    DBT d = {0};

    buf_clear(out);
    if (buf_reserve(out, VALUE_FIRST, e) != RC_OK)
        return RC_TEMP;
    return get_into(t, tb, k, get_flags(how), &d, out, e);
}

enum rc tx_get_part(struct tx *t, enum table tb, const struct key *k, uint32_t off, uint32_t n, struct buf *out,
                    struct err *e)
{
    DBT d = {0};

    if (buf_reserve(out, n, e) != RC_OK)
        return RC_TEMP;
    d.flags = DB_DBT_PARTIAL;
    d.doff = off;
    d.dlen = n;
    return get_into(t, tb, k, t->t ? DB_READ_COMMITTED : 0, &d, out, e);
}

enum rc tx_has(struct tx *t, enum table tb, const struct key *k, struct err *e)
{
    DB *db = env_table(t->v, tb);
    DBT key = in(key_span(k));

    if (!db)
        return tx_no_table(tb, e);
    return tx_rc(t, os_db_result(db->exists(db, t->t, &key, 0)), tb, e);
}

enum rc tx_put(struct tx *t, enum table tb, const struct key *k, struct span val, unsigned how, struct err *e)
{
    DB *db = env_table(t->v, tb);
    DBT key = in(key_span(k)), d = in(val);

    if (!db)
        return tx_no_table(tb, e);
    return tx_rc(t, os_db_result(db->put(db, t->t, &key, &d, how & TX_NEW ? DB_NOOVERWRITE : 0)), tb, e);
}

enum rc tx_del(struct tx *t, enum table tb, const struct key *k, struct err *e)
{
    DB *db = env_table(t->v, tb);
    DBT key = in(key_span(k));

    if (!db)
        return tx_no_table(tb, e);
    return tx_rc(t, os_db_result(db->del(db, t->t, &key, 0)), tb, e);
}
