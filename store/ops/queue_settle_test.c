/* SPDX-License-Identifier: EUPL-1.2 */
/* store/ops/queue_settle_test.c - what relayd asks of the queue, on a real daemon: it hears of others' changes and not of its own, reads one message's
 * items, and settles many at once, without undoing a hold. */
#include "store/stored/live_each_test.h"

static uint64_t queue(struct store *in, int recipients, uint64_t not_before)
{
    struct store_deliver_rep rep;
    struct letter l;
    struct err e;

    letter_new(&l, 50, 0, 0);
    for (int i = 0; i < recipients; i++)
        letter_out(&l, "envelope", not_before);
    assert_int_equal(letter_send(&l, in, NULL, &rep, &e), RC_OK);
    letter_free(&l);
    return rep.qid;
}

static size_t list(struct store *s, const struct store_queue_list_req *rq, struct store_queue_item *last)
{
    struct store_queue_list_rep rep;
    struct store_queue_item it;
    struct buf mem = BUF_INIT;
    struct err e;
    size_t n = 0;

    assert_int_equal(store_call_in(s, STORE_QUEUE_LIST, rq, -1, &rep, &mem, &e), RC_OK);
    assert_int_equal(rep.next_qid, 0);
    for (struct span rest = rep.items; ipc_list_next(&rest, store_queue_item_f, &it, &e) == RC_OK; n++)
        if (last)
            *last = it; /* numbers of it only: its spans end with mem */
    buf_free(&mem);
    return n;
}

static uint32_t settle(struct store *s, const struct store_queue_update_req *up, size_t n)
{
    struct store_queue_settle_rep rep = {0};
    struct buf b = BUF_INIT;
    struct err e;

    for (size_t i = 0; i < n; i++)
        ipc_list_add(&b, store_queue_update_req_f, &up[i]);
    assert_int_equal(store_call(s, STORE_QUEUE_SETTLE, &(struct store_queue_settle_req){buf_span(&b)}, -1, &rep, &e),
                     RC_OK);
    buf_free(&b);
    return rep.settled;
}

static bool hears(struct store *s, int ms)
{
    struct store_ev_changed ev;
    struct err e;
    bool heard = false;

    poll(&(struct pollfd){store_event_fd(s), POLLIN, 0}, 1, ms);
    while (store_event(s, &ev, &e) == RC_OK)
        heard = true;
    return heard;
}

static void test_one_message(void **state)
{
    struct store *in = store_new(ROLE_SMTPD), *relay = store_new(ROLE_RELAYD);
    uint64_t first = queue(in, 3, 5000), second = queue(in, 2, 6000);
    struct store_queue_item it;

    (void)state;
    assert_int_equal(list(relay, &(struct store_queue_list_req){.qid_from = first, .one = 1}, &it), 3);
    assert_int_equal(it.qid, first);
    assert_int_equal(list(relay, &(struct store_queue_list_req){.qid_from = first, .rcpt_from = 2, .one = 1}, &it), 1);
    assert_int_equal(list(relay, &(struct store_queue_list_req){.qid_from = second, .one = 1}, &it), 2);
    assert_int_equal(list(relay, &(struct store_queue_list_req){.qid_from = second + 1, .one = 1}, &it), 0);
    assert_int_equal(list(relay, &(struct store_queue_list_req){.due_before = 9000, .due_from = 5000}, NULL), 5);
    assert_int_equal(list(relay, &(struct store_queue_list_req){.due_before = 9000, .due_from = 5001}, &it), 2);
    assert_int_equal(it.qid, second);
    assert_int_equal(list(relay, &(struct store_queue_list_req){.due_before = 5999, .due_from = 5001}, NULL), 0);
    struct store_queue_list_req few = {.due_before = 9000, .due_from = 5000, .most = 2}; /* five in pages of two */
    struct store_queue_list_rep rep;
    struct err e;
    struct buf mem = BUF_INIT;
    size_t pages = 0;

    do {
        assert_int_equal(store_call_in(relay, STORE_QUEUE_LIST, &few, -1, &rep, &mem, &e), RC_OK);
        few.qid_from = rep.next_qid;
        few.rcpt_from = rep.next_rcpt;
        pages++;
    } while (rep.next_qid);
    assert_int_equal(pages, 3);
    buf_free(&mem);
    store_free(&in);
    store_free(&relay);
}

