/* SPDX-License-Identifier: EUPL-1.2 */
/* store/ops/expunged_mend_test.c - rows of what was expunged on a bad day: kill -9 while they are pruned, a deleted folder, wrong and
 * lost rows that the check finds and the salvage puts right. */
#include "store/ops/expunged_test.h"

enum { BACKLOG = 40000 };

/* Killed in the middle, again and again: the rows are always all of those behind the mark. */
static void test_kill(void **state)
{
    uint64_t mbx = live_box(0), other = live_box(0);
    struct store *in = store_new(ROLE_SMTPD);
    struct look q;
    int midway = 0;

    (void)state;
    live_stop(&L, SIGTERM);
    q = look_down((struct look){.mbx = mbx, .folder = STORE_INBOX, .put_modseq = 100, .put_rows = BACKLOG});
    assert_int_equal(q.rows, BACKLOG);
    for (int i = 0; midway < 3; i++) {
        assert_true(q.rows > EXPUNGED_KEEP + EXPUNGED_SLACK && i < 100);
        damage_start(&L);
        poll(NULL, 0, 200); /* about when the sweep begins */
        for (int n = 0; n <= i;
             n++) /* a delivery flushes the log, and with it what was pruned so far: a kill takes the rest back */
            live_deliver(in, other, STORE_INBOX, 10, 0);
        assert_int_equal(live_stop(&L, SIGKILL), 128 + SIGKILL);
        q = look_down((struct look){.mbx = mbx, .folder = STORE_INBOX});
        assert_int_equal(q.last, 100 + BACKLOG - 1);
        assert_int_equal(q.first, q.mark ? q.mark + 1 : 100);
        assert_int_equal(q.rows, q.last - q.first + 1);
        midway += q.mark != 0 && q.rows > EXPUNGED_KEEP + EXPUNGED_SLACK;
    }
    damage_start(&L);
    q = look_until(mbx, STORE_INBOX,
                   EXPUNGED_KEEP + EXPUNGED_SLACK); /* what is left of a kill may be within the slack */
    assert_true(q.rows >= EXPUNGED_KEEP);
    assert_int_equal(q.first, q.mark + 1);
    store_free(&in);
}

/* A page of the counters is bad: the folders behind it are pruned all the same. */
static void test_bad_page_before_it(void **state)
{
    uint64_t first = live_box(0), mbx = 0;
    struct key k = key_folder(first, STORE_INBOX);
    size_t leaf;

    (void)state;
    for (int i = 0; i < 30; i++)
        mbx = live_box(0);
    live_stop(&L, SIGTERM);
    look_down((struct look){.mbx = mbx, .folder = STORE_INBOX, .put_modseq = 100, .put_rows = 6000});
    leaf = damage_leaf_with(&L, T_COUNTERS, &k);
    damage_flip(&L, T_COUNTERS, leaf);
    damage_start(&L);
    look_until(mbx, STORE_INBOX, EXPUNGED_KEEP);
    live_stop(&L, SIGTERM);
    damage_flip(&L, T_COUNTERS, leaf);
    damage_start(&L);
}

static void test_deleted_folder(void **state)
{
    uint64_t mbx = live_box(0);
    struct store *in = store_new(ROLE_SMTPD), *s = live_bound(&L, mbx);
    uint32_t folder = live_folder(s, "archive");
    struct look q;
    struct err e;

    (void)state;
    fill(in, mbx, folder, 40);
    for (uint32_t u = 1; u <= 30; u++)
        expunge(s, folder, live_range(u, u));
    q = look(mbx, folder, 10);
    assert_int_equal(q.rows, 10);
    assert_true(q.mark > 0);
    OK(store_call(s, STORE_FOLDER_DELETE, &(struct store_folder_msg){folder}, -1, NULL, &e));
    q = look_until(mbx, folder, 0);
    assert_int_equal(q.mark, 0);
    store_free(&in);
    store_free(&s);
}

static uint64_t check(struct buf *out)
{
    struct store *s = store_new(ROLE_ADMIN);
    struct store_check_req rq = {0};
    struct store_check_rep rep;
    struct err e;
    uint64_t bad = 0;

    buf_clear(out);
    do {
        OK(store_call(s, STORE_CHECK, &rq, -1, &rep, &e));
        buf_addspan(out, rep.findings);
        bad += rep.bad;
        rq.cursor = rep.cursor;
    } while (rep.cursor);
    store_free(&s);
    return bad;
}

/* A row that the mark says is not there; rows of a folder that never was. Found, and put right; a session from before sees what is there. */
static void test_check_and_salvage(void **state)
{
    static const char *const mode[] = {"salvage", "1", NULL};
    uint64_t mbx = live_box(0);
    struct store *in = store_new(ROLE_SMTPD), *s = live_bound(&L, mbx);
    static struct seen old, now;
    struct buf out = BUF_INIT;
    struct look q;

    (void)state;
    fill(in, mbx, STORE_INBOX, 40);
    list(s, STORE_INBOX, &old);
    for (uint32_t u = 1; u <= 30; u++)
        expunge(s, STORE_INBOX, live_range(u, u));
    q = look(mbx, STORE_INBOX, 10);
    assert_int_equal(check(&out), 0);
    live_stop(&L, SIGTERM);
    look_down((struct look){.mbx = mbx, .folder = STORE_INBOX, .put_modseq = q.mark - 3, .put_rows = 1});
    damage_start(&L);
    assert_int_equal(check(&out), 1);
    assert_true(span_find(buf_span(&out), SPAN_LIT("is not behind the mark")) >= 0);
    live_stop(&L, SIGTERM);
    L.more = mode;
    live_start(&L);
    L.more = NULL;
    assert_int_equal(live_stop(&L, 0), 0);
    damage_start(&L);
    assert_int_equal(check(&out), 0);
    list(s, STORE_INBOX, &now);
    keep_up(s, STORE_INBOX, &old);
    assert_same(&old, &now);
    buf_free(&out);
    store_free(&in);
    store_free(&s);
}

/* A page of the rows cannot be read, and is lost: after the salvage nobody is told less than what left. */
static void test_lost_rows(void **state)
{
    static const char *const mode[] = {"salvage", "1", NULL};
    uint64_t mbx = live_box(0);
    struct store *in = store_new(ROLE_SMTPD), *s = live_bound(&L, mbx);
    static struct seen old, now;
    struct buf out = BUF_INIT;

    (void)state;
    fill(in, mbx, STORE_INBOX, 40);
    list(s, STORE_INBOX, &old);
    expunge(s, STORE_INBOX, live_range(5, 20));
    live_stop(&L, SIGTERM);
    for (size_t p = 1; p < damage_pages(&L, T_EXPUNGED); p++)
        damage_flip(&L, T_EXPUNGED, p);
    L.more = mode;
    live_start(&L);
    L.more = NULL;
    assert_int_equal(live_stop(&L, 0), 0);
    damage_start(&L);
    assert_int_equal(check(&out), 0);
    list(s, STORE_INBOX, &now);
    keep_up(s, STORE_INBOX, &old);
    assert_same(&old, &now);
    buf_free(&out);
    store_free(&in);
    store_free(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kill),           cmocka_unit_test(test_bad_page_before_it),
        cmocka_unit_test(test_deleted_folder), cmocka_unit_test(test_check_and_salvage),
        cmocka_unit_test(test_lost_rows),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
