/* SPDX-License-Identifier: EUPL-1.2 */
/* store/ops/removed_test.c - messages that left a folder, page after page: a page costs what it gives out. A FETCH of a large folder from which much had
 * left read all of that again for each page, and stood still. The store is opened in a child. */
#include "store/ops/removed.h"
#include "base/folder_test.h"
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

enum { BOX = 7, FOLDER = 3, OTHER = 4, SINCE = 1 };
static struct stored d;
static char dir[] = "/tmp/pli-removed-XXXXXX";
static struct removed_index *seen;

/* ---- what leaves ---- */
struct leaving {
    uint32_t folder, first, step;
    size_t n;
};

static enum rc put_box(struct tx *t, void *arg, struct err *e)
{
    struct box b = {.flags = 0};

    (void)arg;
    return box_put(t, BOX, &b, e);
}

static enum rc leave(struct tx *t, void *arg, struct err *e)
{
    const struct leaving *l = arg;
    struct freeing of = {.mbx = BOX, .by = BOX, .folder = l->folder, .how = REMOVED_EXPUNGE};
    struct freed *f = calloc(l->n, sizeof *f);
    enum rc rc;

    for (size_t i = 0; i < l->n; i++)
        f[i] = (struct freed){.uid = l->first + (uint32_t)i * l->step, .m = {.size = 1}};
    rc = freed_all(&d, t, &of, f, l->n, e);
    free(f);
    return rc;
}

static void leaves(struct leaving l)
{
    struct err e;

    assert_int_equal(tx_run(&d.env, TX_LAZY, leave, &l, &e), RC_OK);
}

static enum rc take_row(struct tx *t, void *arg, struct err *e)
{
    struct key k = key_freed(BOX, *(uint64_t *)arg);

    return tx_del(t, T_FREED, &k, e);
}

/* ---- what is asked ---- */
struct asked {
    struct removed_want w;
    struct removed got;
};

static enum rc ask(struct tx *t, void *arg, struct err *e)
{
    struct asked *a = arg;

    removed_free(&a->got);
    return removed_gather(&a->got, t, &seen, &a->w, e);
}

static struct asked asks(struct removed_want w)
{
    struct asked a = {.w = w};
    struct err e;

    a.w.mbx = BOX;
    assert_int_equal(tx_run(&d.env, TX_READ, ask, &a, &e), RC_OK);
    return a;
}

/* All pages; the number of messages, which come in order of UID. */
static size_t all_pages(uint64_t since, size_t most)
{
    struct removed_want w = {.since = since, .folder = FOLDER, .most = most};
    uint32_t last = 0;
    size_t n = 0;

    do {
        struct asked a = asks(w);

        for (size_t i = 0; i < a.got.n; i++, n++) {
            assert_true(a.got.f[i].uid > last);
            last = a.got.f[i].uid;
        }
        assert_true(a.got.end == 0 || a.got.end > last);
        w.from = a.got.end;
        removed_free(&a.got);
    } while (w.from);
    return n;
}

/* ---- cases ---- */
static void pages_read_each_row_once(void)
{
    leaves((struct leaving){FOLDER, 10, 2, 640});
    leaves((struct leaving){OTHER, 10, 1, 64});
    assert_int_equal(all_pages(SINCE, 50), 640);
    assert_int_equal(seen->looked, 22); /* rows of 32 */
    assert_int_equal(all_pages(SINCE, 50), 640);
    assert_int_equal(seen->looked, 22);
}

static void what_leaves_meanwhile_is_added(void)
{
    leaves((struct leaving){FOLDER, 11, 2, 32});
    assert_int_equal(all_pages(SINCE, 50), 672);
    assert_int_equal(seen->looked, 23);
}

static void told_of_it_is_not_given_out(void)
{
    assert_int_equal(all_pages(640 + 64 + 1, 50), 32);
    assert_int_equal(all_pages(0, 50), 0);
}

static void a_set_and_one_message(void)
{
    struct buf set = BUF_INIT;
    struct asked a;

    buf_u32(&set, 12);
    buf_u32(&set, 14);
    buf_u32(&set, 700);
    buf_u32(&set, 700);
    a = asks((struct removed_want){.since = SINCE, .folder = FOLDER, .uids = buf_span(&set), .from = 13, .most = 50});
    assert_int_equal(a.got.n, 3);
    assert_int_equal(a.got.f[0].uid, 13);
    assert_int_equal(a.got.f[1].uid, 14);
    assert_int_equal(a.got.f[2].uid, 700);
    assert_int_equal(a.got.end, 0);
    removed_free(&a.got);
    buf_free(&set);
}

static enum rc get_one(struct tx *t, void *arg, struct err *e)
{
    struct removed_want w = {.mbx = BOX, .since = SINCE, .folder = FOLDER, .from = *(uint32_t *)arg};
    struct msg m;

    return removed_get(t, &seen, w, &m, e);
}

static void one_message(void)
{
    uint32_t there = 12, never = 9999, below = 9;
    struct err e;

    assert_int_equal(tx_run(&d.env, TX_READ, get_one, &there, &e), RC_OK);
    assert_int_equal(tx_run(&d.env, TX_READ, get_one, &never, &e), RC_NOTFOUND);
    assert_int_equal(tx_run(&d.env, TX_READ, get_one, &below, &e), RC_NOTFOUND);
}

/* The index still names it; the row says that it is gone. */
static void what_was_freed_is_not_there(void)
{
    uint64_t row = 33;
    struct err e;

    assert_int_equal(tx_run(&d.env, TX_LAZY, take_row, &row, &e), RC_OK);
    assert_int_equal(all_pages(SINCE, 50), 672 - 32);
}

static void test_removed(void **state)
{
    struct env_conf c = {.home = dir, .cache = 8 << 20};
    struct err e;
    pid_t pid = fork();
    int st;

    (void)state;
    if (pid == 0) {
        d.seats = seats_new(1);
        d.keep_share = 100;
        d.keep_s = 86400;
        env_open(&d.env, &c);
        assert_int_equal(tx_run(&d.env, TX_LAZY, put_box, NULL, &e), RC_OK);
        pages_read_each_row_once();
        what_leaves_meanwhile_is_added();
        told_of_it_is_not_given_out();
        a_set_and_one_message();
        one_message();
        what_was_freed_is_not_there();
        removed_index_free(&seen);
        env_close(&d.env);
        _exit(0);
    }
    assert_true(pid > 0);
    assert_int_equal(waitpid(pid, &st, 0), pid);
    assert_true(WIFEXITED(st) && WEXITSTATUS(st) == 0);
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
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_removed)};

    return cmocka_run_group_tests(tests, setup, teardown);
}