static void test_settle(void **state)
{
    struct store *in = store_new(ROLE_SMTPD), *relay = store_new(ROLE_RELAYD), *admin = store_new(ROLE_ADMIN);
    uint64_t q = queue(in, 4, 7000);
    struct store_queue_list_req all = {.qid_from = q, .one = 1}, third = {.qid_from = q, .rcpt_from = 3, .one = 1};
    struct store_queue_update_req up[] = {{q, 0, Q_DONE, 0, SPAN_NULL, 0, 0},
                                          {q, 9, Q_DONE, 0, SPAN_NULL, 0, 0},
                                          {q, 1, Q_DONE, 0, SPAN_NULL, 0, 0},
                                          {q, 3, Q_WAITING, 8000, SPAN_NULL, 0, 0}};
    struct store_queue_item it;
    struct err e;

    (void)state;
    assert_int_equal(store_call(admin, STORE_QUEUE_UPDATE,
                                &(struct store_queue_update_req){q, 3, Q_HELD, 7000, SPAN_NULL, 0, 0}, -1, NULL, &e),
                     RC_OK);
    assert_int_equal(settle(relay, up, 4), 3); /* number 9 is nobody */
    assert_int_equal(list(relay, &all, NULL), 2);
    assert_int_equal(list(relay, &third, &it), 1);
    assert_int_equal(it.state, Q_HELD);
    assert_int_equal(it.attempts, 1);
    assert_int_equal(list(relay, &(struct store_queue_list_req){.due_before = 9000, .due_from = 7000}, NULL),
                     1);  /* INV-9: recipient 2 */
    up[3].state = Q_DONE; /* the peer took it before it was held: that is so */
    assert_int_equal(settle(relay, up + 3, 1), 1);
    assert_int_equal(list(relay, &all, NULL), 1);
    assert_int_equal(store_call(admin, STORE_QUEUE_SETTLE, &(struct store_queue_settle_req){SPAN_NULL}, -1,
                                &(struct store_queue_settle_rep){0}, &e),
                     RC_DENIED);
    store_free(&in);
    store_free(&relay);
    store_free(&admin);
}

/* A wrong one in the list: nothing of the list is done. */
static void test_all_or_none(void **state)
{
    struct store *in = store_new(ROLE_SMTPD), *relay = store_new(ROLE_RELAYD);
    uint64_t q = queue(in, 2, 7000);
    struct store_queue_update_req up[] = {{q, 0, Q_DONE, 0, SPAN_NULL, 0, 0}, {q, 1, 77, 0, SPAN_NULL, 0, 0}};
    struct store_queue_settle_rep rep;
    struct buf b = BUF_INIT;
    struct err e;

    (void)state;
    for (int i = 0; i < 2; i++)
        ipc_list_add(&b, store_queue_update_req_f, &up[i]);
    assert_int_equal(
        store_call(relay, STORE_QUEUE_SETTLE, &(struct store_queue_settle_req){buf_span(&b)}, -1, &rep, &e), RC_SYNTAX);
    assert_int_equal(list(relay, &(struct store_queue_list_req){.qid_from = q, .one = 1}, NULL), 2);
    buf_free(&b);
    for (int i = 0; i <= STORE_SETTLES_MAX; i++)
        ipc_list_add(&b, store_queue_update_req_f, &up[0]);
    assert_int_equal(
        store_call(relay, STORE_QUEUE_SETTLE, &(struct store_queue_settle_req){buf_span(&b)}, -1, &rep, &e), RC_SYNTAX);
    assert_int_equal(list(relay, &(struct store_queue_list_req){.qid_from = q, .one = 1}, NULL), 2);
    buf_free(&b);
    store_free(&in);
    store_free(&relay);
}

static enum rc report(struct store *as, uint64_t mbx, const struct store_queue_update_req *up, size_t n,
                      struct letter *l)
{
    struct store_deliver_rep rep;
    struct buf b = BUF_INIT;
    struct err e;
    enum rc rc;

    for (size_t i = 0; i < n; i++)
        ipc_list_add(&b, store_queue_update_req_f, &up[i]);
    letter_new(l, 60, 0, 0);
    letter_to(l, mbx, STORE_INBOX, 0);
    l->rq.settle = buf_span(&b);
    rc = letter_send(l, as, NULL, &rep, &e);
    buf_free(&b);
    letter_free(l);
    return rc;
}

static uint32_t exists(uint64_t mbx)
{
    struct store *s = live_bound(&L, mbx);
    struct store_status_rep st;
    struct err e;

    OK(store_call(s, STORE_FOLDER_STATUS, &(struct store_folder_msg){STORE_INBOX}, -1, &st, &e));
    store_free(&s);
    return st.exists;
}

