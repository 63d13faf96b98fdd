/* SPDX-License-Identifier: EUPL-1.2 */
/* store/ops/freed_walk_test.c - the walk over what left folders, where it meets mailboxes on legal hold and mailboxes that are gone: what a hold keeps is
 * met once, not at each pass, and goes when the hold is cleared; a mailbox that is gone leaves nothing. The thread's work is done by hand, in a child. */
#include "store/ops/freed.h"
#include "base/folder_test.h"
#include "store/ops/objects.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
/* last, as it asks */
#include <cmocka.h>

enum { ROWS = 1000, KEEP_S = 86400, HELD = 7, FREE = 8, GONE = 9 };
static struct stored d;
static char dir[] = "/tmp/pli-walk-XXXXXX";
static char home[60];

/* ---- a store in a child ---- */
static void up(void)
{
    struct env_conf c = {.home = home, .cache = 8 << 20};

    d.seats = seats_new(1);
    d.keep_share = 100;
    env_open(&d.env, &c);
}

/* True: fn said so of everything that it looked at. */
static bool in_child(const char *name, bool (*fn)(void))
{
    pid_t pid;
    int st;

    snprintf(home, sizeof home, "%s/%s", dir, name);
    assert_int_equal(mkdir(home, 0700), 0);
    pid = fork();
    if (pid == 0) {
        up();
        st = fn() ? 0 : 1;
        env_close(&d.env);
        _exit(st);
    }
    assert_true(pid > 0);
    assert_int_equal(waitpid(pid, &st, 0), pid);
    return WIFEXITED(st) && WEXITSTATUS(st) == 0;
}

static bool never(struct stored *s)
{
    (void)s;
    return false;
}

/* One pass, however many rounds it takes. */
static void pass(struct freed_walk *w)
{
    do
        freed_sweep(&d, w, never);
    while (w->at.n > 0);
}

static uint64_t count(enum table tb)
{
    struct key from = {{0}, 0};
    struct span k, v;
    uint64_t n = 0;
    struct scan s;
    struct err e;
    struct tx t;

    tx_bare(&d.env, &t);
    if (scan_open(&s, &t, tb, &from, 0, SCAN_KEYS, &e) == RC_OK)
        while (scan_next(&s, &k, &v, &e) == RC_OK)
            n++;
    scan_close(&s);
    return n;
}

/* What the library was asked for so far: transactions, and pages. */
struct cost {
    uint64_t begun, pages;
};

static struct cost cost(void)
{
    DB_MPOOL_STAT *pool = NULL;
    DB_TXN_STAT *tx = NULL;
    struct cost c = {0, 0};

    if (d.env.e->txn_stat(d.env.e, &tx, 0) == 0 && d.env.e->memp_stat(d.env.e, &pool, NULL, 0) == 0)
        c = (struct cost){tx->st_nbegins, pool->st_cache_hit + pool->st_cache_miss};
    free(pool);
    free(tx);
    return c;
}

static struct cost cost_of(struct freed_walk *w)
{
    struct cost was = cost(), is;

    pass(w);
    is = cost();
    return (struct cost){is.begun - was.begun, is.pages - was.pages};
}

/* ---- rows ---- */
static enum rc put_boxes(struct tx *t, void *arg, struct err *e)
{
    struct box held = {.flags = *(uint32_t *)arg}, free_one = {.flags = 0};
    enum rc rc = box_put(t, HELD, &held, e);

    return rc == RC_OK ? box_put(t, FREE, &free_one, e) : rc;
}

static bool set_hold(bool on)
{
    uint32_t flags = on ? BOX_HELD : 0;
    struct err e;

    atomic_fetch_add(&d.cleared, !on);
    return tx_run(&d.env, TX_LAZY, put_boxes, &flags, &e) == RC_OK;
}

/* Messages that left so long ago, a row each; of objects that are not there: such an item just goes. */
struct left {
    uint64_t mbx, when;
    uint32_t n, from; /* from: the first number */
    uint8_t class;
};

static enum rc put_rows(struct tx *t, void *arg, struct err *e)
{
    const struct left *l = arg;
    struct freed_row r = {
        .when = l->when, .folder = 1, .how = REMOVED_EXPUNGE, .class = l->class, .n = 1, .f = {{.uid = 1}}};
    struct freed_head h = {.next = l->from + l->n};
    struct buf b = BUF_INIT;
    enum rc rc = RC_OK;

    for (uint64_t n = l->from; rc == RC_OK && n < h.next; n++) {
        struct key k = key_freed(l->mbx, n), time = freed_time(&r, l->mbx, n);

        freed_write(&b, &r);
        rc = tx_put(t, T_FREED, &k, buf_span(&b), TX_NEW, e);
        if (rc == RC_OK)
            rc = tx_put(t, T_REMOVED, &time, SPAN_LIT("\1\0\0\0"), TX_NEW, e);
    }
    h.messages = r.class == FREED_KEPT ? l->n : 0;
    h.bytes = h.messages * freed_sums(&r).bytes;
    buf_free(&b);
    return rc == RC_OK ? freed_head_put(t, l->mbx, &h, e) : rc;
}

