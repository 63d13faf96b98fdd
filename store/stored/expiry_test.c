/* SPDX-License-Identifier: EUPL-1.2 */
/* store/stored/expiry_test.c - a ticket ends while its connection goes on: every op that needs it is refused from then on, no event comes any
 * more, and a renewed ticket opens the mailbox again. */
#include "store/stored/live_each_test.h"

static void sign(uint64_t mbx, int64_t life, struct buf *out)
{
    struct ticket t = {
        .method = METHOD_PASSWORD, .rights = RIGHT_READ | RIGHT_WRITE, .mbx = mbx, .address = "a@b", .actor = "a@b"};

    t.begun = t.issued = (uint64_t)time(NULL);
    t.expires = t.issued + (uint64_t)life;
    buf_clear(out);
    ticket_make(&t, &L.tickets, out);
}

/* What an empty request is answered as a bound session: only whether it is refused for want of a ticket. */
static bool wants_a_ticket(struct store *s, const struct ipc_op *o)
{
    unsigned char req[IPC_STRUCT_MAX] = {0}, rep[IPC_STRUCT_MAX];
    int fd = (o->bits & IPC_REQ_FD) ? memfd_create("none", 0) : -1;
    struct err e;
    bool refused =
        store_call(s, (enum store_op)o->op, req, fd, rep, &e) == RC_DENIED && strstr(e.log, "a ticket comes first");

    if (fd >= 0)
        close(fd);
    return refused;
}

static unsigned ops_that_want_one(struct store *s)
{
    unsigned n = 0;

    for (size_t i = 0; i < stored_proto.n_ops && stored_proto.ops[i].roles; i++)
        if ((stored_proto.ops[i].roles & ROLE_IMAPD) && stored_proto.ops[i].op != STORE_TICKET)
            n += wants_a_ticket(s, &stored_proto.ops[i]);
    return n;
}

static void test_ends_while_connected(void **state)
{
    uint64_t mbx = live_box(0);
    struct store *s = store_new(ROLE_IMAPD), *good = store_new(ROLE_IMAPD), *never = store_new(ROLE_IMAPD),
                 *in = store_new(ROLE_SMTPD);
    struct store_box_rep box;
    struct store_ev_changed ev;
    struct store_watch_req inbox = {STORE_INBOX};
    struct buf ticket = BUF_INIT, mem = BUF_INIT;
    struct err e;

    (void)state;
    sign(mbx, 3600, &ticket);
    OK(store_bind(good, buf_span(&ticket), &box, &mem, &e));
    buf_free(&mem);
    assert_int_equal(ops_that_want_one(good), 0);
    sign(mbx, 3, &ticket); /* for two calls; all of the operations may take longer */
    OK(store_bind(s, buf_span(&ticket), &box, &mem, &e));
    buf_free(&mem);
    OK(store_call(s, STORE_WATCH, &inbox, -1, NULL, &e));
    while (store_call(s, STORE_WATCH, &inbox, -1, NULL, &e) == RC_OK)
        poll(NULL, 0, 50); /* until the clock has passed its end */
    assert_int_equal(e.rc, RC_DENIED);
    assert_true(ops_that_want_one(never) >= 15); /* the measure: one that never had a ticket */
    assert_int_equal(ops_that_want_one(s), ops_that_want_one(never));
    while (store_event(s, &ev, &e) == RC_OK) /* of what was tried while it was good */
        ;
    live_deliver(in, mbx, STORE_INBOX, 10, 0);
    assert_int_equal(store_event(s, &ev, &e), RC_MORE);
    sign(mbx, 3600, &ticket);
    store_renew(s, buf_span(&ticket));
    OK(store_call(s, STORE_WATCH, &inbox, -1, NULL, &e));
    live_deliver(in, mbx, STORE_INBOX, 10, 0);
    assert_int_equal(poll(&(struct pollfd){store_event_fd(s), POLLIN, 0}, 1, 60000), 1);
    OK(store_event(s, &ev, &e));
    buf_free(&ticket);
    store_free(&s);
    store_free(&good);
    store_free(&never);
    store_free(&in);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_ends_while_connected)};

    return cmocka_run_group_tests(tests, setup, teardown);
}
