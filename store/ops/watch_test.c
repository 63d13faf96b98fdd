/* SPDX-License-Identifier: EUPL-1.2 */
/* store/ops/watch_test.c - what a session that watches is told when its right has ended and it asks nothing more.
 * Process  tests. */
#include "store/ops/acl_test.h"

static void watch(struct store *s, uint32_t folder)
{
    struct err e;

    OK(store_call(s, STORE_WATCH, &(struct store_watch_req){folder}, -1, NULL, &e));
}

/* The folder of the next event; -1: none came. */
static int64_t next_event(struct store *s, int ms)
{
    struct store_ev_changed ev;
    struct pollfd p = {store_event_fd(s), POLLIN, 0};
    struct err e;

    if (store_event(s, &ev, &e) == RC_OK)
        return ev.folder;
    return poll(&p, 1, ms) > 0 && store_event(s, &ev, &e) == RC_OK ? (int64_t)ev.folder : -1;
}

static void a_watch_ends_with_the_delegation(void **state)
{
    uint64_t mbx = live_box(0);
    struct store *holder, *s;

    (void)state;
    set_slots(mbx, 1, GRANT);
    holder = live_bound(&L, mbx);
    s = delegate(mbx, ACL_L | ACL_R);
    watch(holder, STORE_INBOX);
    watch(s, STORE_INBOX);
    for (int i = 0; i < 2; i++) { /* nothing has changed: she is told each time, and of which folder */
        (void)live_deliver(holder, mbx, STORE_INBOX, 100, 0);
        assert_int_equal(next_event(s, 60000), STORE_INBOX);
        assert_int_equal(next_event(holder, 60000), STORE_INBOX);
    }
    set_slots(mbx, 2, GRANT + 1);
    assert_int_equal(next_event(s, 60000), 0); /* look again, and no more */
    assert_int_equal(next_event(holder, 60000), 0);
    (void)live_deliver(holder, mbx, STORE_INBOX, 100, 0);
    assert_int_equal(next_event(holder, 60000), STORE_INBOX);
    assert_int_equal(next_event(s, 100), -1);
    store_free(&s);
    store_free(&holder);
}

/* A change of another mailbox as a whole costs her one look. She watches again and goes on; without the right in the folder she does not. */
static void a_watch_is_looked_at_again(void **state)
{
    uint64_t mbx = live_box(0);
    struct store *holder, *s;
    struct store_acl_set_req none = {.folder = STORE_INBOX, .delegate = HER, .how = STORE_ACL_IS};
    struct err e;

    (void)state;
    set_slots(mbx, 1, GRANT);
    holder = live_bound(&L, mbx);
    s = delegate(mbx, ACL_L | ACL_R);
    watch(s, STORE_INBOX);
    (void)live_box(0);
    (void)live_deliver(holder, mbx, STORE_INBOX, 100, 0);
    assert_int_equal(next_event(s, 60000), 0);
    watch(s, STORE_INBOX);
    (void)live_deliver(holder, mbx, STORE_INBOX, 100, 0);
    assert_int_equal(next_event(s, 60000), STORE_INBOX);
    OK(store_call(holder, STORE_ACL_SET, &none, -1, NULL, &e));
    assert_int_equal(next_event(s, 60000), 0);
    assert_int_equal(store_call(s, STORE_WATCH, &(struct store_watch_req){STORE_INBOX}, -1, NULL, &e), RC_DENIED);
    (void)live_deliver(holder, mbx, STORE_INBOX, 100, 0);
    assert_int_equal(next_event(s, 100), -1);
    store_free(&s);
    store_free(&holder);
}

/* The ticket ends while its session waits. */
static void a_watch_ends_with_its_ticket(void **state)
{
    uint64_t mbx = live_box(0);
    struct store *other = live_bound(&L, mbx), *s = store_new(ROLE_IMAPD);
    struct ticket t = {.method = METHOD_PASSWORD,
                       .rights = RIGHT_READ | RIGHT_WRITE,
                       .mbx = mbx,
                       .issued = (uint64_t)time(NULL),
                       .expires = (uint64_t)time(NULL) + 2,
                       .address = "a@b",
                       .actor = "a@b"};
    struct buf wire = BUF_INIT, mem = BUF_INIT;
    struct store_box_rep rep;
    struct err e;

    (void)state;
    ticket_make(&t, &L.tickets, &wire);
    OK(store_bind(s, buf_span(&wire), &rep, &mem, &e));
    watch(s, 0);
    watch(other, 0);
    while (time(NULL) < (time_t)t.expires)
        poll(NULL, 0, 100);
    (void)live_deliver(other, mbx, STORE_INBOX, 100, 0);
    assert_int_equal(next_event(other, 60000), STORE_INBOX);
    assert_int_equal(next_event(s, 100), -1);
    buf_free(&wire);
    buf_free(&mem);
    store_free(&s);
    store_free(&other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_watch_ends_with_the_delegation, setup, teardown),
        cmocka_unit_test_setup_teardown(a_watch_is_looked_at_again, setup, teardown),
        cmocka_unit_test_setup_teardown(a_watch_ends_with_its_ticket, setup, teardown)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