/* A report is in its mailbox exactly when what it reports has ended. */
static void test_report_and_end_are_one(void **state)
{
    struct store *in = store_new(ROLE_SMTPD), *relay = store_new(ROLE_RELAYD);
    uint64_t q = queue(in, 3, 7000), mbx = live_box(0);
    struct store_queue_list_req all = {.qid_from = q, .one = 1};
    struct store_queue_update_req up[] = {
        {q, 0, Q_FAILED, 0, SPAN_NULL, 0, 0}, {q, 9, Q_FAILED, 0, SPAN_NULL, 0, 0}, {q, 1, 77, 0, SPAN_NULL, 0, 0}};
    struct letter l;

    (void)state;
    assert_int_equal(report(relay, mbx, up, 3, &l),
                     RC_SYNTAX); /* one of them cannot be: none is, and nothing is filed */
    assert_int_equal(exists(mbx), 0);
    assert_int_equal(list(relay, &all, NULL), 3);
    assert_int_equal(report(in, mbx, up, 1, &l), RC_DENIED); /* not for smtpd */
    assert_int_equal(list(relay, &all, NULL), 3);
    assert_int_equal(report(relay, mbx, up, 2, &l), RC_OK);
    assert_int_equal(exists(mbx), 1);
    live_stop(&L, SIGKILL);
    live_start(&L);
    assert_int_equal(exists(mbx), 1);
    assert_int_equal(list(relay, &all, NULL), 2);
    store_free(&in);
    store_free(&relay);
}

/* Taken by the next server, its report is due: whoever held or dropped it meanwhile, it never waits again. */
static void test_sent_is_never_sent_again(void **state)
{
    struct store *in = store_new(ROLE_SMTPD), *relay = store_new(ROLE_RELAYD), *admin = store_new(ROLE_ADMIN);
    static const uint8_t meanwhile[] = {Q_WAITING, Q_HELD, Q_DROPPED};
    struct store_queue_item it;
    struct err e;

    (void)state;
    for (size_t i = 0; i < sizeof meanwhile; i++) {
        uint64_t q = queue(in, 1, 7000);
        struct store_queue_list_req one = {.qid_from = q, .one = 1};
        struct store_queue_update_req by_admin = {q, 0, meanwhile[i], 7000, SPAN_NULL, 0, 0},
                                      sent = {q, 0, Q_REPORT, 8000, SPAN_NULL, 0, QUEUE_SENT},
                                      waits = {q, 0, Q_WAITING, 8500, SPAN_NULL, 0, 0};

        OK(store_call(admin, STORE_QUEUE_UPDATE, &by_admin, -1, NULL, &e));
        assert_int_equal(settle(relay, &sent, 1), 1);
        assert_int_equal(list(relay, &one, &it), 1);
        assert_int_equal(it.state, Q_REPORT);
        assert_true(it.notify & QUEUE_SENT);
        assert_int_equal(settle(relay, &waits, 1), 1);
        by_admin.state = Q_WAITING;
        OK(store_call(admin, STORE_QUEUE_UPDATE, &by_admin, -1, NULL, &e));
        assert_int_equal(list(relay, &one, &it), 1);
        assert_int_equal(it.state, Q_REPORT);
    }
    store_free(&in);
    store_free(&relay);
    store_free(&admin);
}

static void test_watch(void **state)
{
    struct store *in = store_new(ROLE_SMTPD), *relay = store_new(ROLE_RELAYD), *ear = store_new(ROLE_RELAYD),
                 *admin = store_new(ROLE_ADMIN);
    struct store_queue_update_req up = {0, 0, Q_WAITING, 9000, SPAN_NULL, 0, 0};
    struct err e;

    (void)state;
    assert_int_equal(store_call(ear, STORE_WATCH, &(struct store_watch_req){QUEUE_NEWS}, -1, NULL, &e), RC_OK);
    assert_int_equal(store_call(admin, STORE_WATCH, &(struct store_watch_req){QUEUE_NEWS}, -1, NULL, &e), RC_DENIED);
    assert_false(hears(ear, 0));
    up.qid = queue(in, 1, 7000);
    assert_true(hears(ear, 5000));
    assert_int_equal(store_call(relay, STORE_QUEUE_UPDATE, &up, -1, NULL, &e), RC_OK);
    settle(relay, &up, 1);
    assert_false(hears(ear, 100)); /* its own doing is no news */
    assert_int_equal(store_call(admin, STORE_QUEUE_UPDATE, &up, -1, NULL, &e), RC_OK);
    assert_true(hears(ear, 5000));
    store_free(&in);
    store_free(&relay);
    store_free(&ear);
    store_free(&admin);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_one_message),
                                       cmocka_unit_test(test_settle),
                                       cmocka_unit_test(test_all_or_none),
                                       cmocka_unit_test(test_report_and_end_are_one),
                                       cmocka_unit_test(test_sent_is_never_sent_again),
                                       cmocka_unit_test(test_watch)};

    return cmocka_run_group_tests(tests, setup, teardown);
}
