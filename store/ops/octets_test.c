/* SPDX-License-Identifier: EUPL-1.2 */
/* store/ops/octets_test.c - what lies in a segment is given back by its own object alone: the number of a removed segment is given again after a start,
 * and a tomb that a crash brought back still names the old place. */
#include "store/ops/octets.h"
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

enum { LEN = 64 << 10 };
static struct stored d;
static char dir[] = "/tmp/pli-octets-XXXXXX";

static int setup(void **state)
{
    struct env_conf c = {.home = dir, .cache = 8 << 20};

    (void)state;
    assert_non_null(mkdtemp(dir));
    env_open(&d.env, &c);
    octets_open(&d, true);
    return 0;
}

static int teardown(void **state)
{
    char cmd[60];

    (void)state;
    octets_close(&d);
    env_close(&d.env);
    snprintf(cmd, sizeof cmd, "rm -rf %s", dir);
    return system(cmd);
}

/* One record of that object, flushed. */
static struct objref append(const unsigned char oid[SEAL_OID])
{
    struct objref r = {.where = 1u << SEAL_SUMMARY, .len_summary = LEN};
    struct record head = {.kind = SEAL_SUMMARY, .len = LEN};
    static unsigned char body[LEN];
    struct run run;
    struct err e;

    memcpy(head.oid, oid, SEAL_OID);
    memset(body, oid[0], sizeof body);
    assert_int_equal(run_begin(d.env.segs, objref_run(&r), &run, &e), RC_OK);
    assert_int_equal(run_write(&run, run.offset + RECORD_HEAD, &head, span_of(body, sizeof body), &e), RC_OK);
    assert_int_equal(run_flush(&run, &e), RC_OK);
    r.segment = run.segment;
    r.offset = run.offset;
    run_end(&run);
    return r;
}

/* How many of its octets are as they were written. */
static size_t whole(const struct objref *r, unsigned char what)
{
    struct buf b = BUF_INIT;
    struct err e;
    size_t n = 0;

    assert_int_equal(seg_read(d.env.segs, r->segment, r->offset + RECORD_HEAD, LEN, &b, &e), RC_OK);
    for (size_t i = 0; i < b.n; i++)
        n += b.p[i] == what;
    buf_free(&b);
    return n;
}

struct freeing_one {
    const unsigned char *oid;
    struct objref r;
    uint64_t dead; /* of its segment */
};

static enum rc free_one(struct tx *t, void *arg, struct err *e)
{
    struct freeing_one *f = arg;
    struct objref r = f->r;
    struct segrow row;
    enum rc rc = octets_free(t, f->oid, &r, e);

    assert_int_equal(r.where, 0);
    if (rc == RC_OK)
        rc = octets_row(t, f->r.segment, &row, e);
    f->dead = row.dead;
    return rc;
}

static void another_lies_there(void **state)
{
    static const unsigned char here[SEAL_OID] = {1}, gone[SEAL_OID] = {2};
    struct objref r = append(here);
    struct freeing_one f = {gone, r, 0};
    struct err e;

    (void)state;
    assert_int_equal(whole(&r, 1), LEN);
    assert_int_equal(tx_run(&d.env, TX_LAZY, free_one, &f, &e), RC_OK);
    assert_int_equal(whole(&r, 1), LEN);
    assert_int_equal(f.dead, 0);
    f.r.offset += 4096; /* in its midst */
    assert_int_equal(tx_run(&d.env, TX_LAZY, free_one, &f, &e), RC_OK);
    assert_int_equal(whole(&r, 1), LEN);
}

/* Twice: a crash may come between the hole and the transaction that says so. */
static void its_own_goes(void **state)
{
    static const unsigned char mine[SEAL_OID] = {3}, next[SEAL_OID] = {4};
    struct freeing_one f = {mine, append(mine), 0};
    struct objref behind = append(next);
    struct err e;
    uint64_t dead;

    (void)state;
    assert_int_equal(tx_run(&d.env, TX_LAZY, free_one, &f, &e), RC_OK);
    dead = f.dead;
    assert_in_range(whole(&f.r, 3), 0, 2 * 4096);
    assert_int_equal(tx_run(&d.env, TX_LAZY, free_one, &f, &e), RC_OK);
    assert_int_equal(f.dead, dead + record_size(LEN));
    assert_int_equal(whole(&behind, 4), LEN);
}

int main(void)
{
    const struct CMUnitTest t[] = {cmocka_unit_test(another_lies_there), cmocka_unit_test(its_own_goes)};

    return cmocka_run_group_tests(t, setup, teardown);
}
