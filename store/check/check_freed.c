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
    bool begun; /* a run again after a deadlock would count twice */
};

static void say(const struct one_row *o, const struct freed *f, const char *what)
{
    check_bad(o->c, "freed mbx=%llu folder=%u uid=%u: %s", (unsigned long long)be64(o->k.b), (unsigned)be32(o->k.b + 8),
              (unsigned)f->uid, what);
}

/* Reads of two tables in one transaction: what a writer holds of one while it waits for the other is seen by the library. */
static enum rc check_item(const struct one_row *o, struct tx *t, const struct freed *f, struct err *e)
{
    struct key msg = key_msg(be64(o->k.b), be32(o->k.b + 8), f->uid), ref = key_oid(f->oid);
    enum rc rc = tx_has(t, T_MSGS, &msg, e);

    if (rc == RC_OK)
        say(o, f, "is to be freed, and is still in its folder");
    if (rc == RC_OK || rc == RC_NOTFOUND)
        rc = tx_has(t, T_OBJREFS, &ref, e);
    if (rc == RC_NOTFOUND)
        say(o, f, "its object is missing");
    return rc == RC_NOTFOUND ? RC_OK : rc;
}

static enum rc check_row(struct tx *t, void *arg, struct err *e)
{
    struct one_row *o = arg;
    struct buf mem = BUF_INIT;
    struct freed_row r;
    enum rc rc = tx_get(t, T_FREED, &o->k, 0, &mem, e);

    if (rc == RC_OK)
        rc = freed_read(buf_span(&mem), &r, e);
    buf_free(&mem);
    if (rc != RC_OK)
        return rc == RC_NOTFOUND ? RC_OK : rc; /* worked off just now: its objects were touched */
    o->c->blind |= o->begun;
    o->begun = true;
    for (size_t i = 0; rc == RC_OK && i < r.n; i++) {
        rc = r.when < o->c->started ? counted_add(o->c->refs, r.f[i].oid, e) : counted_doubt(o->c->refs, r.f[i].oid, e);
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
