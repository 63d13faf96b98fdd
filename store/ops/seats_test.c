/* SPDX-License-Identifier: EUPL-1.2 */
/* store/ops/seats_test.c - sessions are counted by mailbox: in the table alone, and by the daemon with its connections.
 * Process  tests. */
#include "store/stored/live_test.h"

static const char *const two[] = {"imapd.max_sessions_per_account", "2", NULL};
static struct live L;

static int setup(void **state)
{
    (void)state;
    live_new(&L);
    live_stop(&L, SIGTERM);
    L.more = two;
    live_start(&L);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    live_end(&L);
    return 0;
}

static void seats_are_counted(void **state)
{
    static struct seats *s; /* a process has one, to its end */

    (void)state;
    s = seats_new(2);
    assert_true(seats_take(s, 16) && seats_take(s, 16));
    assert_false(seats_take(s, 16));
    assert_true(seats_take(s, 17));
    seats_leave(s, 16);
    assert_true(seats_take(s, 16));
    assert_false(seats_take(s, 16));
}

static enum rc bind_as(struct store *s, uint64_t mbx)
{
    struct buf wire = BUF_INIT, mem = BUF_INIT;
    struct store_box_rep box;
    struct err e;
    enum rc rc;

    live_ticket(&L, mbx, RIGHT_READ | RIGHT_WRITE, &wire);
    rc = store_bind(s, buf_span(&wire), &box, &mem, &e);
    buf_free(&mem);
    buf_free(&wire);
    return rc;
}

/* A place is taken with the ticket and given back when the connection ends, however it ends; submission takes none. */
static void sessions_are_counted(void **state)
{
    uint64_t mbx = live_box(0), other = live_box(0);
    struct store *s[4];
    struct store *in = store_new(ROLE_SMTPD);

    (void)state;
    for (int i = 0; i < 4; i++)
        s[i] = store_new(ROLE_IMAPD);
    assert_int_equal(bind_as(s[0], mbx), RC_OK);
    assert_int_equal(bind_as(s[1], mbx), RC_OK);
    assert_int_equal(bind_as(s[1], mbx), RC_OK); /* the same session again */
    assert_int_equal(bind_as(s[2], mbx), RC_QUOTA);
    assert_int_equal(bind_as(in, mbx), RC_OK);
    assert_int_equal(bind_as(s[2], other), RC_OK);
    assert_int_equal(bind_as(s[1], other), RC_OK); /* it leaves the first mailbox */
    assert_int_equal(bind_as(s[3], mbx), RC_OK);
    store_free(&s[0]);
    s[0] = store_new(ROLE_IMAPD);
    for (int64_t until = deadline_in(60000); bind_as(s[0], mbx) != RC_OK;) /* until stored has seen the other go */
        assert_true(deadline_left_ms(until) > 0);
    for (int i = 0; i < 4; i++)
        store_free(&s[i]);
    store_free(&in);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(seats_are_counted), cmocka_unit_test(sessions_are_counted)};

    return cmocka_run_group_tests(tests, setup, teardown);
}
