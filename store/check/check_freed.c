/* SPDX-License-Identifier: EUPL-1.2 */
/* store/check/check_freed.c - the phase that checks the rows of T_FREED (INV-14), and counts the references that they
 * stand for.
 *
 * A message that was expunged after the check began may have been counted in its folder already. Its object is in doubt,
 * and is not compared. */
#include "store/check/check.h"
#include "store/ops/freed.h"

struct one_row {
    struct check *c;
    struct key k;
    uint32_t folder;
    bool begun; /* a run again after a deadlock would count twice */
};

static void say(const struct one_row *o, const struct freed *f, const char *what)
{
    check_bad(o->c, "freed mbx=%llu folder=%u uid=%u: %s", (unsigned long long)be64(o->k.b), (unsigned)o->folder,
              (unsigned)f->uid, what);
}

/* Reads of two tables in one transaction: what a writer holds of one while it waits for the other is seen by the library. */
static enum rc check_item(const struct one_row *o, struct tx *t, const struct freed *f, struct err *e)
{
    struct key msg = key_msg(be64(o->k.b), o->folder, f->uid), ref = key_oid(f->m.oid);
    enum rc rc = tx_has(t, T_MSGS, &msg, e);

    if (rc == RC_OK)
        say(o, f, "is to be freed, and is still in its folder");
    if (rc == RC_OK || rc == RC_NOTFOUND)
        rc = tx_has(t, T_OBJREFS, &ref, e);
    if (rc == RC_NOTFOUND)
        say(o, f, "its object is missing");
    return rc == RC_NOTFOUND ? RC_OK : rc;
}

/* INV-15: without its row in T_REMOVED nobody would ever free it; with a number beyond the head's it would be given twice. */
static enum rc check_time(const struct one_row *o, struct tx *t, const struct freed_row *r, struct err *e)
{
    uint64_t mbx = be64(o->k.b), n = be64(o->k.b + 8);
    struct key time = freed_time(r, mbx, n);
    struct freed_head h;
    enum rc rc = tx_has(t, T_REMOVED, &time, e);

    if (rc == RC_NOTFOUND && !t->deadlock) {
        say(o, &r->f[0], "has no row in removed.db");
        rc = RC_OK;
    }
    if (rc == RC_OK)
        rc = freed_head_get(t, mbx, false, &h, e);
    if (rc == RC_OK && h.next < n + 1) /* undelete may have left fewer messages than there were */
        say(o, &r->f[0], "its number is beyond the head's");
    return rc;
}

/* The head is the sum of the rows (INV-15). Its lock keeps the rows as they are. */
static enum rc check_head(const struct one_row *o, struct tx *t, struct err *e)
{
    struct key from = key_freed(be64(o->k.b), 1);
    struct freed_head h;
    struct freed_row r;
    struct sums sum = {0};
    struct buf mem = BUF_INIT;
    struct span k, v;
    struct scan s;
    enum rc rc = tx_get(t, T_FREED, &o->k, 0, &mem, e);

    if (rc == RC_OK)
        rc = rec_read(buf_span(&mem), freed_head_f, &h, e);
    buf_free(&mem);
    if (rc != RC_OK)
        return rc;
    rc = scan_open(&s, t, T_FREED, &from, 8, SCAN_FEW, e);
    while (rc == RC_OK && (rc = scan_next(&s, &k, &v, e)) == RC_OK && !(be64(k.p + 8) & FREED_NAME) &&
           (rc = freed_read(v, &r, e)) == RC_OK) {
        struct sums one = freed_sums(&r);

        sum.messages += one.messages;
        sum.bytes += one.bytes;
    }
    scan_close(&s);
    if ((rc == RC_OK || rc == RC_NOTFOUND) && (sum.messages != h.messages || sum.bytes != h.bytes))
        check_bad(o->c, "freed mbx=%llu: counts %llu messages, %llu bytes; keeps %llu, %llu",
                  (unsigned long long)be64(o->k.b), (unsigned long long)h.messages, (unsigned long long)h.bytes,
                  (unsigned long long)sum.messages, (unsigned long long)sum.bytes);
    return rc == RC_CORRUPT && !t->deadlock ? RC_OK : rc; /* the row is named by itself */
}

static enum rc check_row(struct tx *t, void *arg, struct err *e)
{
    struct one_row *o = arg;
    struct buf mem = BUF_INIT;
    struct freed_row r;
    uint64_t n = be64(o->k.b + 8);
    enum rc rc;

    if (n == 0)
        return (rc = check_head(o, t, e)) == RC_NOTFOUND ? RC_OK : rc;
    rc = n & FREED_NAME ? RC_NOTFOUND : tx_get(t, T_FREED, &o->k, 0, &mem, e);
    if (rc == RC_OK)
        rc = freed_read(buf_span(&mem), &r, e);
    buf_free(&mem);
    if (rc != RC_OK)
        return rc == RC_NOTFOUND ? RC_OK : rc; /* worked off just now: its objects were touched */
    o->c->blind |= o->begun;
    o->begun = true;
    o->folder = r.folder;
    rc = check_time(o, t, &r, e);
    for (size_t i = 0; rc == RC_OK && i < r.n; i++) {
        rc = r.when < o->c->started ? counted_add(o->c->refs, r.f[i].m.oid, e)
                                    : counted_doubt(o->c->refs, r.f[i].m.oid, e);
        if (rc == RC_OK)
            rc = check_item(o, t, &r.f[i], e);
    }
    return rc;
}

enum rc check_freed(struct check *c, struct err *e)
{
    struct one_row o = {.c = c};
    enum rc rc = check_next_key(c, T_FREED, &o.k, e);

    return rc == RC_OK ? tx_run(&c->d->env, TX_READ, check_row, &o, e) : rc;
}

static enum rc check_of_time(struct tx *t, void *arg, struct err *e)
{
    struct one_row *o = arg;
    struct key row = key_freed(be64(o->k.b + 8), be64(o->k.b + 16));
    enum rc rc = tx_has(t, T_FREED, &row, e);

    if (rc == RC_NOTFOUND && !t->deadlock &&
        (rc = tx_has(t, T_REMOVED, &o->k, e)) == RC_OK) /* not worked off just now */
        check_bad(o->c, "removed mbx=%llu number=%llu: there is no such row in freed.db",
                  (unsigned long long)be64(o->k.b + 8), (unsigned long long)be64(o->k.b + 16));
    return rc == RC_NOTFOUND && !t->deadlock ? RC_OK : rc;
}

enum rc check_removed(struct check *c, struct err *e)
{
    struct one_row o = {.c = c};
    enum rc rc = check_next_key(c, T_REMOVED, &o.k, e);

    return rc == RC_OK && o.k.b[0] != FREED_OVER ? tx_run(&c->d->env, TX_READ, check_of_time, &o, e) : rc;
}
