/* SPDX-License-Identifier: EUPL-1.2 */
/* relayd/queue_test.c - a queue of several pages is counted once; a stored that is away is said, not invented. */
#include "flow/fake_test.h"
#include "relayd/queue.h"
#include <setjmp.h>
#include <stdarg.h>
/* last, as it asks */
#include <cmocka.h>

enum { PAGES = 3 };

/* Page n holds one recipient of each state; qid n + 1. */
static enum rc list(void *d, struct ipc_peer *p, const void *req, int fd, struct ipc_reply *r, struct err *e)
{
    const struct store_queue_list_req *q = req;
    struct store_queue_list_rep *rep = r->msg;
    uint64_t qid = q->qid_from ? q->qid_from : 1;

    (void)d, (void)p, (void)fd, (void)e;
    for (uint8_t state = Q_WAITING; state <= Q_FAILED + 1; state++) {
        struct store_queue_item it = {
            .qid = qid, .rcpt = state, .state = state, .received = 1000 - qid, .next_try = qid, .size = 10 * qid};

        ipc_list_add(r->scratch, store_queue_item_f, &it);
    }
    rep->items = buf_span(r->scratch);
    rep->next_qid = qid < PAGES ? qid + 1 : 0;
    return RC_OK;
}

static int up(void **state)
{
    (void)state;
    log_open("queue-test", LOG_ERROR_ + 1);
    if (!mkdtemp(fake_dir) || chdir(fake_dir) != 0)
        return -1;
    fake_start("stored.sock", &stored_proto, (const struct ipc_bind[]){{STORE_QUEUE_LIST, list}, {0, NULL}});
    return 0;
}

static void test_pages(void **state)
{
    struct store *st = store_new(ROLE_RELAYD);
    struct queue_view v;
    struct err e;

    (void)state;
    assert_int_equal(queue_look(st, 2, &v, &e), RC_OK);
    for (int i = Q_WAITING; i <= Q_FAILED; i++)
        assert_int_equal(v.by_state[i], PAGES);
    assert_int_equal(v.by_state[0], PAGES); /* a state of a later release */
    assert_int_equal(v.due, 2);
    assert_int_equal(v.oldest, 1000 - PAGES);
    assert_int_equal(v.octets, 10 + 20 + 30);
    store_free(&st);
}

static void test_away(void **state)
{
    struct store *st = store_new(ROLE_RELAYD);
    struct queue_view v = {.due = 7};
    struct err e;

    (void)state;
    store_patience(st, 50);
    kill(fake_pids[0], SIGKILL);
    waitpid(fake_pids[0], NULL, 0);
    assert_int_equal(queue_look(st, 2, &v, &e), RC_TEMP);
    assert_int_equal(v.due, 7);
    store_free(&st);
}

static int down(void **state)
{
    fake_n = 0; /* ended already */
    return fakes_down(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_pages), cmocka_unit_test(test_away)};

    return cmocka_run_group_tests(tests, up, down);
}
