/* SPDX-License-Identifier: EUPL-1.2 */
/* store/stored/client_test.c - store/client/client.c against a daemon that comes and goes: pauses, not failures; patience has
 * an end. */
#include "store/stored/live_each_test.h"

/* Returns when every thread of the daemon has stopped: the signal alone lets one on another core answer once more. */
static void live_pause(const struct live *l)
{
    int status;

    assert_int_equal(kill(l->pid, SIGSTOP), 0);
    assert_int_equal(waitpid(l->pid, &status, WUNTRACED), l->pid);
    assert_true(WIFSTOPPED(status));
}

static void ask_three(struct store *s, const struct store_folder_msg *f)
{
    struct err e;

    for (int i = 0; i < 3; i++)
        OK(store_ask(s, STORE_FOLDER_STATUS, &f[i], &e));
}

static void test_pipelining(void **state)
{
    static const struct store_folder_msg f[] = {{STORE_INBOX}, {77}, {STORE_INBOX}};
    uint64_t mbx = live_box(0);
    struct store *s = live_bound(&L, mbx), *in = store_new(ROLE_SMTPD);
    struct store_status_rep st;
    struct err e;

    (void)state;
    live_deliver(in, mbx, STORE_INBOX, 10, 0);
    ask_three(s, f);
    OK(store_answer(s, STORE_FOLDER_STATUS, &st, NULL, &e));
    assert_int_equal(st.exists, 1);
    assert_int_equal(store_answer(s, STORE_FOLDER_STATUS, &st, NULL, &e),
                     RC_NOTFOUND); /* the answers keep their order */
    OK(store_answer(s, STORE_FOLDER_STATUS, &st, NULL, &e));
    live_pause(&L); /* so that the next ones are surely unanswered */
    ask_three(s, f);
    live_stop(&L, SIGKILL);
    live_start(&L);
    assert_int_equal(store_answer(s, STORE_FOLDER_STATUS, &st, NULL, &e), RC_TEMP);
    assert_int_equal(store_answer(s, STORE_FOLDER_STATUS, &st, NULL, &e), RC_TEMP);
    OK(store_call(s, STORE_FOLDER_STATUS, &f[0], -1, &st, &e)); /* dialled and bound again */
    ask_three(s, f);
    for (int i = 0; i < 3; i++)
        (void)store_answer(s, STORE_FOLDER_STATUS, &st, NULL, &e);
    assert_int_equal(st.exists, 1);
    store_free(&s);
    store_free(&in);
}

static void test_patience(void **state)
{
    uint64_t mbx = live_box(0);
    struct store *s = live_bound(&L, mbx);
    struct store_status_rep st;
    struct store_expunge_rep ex;
    struct err e;
    int64_t start;

    (void)state;
    live_stop(&L, SIGKILL); /* the listening socket stays: a dial waits in its queue, as in life */
    store_patience(s, 400);
    start = clock_mono();
    assert_int_equal(store_call(s, STORE_FOLDER_STATUS, &(struct store_folder_msg){STORE_INBOX}, -1, &st, &e), RC_TEMP);
    assert_int_equal(e.cause, CAUSE_UNAVAILABLE);
    assert_in_range((clock_mono() - start) / 1000000, 300, 60000);
    live_start(&L);
    store_patience(s, 60000);
    /* never sent before: asked */
    OK(store_call(s, STORE_EXPUNGE, &(struct store_expunge_req){STORE_INBOX, live_range(1, 1), 0, 0}, -1, &ex, &e));
    store_free(&s);
}

/* What is not to be asked twice is not: the connection is lost while it is under way. */
static void test_once(void **state)
{
    uint64_t mbx = live_box(0);
    struct store *s = live_bound(&L, mbx);
    struct store_copy_rep rep;
    struct store_status_rep st;
    struct err e;
    pid_t pid;

    (void)state;
    live_deliver(s, mbx, STORE_INBOX, 10, 0);
    live_pause(&L);
    pid = fork();
    if (pid == 0) {
        poll(NULL, 0, 200);
        kill(L.pid, SIGKILL);
        _exit(0);
    }
    assert_int_equal(store_call(s, STORE_COPY, &(struct store_copy_req){1, 1, live_range(1, 1), 0, 0, 0}, -1, &rep, &e),
                     RC_TEMP);
    waitpid(pid, NULL, 0);
    live_stop(&L, 0);
    live_start(&L);
    OK(store_call(s, STORE_FOLDER_STATUS, &(struct store_folder_msg){STORE_INBOX}, -1, &st, &e));
    assert_int_equal(st.exists, 1);
    store_free(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_pipelining), cmocka_unit_test(test_patience),
                                       cmocka_unit_test(test_once)};

    return cmocka_run_group_tests(tests, setup, teardown);
}
