/* SPDX-License-Identifier: EUPL-1.2 */
/* store/ops/used_test.c - what some mailboxes hold together: as each says by itself, whatever is in the list.
 * Process  tests. */
#include "store/stored/live_each_test.h"

static enum rc ask(enum ipc_role role, const uint64_t *boxes, size_t n, size_t cut, struct store_used_rep *out)
{
    struct store *s = store_new(role);
    struct store_used_req rq;
    struct buf list = BUF_INIT;
    struct err e;
    enum rc rc;

    for (size_t i = 0; i < n; i++)
        buf_u64(&list, boxes[i]);
    rq.boxes = span_head(buf_span(&list), list.n - cut);
    rc = store_call(s, STORE_USED, &rq, -1, out, &e);
    buf_free(&list);
    store_free(&s);
    return rc;
}

static struct store_used_rep used(const uint64_t *boxes, size_t n)
{
    struct store_used_rep rep = {0};

    assert_int_equal(ask(ROLE_ADMIN, boxes, n, 0, &rep), RC_OK);
    return rep;
}

static void sums_of_mailboxes(void **state)
{
    uint64_t box[3] = {live_box(0), live_box(0), live_box(100000)}, mixed[5] = {box[0], 99999999, 0, box[2], box[0]};
    struct store *in = store_new(ROLE_SMTPD);
    struct store_used_rep one, two, all;

    (void)state;
    assert_int_equal(used(box, 3).used, 0);
    assert_int_equal(used(NULL, 0).messages, 0);
    live_deliver(in, box[0], STORE_INBOX, 5000, 0);
    live_deliver(in, box[0], STORE_INBOX, 700, 0);
    live_deliver(in, box[2], STORE_INBOX, 30000, 0);
    one = used(&box[0], 1);
    two = used(&box[2], 1);
    all = used(box, 3);
    assert_int_equal(one.messages, 2);
    assert_true(one.used >= 5700 && two.used >= 30000);
    assert_true(all.messages == 3 && all.used == one.used + two.used);
    all = used(mixed, 5); /* one that is not there holds nothing; one that is named twice counts twice */
    assert_true(all.messages == 5 && all.used == 2 * one.used + two.used);
    store_free(&in);
}

#ifdef PLI_DEV
/* Whichever read is given up for somebody else's, the sum is what it is, and nothing is added twice. */
static void a_deadlock_changes_no_sum(void **state)
{
    enum { READS = 6 };
    uint64_t box[2] = {live_box(0), live_box(0)};
    struct store *in = store_new(ROLE_SMTPD);
    struct store_used_rep was, is;
    char fault[40];

    (void)state;
    live_deliver(in, box[0], STORE_INBOX, 5000, 0);
    live_deliver(in, box[1], STORE_INBOX, 700, 0);
    store_free(&in);
    was = used(box, 2);
    for (int n = 1; n <= READS; n++) {
        live_stop(&L, SIGTERM);
        snprintf(fault, sizeof fault, "db:%d:deadlock", n);
        L.fault = fault;
        live_start(&L);
        L.fault = NULL;
        is = used(box, 2);
        assert_true(is.messages == 2 && is.used == was.used);
    }
}
#endif

static void who_may_ask_what(void **state)
{
    uint64_t box = live_box(0);
    struct store_used_rep rep;

    (void)state;
    assert_int_equal(ask(ROLE_ADMIN, &box, 1, 3, &rep), RC_SYNTAX);
    assert_int_equal(ask(ROLE_IMAPD, &box, 1, 0, &rep), RC_DENIED);
    assert_int_equal(ask(ROLE_RELAYD, &box, 1, 0, &rep), RC_DENIED);
}

int main(void)
{
    const struct CMUnitTest t[] = {cmocka_unit_test(sums_of_mailboxes),
#ifdef PLI_DEV
                                   cmocka_unit_test(a_deadlock_changes_no_sum),
#endif
                                   cmocka_unit_test(who_may_ask_what)};

    return cmocka_run_group_tests_name("used", t, setup, teardown);
}
