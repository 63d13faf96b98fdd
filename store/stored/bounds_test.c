/* SPDX-License-Identifier: EUPL-1.2 */
/* store/stored/bounds_test.c - what a mailbox may hold, and a store that lacks a table, with a real daemon. */
#include "store/stored/live_test.h"

enum { MOST = 1000, NAME = 2000 };
static struct live L;

static int setup(void **state)
{
    static const char *const few[] = {"stored.max_messages", "1000", NULL};

    (void)state;
    live_new(&L);
    (void)live_box(0); /* it serves */
    assert_int_equal(live_stop(&L, SIGTERM), 0);
    L.more = few;
    live_start(&L);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    live_end(&L);
    return 0;
}

static void test_a_mailbox_has_a_message_limit(void **state)
{
    uint64_t mbx = live_box(0);
    struct store *s = live_bound(&L, mbx), *in = store_new(ROLE_SMTPD);
    struct store_copy_req rq = {STORE_INBOX, STORE_INBOX, live_range(1, MOST / 2), 0, 0, 0};
    struct store_copy_rep rep;
    struct err e;

    (void)state;
    live_deliver(s, mbx, STORE_INBOX, 10, 0);
    for (uint32_t n = 1; n < MOST / 2; n *= 2) {
        rq.uids = live_range(1, n < MOST / 2 - n ? n : MOST / 2 - n);
        OK(store_call(s, STORE_COPY, &rq, -1, &rep, &e));
    }
    rq.uids = live_range(1, MOST / 2);
    OK(store_call(s, STORE_COPY, &rq, -1, &rep, &e));
    assert_int_equal(live_status(s, STORE_INBOX).exists, MOST);
    rq.uids = live_range(1, 1);
    assert_int_equal(store_call(s, STORE_COPY, &rq, -1, &rep, &e), RC_QUOTA);
    assert_int_equal(store_call(in, STORE_CAN_TAKE, &(struct store_can_take_req){mbx, 1}, -1, NULL, &e), RC_QUOTA);
    store_free(&s);
    store_free(&in);
}

static enum rc create(struct store *s, uint32_t n, size_t len, uint32_t *id_out, struct err *e)
{
    static unsigned char name[NAME];
    struct store_folder_create_req rq = {.name = span_of(name, len)};
    struct store_folder_msg rep;
    enum rc rc;

    memcpy(rq.tag, &n, sizeof n);
    rq.tag[8] = 1;
    rc = store_call(s, STORE_FOLDER_CREATE, &rq, -1, &rep, e);
    *id_out = rc == RC_OK ? rep.folder : 0;
    return rc;
}

static void test_names_are_bounded_together(void **state)
{
    uint64_t mbx = live_box(0);
    struct store *s = live_bound(&L, mbx);
    uint32_t id = 0, last = 0, n = 0;
    struct err e;
    enum rc rc;

    (void)state;
    while ((rc = create(s, n, NAME, &id, &e)) == RC_OK) {
        last = id;
        assert_true(++n < 1000);
    }
    assert_int_equal(rc, RC_QUOTA);
    assert_int_equal(n, (1 << 20) / NAME);
    OK(store_call(s, STORE_FOLDER_DELETE, &(struct store_folder_msg){last}, -1, NULL, &e));
    OK(create(s, n, NAME, &id, &e));
    store_free(&s);
}

static void test_a_missing_table_is_not_made_anew(void **state)
{
    (void)state;
    assert_int_equal(live_stop(&L, SIGTERM), 0);
    for (int t = 0; t < TABLES; t++) {
        char path[128], away[140];

        snprintf(path, sizeof path, "%s/store/%s", L.dir, tables[t].file);
        snprintf(away, sizeof away, "%s.away", path);
        assert_int_equal(rename(path, away), 0);
        live_start(&L);
        assert_int_equal(live_stop(&L, 0), 1);
        assert_int_equal(access(path, F_OK), -1);
        assert_int_equal(rename(away, path), 0);
    }
    live_start(&L);
    assert_int_equal(live_box(0) > 0, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_a_mailbox_has_a_message_limit),
                                       cmocka_unit_test(test_names_are_bounded_together),
                                       cmocka_unit_test(test_a_missing_table_is_not_made_anew)};

    return cmocka_run_group_tests(tests, setup, teardown);
}
