/* SPDX-License-Identifier: EUPL-1.2 */
/* store/check/check_acl.c - the phase that checks the rights of delegates (INV-D2), a mailbox at a time, under the mailbox's record: who deletes a
 * folder or takes a key slot away holds it for writing. */
#include "base/rights.h"
#include "store/check/check.h"
#include "store/ops/freed.h"
#include "store/ops/slots.h"

struct acl_check {
    struct check *c;
    uint64_t mbx;
    struct span slots; /* of the mailbox, now */
};
enum { ROW = 8 + 4 + 1 /* delegate, folder; 1: the record is not lawful */ };

static void bad(const struct acl_check *a, const unsigned char *row, const char *what)
{
    check_bad(a->c, "rights mbx=%llu delegate=%llu folder=%u: %s", (unsigned long long)a->mbx,
              (unsigned long long)be64(row), (unsigned)be32(row + 8), what);
}

static bool lawful(struct span val)
{
    struct err none;
    struct acl r;

    return rec_read(val, acl_f, &r, &none) == RC_OK && r.has_rights <= ACL_ROW_WITHIN && r.unsubscribed <= 1 &&
           (r.rights & ~(uint32_t)ACL_ALL) == 0;
}

/* Gathered first, because a scan holds its page. */
static enum rc rows_of(struct tx *t, uint64_t mbx, struct buf *out, struct err *e)
{
    struct key from = key_mbx(mbx);
    struct span k, v;
    struct scan s;
    enum rc rc = scan_open(&s, t, T_ACL, &from, from.n, SCAN_FEW, e);

    while (rc == RC_OK && (rc = scan_next(&s, &k, &v, e)) == RC_OK) {
        unsigned char wrong = !lawful(v);

        buf_add(out, k.p + 8, 12);
        buf_add(out, &wrong, 1);
    }
    scan_close(&s);
    return rc == RC_NOTFOUND ? RC_OK : rc;
}

/* Rights of a mailbox that is not there: it is being emptied, or they would stay for ever. */
static enum rc of_no_box(const struct acl_check *a, struct tx *t, struct err *e)
{
    struct key gone = key_folder(a->mbx, 0);
    enum rc rc = tx_has(t, T_GONE, &gone, e);

    if (rc == RC_NOTFOUND)
        check_bad(a->c, "rights mbx=%llu: of no mailbox", (unsigned long long)a->mbx);
    return rc == RC_NOTFOUND ? RC_OK : rc;
}

/* The upkeep lets a kept name go, and its rows with it, without the mailbox's record: a row that is there no more is not meant. */
static enum rc check_folder_of(const struct acl_check *a, struct tx *t, const unsigned char *row, struct err *e)
{
    struct key k = key_folder(a->mbx, be32(row + 8)), name = key_freed(a->mbx, FREED_NAME | be32(row + 8)),
               own = key_acl(a->mbx, be64(row), be32(row + 8));
    struct buf mem = BUF_INIT;
    struct folder f;
    enum rc rc = tx_get(t, T_FOLDERS, &k, TX_COMMITTED, &mem, e);

    if (rc == RC_OK)
        rc = rec_read(buf_span(&mem), folder_f, &f, e);
    if (rc == RC_NOTFOUND && !t->deadlock)
        rc = tx_has(t, T_FREED, &name, e);
    if (rc == RC_NOTFOUND && !t->deadlock && (rc = tx_has(t, T_ACL, &own, e)) == RC_OK)
        bad(a, row, "of no folder");
    buf_free(&mem);
    return rc == RC_NOTFOUND && !t->deadlock ? RC_OK : rc;
}

static void check_delegate(const struct acl_check *a, const unsigned char *row)
{
    struct slot slot;
    struct err none;
    enum rc rc = slot_delegate_find(a->slots, be64(row), &slot, &none);

    if (rc != RC_OK)
        bad(a, row, rc == RC_NOTFOUND ? "of nobody who has a key slot there" : "the mailbox's key slots do not read");
}

static enum rc check_rows(const struct acl_check *a, struct tx *t, struct span rows, struct err *e)
{
    enum rc rc = RC_OK;

    for (; rc == RC_OK && rows.n >= ROW; rows = span_from(rows, ROW)) {
        a->c->checked++;
        if (rows.p[12])
            bad(a, rows.p, "no lawful rights");
        check_delegate(a, rows.p);
        rc = check_folder_of(a, t, rows.p, e);
    }
    return rc;
}

static enum rc check_box_acl(struct tx *t, void *arg, struct err *e)
{
    struct acl_check *a = arg;
    struct buf rows = BUF_INIT, mem = BUF_INIT;
    struct span former;
    struct box b;
    enum rc rc = box_get(t, a->mbx, false, &b, e);

    if (rc != RC_OK)
        return rc == RC_NOTFOUND && !t->deadlock ? of_no_box(a, t, e) : rc;
    if ((rc = buf_reserve(&mem, 2 * SLOTS_MAX, e)) == RC_OK)
        rc = slots_read(t, a->mbx, &mem, &a->slots, &former, e);
    if (rc == RC_NOTFOUND && !t->deadlock) /* check_folder() says so */
        rc = RC_OK;
    else if (rc == RC_OK && (rc = rows_of(t, a->mbx, &rows, e)) == RC_OK)
        rc = check_rows(a, t, buf_span(&rows), e);
    buf_free(&rows);
    buf_free(&mem);
    return rc;
}

enum rc check_acl(struct check *c, struct err *e)
{
    struct acl_check a = {.c = c};
    struct key k;
    enum rc rc = check_next_key(c, T_ACL, &k, e);

    if (rc != RC_OK)
        return rc;
    a.mbx = be64(k.b);
    c->at = key_mbx(a.mbx + 1);
    return tx_run(&c->d->env, TX_READ, check_box_acl, &a, e);
}
