/* SPDX-License-Identifier: EUPL-1.2 */
/* store/ops/once_test.c - what the sweep deletes of the submissions that were filed lately, and that its own times come first. */
#include "base/clock.h"
#include "base/folder_test.h"
#include "base/wipe.h"
#include "store/db/scan.h"
#include "store/ops/once.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
/* last, as it asks */
#include <cmocka.h>

enum { ROWS = 12000, A_TX = 500 };
static struct stored d;
static char dir[] = "/tmp/pli-once-test.XXXXXX";

static void key_no(uint32_t n, unsigned char key[STORE_ONCE])
{
    memset(key, 0, STORE_ONCE);
    memcpy(key, &n, sizeof n);
}

/* Every third row is older than its hour. */
static bool old(uint32_t n)
{
    return n % 3 == 0;
}

static enum rc put_some(struct tx *t, void *arg, struct err *e)
{
    const uint32_t *from = arg;
    enum rc rc = RC_OK;

    for (uint32_t n = *from; rc == RC_OK && n < *from + A_TX; n++) {
        unsigned char key[STORE_ONCE];
        struct buf row = BUF_INIT;
        struct key k;

        key_no(n, key);
        k = key_tomb(UINT64_MAX, key);
        buf_u64(&row, (uint64_t)clock_utc() - (old(n) ? ONCE_KEEP_S : ONCE_KEEP_S - 600));
        buf_addstr(&row, "0123456789abcdef");
        rc = tx_put(t, T_TOMBS, &k, buf_span(&row), 0, e);
        buf_free(&row);
    }
    return rc;
}

struct counts {
    uint32_t fresh, old;
};

static enum rc count_all(struct tx *t, void *arg, struct err *e)
{
    struct counts *c = arg;
    struct buf mid = BUF_INIT;

    *c = (struct counts){0};
    for (uint32_t n = 0; n < ROWS; n++) {
        unsigned char key[STORE_ONCE];

        key_no(n, key);
        buf_clear(&mid);
        if (once_look(t, key, UINT32_MAX, &mid, e) != RC_OK)
            continue;
        *(old(n) ? &c->old : &c->fresh) += 1;
        assert_string_equal(buf_cstr(&mid), "0123456789abcdef");
    }
    buf_free(&mid);
    return RC_OK;
}

static bool never(struct stored *s)
{
    (void)s;
    return false;
}

static void the_sweep_takes_the_old_ones(void **state)
{
    struct counts c;
    struct err e;

    (void)state;
    for (uint32_t n = 0; n < ROWS; n += A_TX)
        assert_int_equal(tx_run(&d.env, TX_LAZY, put_some, &n, &e), RC_OK);
    assert_int_equal(tx_run(&d.env, TX_READ, count_all, &c, &e), RC_OK);
    assert_int_equal(c.old, ROWS / 3);
    once_sweep(&d, never);
    assert_int_equal(tx_run(&d.env, TX_READ, count_all, &c, &e), RC_OK);
    assert_int_equal(c.old, 0);
    assert_int_equal(c.fresh, ROWS - ROWS / 3);
}

static enum rc put_and_look(struct tx *t, void *arg, struct err *e)
{
    static const unsigned char key[STORE_ONCE] = "a submission   ";
    struct buf *mid = arg;
    enum rc rc = once_look(t, key, 600, mid, e);

    assert_int_equal(rc, RC_NOTFOUND);
    rc = once_put(t, key, SPAN_LIT("fedcba9876543210"), e);
    if (rc == RC_OK)
        rc = once_look(t, key, 0, mid, e); /* a window of nothing */
    assert_int_equal(rc, RC_NOTFOUND);
    return once_look(t, key, 600, mid, e);
}

static void looked_at_within_its_window(void **state)
{
    struct buf mid = BUF_INIT;
    struct err e;

    (void)state;
    assert_int_equal(tx_run(&d.env, TX_WRITE, put_and_look, &mid, &e), RC_OK);
    assert_string_equal(buf_cstr(&mid), "fedcba9876543210");
    buf_free(&mid);
}

static int setup(void **state)
{
    struct env_conf c = {.home = dir, .cache = 8 << 20};

    (void)state;
    assert_non_null(mkdtemp(dir));
    env_open(&d.env, &c);
    d.busy = busy_new();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    env_close(&d.env);
    return folder_drop(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(looked_at_within_its_window),
                                       cmocka_unit_test(the_sweep_takes_the_old_ones)};

    return cmocka_run_group_tests(tests, setup, teardown);
}
