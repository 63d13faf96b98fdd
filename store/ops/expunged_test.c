/* SPDX-License-Identifier: EUPL-1.2 */
/* store/ops/expunged_test.c - rows of what was expunged are pruned (INV-11), and whoever asks what left a folder sees the same folder
 * as if none had been: a robot's folder, a model, a prune between two pages. */
#include "store/ops/expunged_test.h"

enum { ROBOT = EXPUNGED_KEEP + EXPUNGED_SLACK + 400 };

/* A robot expunges each message by itself. The daemon prunes by itself, to its bound; a session from before and one from lately both see
 * what is there. */
static void test_robot(void **state)
{
    uint64_t mbx = live_box(0);
    struct store *in = store_new(ROLE_SMTPD), *s = live_bound(&L, mbx);
    static struct seen old, late, now;
    struct look q;

    (void)state;
    fill(in, mbx, STORE_INBOX, ROBOT + 100);
    list(s, STORE_INBOX, &old);
    for (uint32_t u = 1; u <= ROBOT; u++) {
        expunge(s, STORE_INBOX, live_range(u, u));
        if (u == ROBOT - 1000)
            list(s, STORE_INBOX, &late);
    }
    q = look_until(mbx, STORE_INBOX, EXPUNGED_KEEP);
    assert_int_equal(q.rows, EXPUNGED_KEEP);
    assert_int_equal(q.mark, q.first - 1);
    list(s, STORE_INBOX, &now);
    assert_int_equal(keep_up(s, STORE_INBOX, &old), 1); /* one range: all that is absent */
    assert_same(&old, &now);
    assert_int_equal(keep_up(s, STORE_INBOX, &late), 1); /* the rows, of UIDs one behind the other */
    assert_same(&late, &now);
    assert_int_equal(old.modseq, now.modseq);
    store_free(&in);
    store_free(&s);
}

/* Sessions of every age, before and after each pruning, against a listing. */
static void test_model(void **state)
{
    enum { ROUNDS = 6, OPS = 40, SESSIONS = 12 };
    uint64_t mbx = live_box(0), x = 88172645463325252u;
    struct store *in = store_new(ROLE_SMTPD), *s = live_bound(&L, mbx);
    static struct seen was[SESSIONS], v, now;
    size_t absent = 0;

    (void)state;
    fill(in, mbx, STORE_INBOX, 200);
    for (size_t i = 0; i < SESSIONS; i++)
        list(s, STORE_INBOX, &was[i]);
    for (int r = 0; r < ROUNDS; r++) {
        for (int i = 0; i < OPS; i++) {
            uint32_t lo;
            x ^= x << 13, x ^= x >> 7, x ^= x << 17; /* xorshift: the same at each run */
            lo = 1 + (uint32_t)(x % (200 + (uint32_t)r * 60));
            if (x >> 60 < 4)
                fill(in, mbx, STORE_INBOX, 1 + (uint32_t)(x >> 40) % 20);
            else
                expunge(s, STORE_INBOX, live_range(lo, lo + (uint32_t)(x >> 50) % 4));
            if (x >> 60 == 15)
                list(s, STORE_INBOX, &was[(x >> 30) % SESSIONS]);
        }
        list(s, STORE_INBOX, &now);
        for (int pruned = 0; pruned < 2; pruned++) {
            struct look q = pruned ? look(mbx, STORE_INBOX, 1 + (x >> 20) % 25) : look(mbx, STORE_INBOX, 0);
            assert_true(q.rows == 0 || q.first > q.mark);
            for (size_t i = 0; i < SESSIONS; i++) {
                absent += was[i].modseq < q.mark;
                v = was[i];
                keep_up(s, STORE_INBOX, &v);
                assert_same(&v, &now);
            }
        }
    }
    assert_true(absent > SESSIONS); /* the pruned form was really asked for */
    store_free(&in);
    store_free(&s);
}

/* A page from the rows, then they are pruned, then the other pages; and the absent ones over several pages. */
static void test_between_pages(void **state)
{
    enum { N = 25000 };
    uint64_t mbx = live_box(0);
    struct store *in = store_new(ROLE_SMTPD), *s = live_bound(&L, mbx);
    static struct seen v, again, now;
    struct store_changes_req rq = {STORE_INBOX, 0, 0};
    struct store_changes_rep rep;
    struct buf odd = BUF_INIT;
    struct look q;
    struct err e;
    int pages = 0;

    (void)state;
    fill(in, mbx, STORE_INBOX, N);
    list(s, STORE_INBOX, &v);
    again = v;
    for (uint32_t u = 1; u <= N; u += 2) {
        buf_u32(&odd, u);
        buf_u32(&odd, u);
        if (odd.n / 8 == STORE_RANGES_MAX || u + 2 > N) {
            expunge(s, STORE_INBOX, buf_span(&odd));
            buf_clear(&odd);
        }
    }
    list(s, STORE_INBOX, &now);
    rq.since = v.modseq;
    OK(store_call(s, STORE_CHANGES, &rq, -1, &rep, &e));
    take_in(&v, &rep);
    assert_int_equal(rep.next >> 32, 1); /* the rows, and not all of them */
    q = look(mbx, STORE_INBOX, 2);
    assert_true(q.mark > rq.since);
    for (; rep.next; pages++) {
        rq.cursor = rep.next;
        OK(store_call(s, STORE_CHANGES, &rq, -1, &rep, &e));
        take_in(&v, &rep);
    }
    assert_true(pages >= 2);
    assert_same(&v, &now);
    assert_int_equal(keep_up(s, STORE_INBOX, &again), N / 2);
    assert_same(&again, &now);
    buf_free(&odd);
    store_free(&in);
    store_free(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_robot),
        cmocka_unit_test(test_model),
        cmocka_unit_test(test_between_pages),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