static bool add(struct left l)
{
    struct err e;

    return tx_run(&d.env, TX_LAZY, put_rows, &l, &e) == RC_OK;
}

/* ---- a hold ---- */
static bool held_met_once(void)
{
    uint64_t old = (uint64_t)time(NULL) - 2 * KEEP_S;
    struct freed_walk w = {0};
    struct cost first, second;

    d.keep_s = KEEP_S;
    if (!set_hold(true) || !add((struct left){HELD, old, ROWS, 1, FREED_KEPT}))
        return false;
    first = cost_of(&w);
    second = cost_of(&w);
    if (count(T_REMOVED) != ROWS || first.begun < ROWS / FREED_ROWS || second.begun > 0 ||
        second.pages > first.pages / 20)
        return false;
    /* what is due later is found behind them, and before them nothing waits for ever */
    if (!add((struct left){FREE, old + 3600, 10, 1, FREED_KEPT}))
        return false;
    pass(&w);
    if (count(T_REMOVED) != ROWS || !set_hold(false))
        return false;
    pass(&w);
    return count(T_REMOVED) == 0 && count(T_FREED) == 2; /* the heads */
}

static void test_held_met_once(void **state)
{
    (void)state;
    assert_true(in_child("held", held_met_once));
}

static bool head_is(uint64_t mbx, uint64_t messages)
{
    struct freed_head h;
    struct err e;
    struct tx t;

    tx_bare(&d.env, &t);
    return freed_head_get(&t, mbx, false, &h, &e) == RC_OK && h.messages == messages && (h.bytes > 0) == (messages > 0);
}

/* Kept for sessions alone, when the hold came: they are kept by it from then on, and are no more looked at than the others. */
static bool brief_is_kept(void)
{
    uint64_t old = (uint64_t)time(NULL) - FREED_BRIEF_S - 1000;
    struct freed_walk w = {0};

    d.keep_s = 0;
    if (!set_hold(true) || !add((struct left){HELD, old, ROWS, 1, FREED_BRIEF}) || !head_is(HELD, 0))
        return false;
    pass(&w);
    pass(&w);
    if (count(T_REMOVED) != ROWS || !head_is(HELD, ROWS) || cost_of(&w).begun > 0 || !set_hold(false))
        return false;
    pass(&w);
    return count(T_REMOVED) == 0 && head_is(HELD, 0);
}

static void test_brief_is_kept(void **state)
{
    (void)state;
    assert_true(in_child("brief", brief_is_kept));
}

/* ---- a mailbox that is gone ---- */
static enum rc one_object(struct tx *t, void *arg, struct err *e)
{
    static const unsigned char oid[SEAL_OID] = {1};
    struct objref r = {.refs = 1};
    struct key k = key_msg(GONE, 2, 1);
    enum rc rc = objref_put(t, oid, &r, true, e);

    (void)arg;
    if (rc == RC_OK)
        rc = tx_put(t, T_SUMMARIES, &k, SPAN_LIT("s"), TX_NEW, e);
    return rc == RC_OK ? tx_put(t, T_TEXTS, &k, SPAN_LIT("t"), TX_NEW, e) : rc;
}

static enum rc leave(struct tx *t, void *arg, struct err *e)
{
    struct freeing of = {.mbx = GONE, .by = GONE, .folder = 2, .how = REMOVED_FOLDER};
    struct freed one = {.uid = 1, .m = {.where = MSG_SUMMARY | MSG_TEXT, .oid = {1}}};

    (void)arg;
    return freed_all(&d, t, &of, &one, 1, e);
}

static bool leaves_nothing(void)
{
    struct err e;

    if (tx_run(&d.env, TX_LAZY, one_object, NULL, &e) != RC_OK || tx_run(&d.env, TX_LAZY, leave, NULL, &e) != RC_OK)
        return false;
    return count(T_FREED) == 0 && count(T_REMOVED) == 0 && count(T_SUMMARIES) == 0 && count(T_TEXTS) == 0 &&
           count(T_TOMBS) + count(T_OBJREFS) == 0; /* its object, too: an old one without octets goes at once */
}

static bool leaves_nothing_when_kept(void)
{
    d.keep_s = KEEP_S;
    return leaves_nothing();
}

static void test_gone_leaves_nothing(void **state)
{
    (void)state;
    assert_true(in_child("gone", leaves_nothing));
    assert_true(in_child("gone-kept", leaves_nothing_when_kept));
}

static int setup(void **state)
{
    (void)state;
    return mkdtemp(dir) ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    return folder_drop(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_held_met_once), cmocka_unit_test(test_brief_is_kept),
                                       cmocka_unit_test(test_gone_leaves_nothing)};

    return cmocka_run_group_tests(tests, setup, teardown);
}
