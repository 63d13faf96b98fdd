/* SPDX-License-Identifier: EUPL-1.2 */
/* base/ipc_spans_test.c - what a reply's spans live in is the caller's: nothing that becomes of the connection reaches them, and a
 * call that names no memory for them cannot be made. Requests that come too late are not begun. */
#include "base/ipc_test.h"
#include <sys/wait.h>

/* Asked ahead, answered, rested, hung up: the first answer is as it was. */
static void test_outlive(void **state)
{
    struct ipc *c = dial(*state, ROLE_SMTPD);
    struct buf first = BUF_INIT, next = BUF_INIT;
    struct echo a, b;
    struct err e;

    assert_int_equal(ipc_call(c, OP_ECHO, &(struct echo){1, SPAN_LIT("the first page")}, -1, &a, &first, NULL, &e),
                     RC_OK);
    for (uint32_t i = 0; i < 5; i++) {
        assert_int_equal(ipc_call(c, OP_ECHO, &(struct echo){i, SPAN_LIT("another page")}, -1, &b, &next, NULL, &e),
                         RC_OK);
        assert_true(span_eq_str(b.text, "another page"));
        assert_true(span_eq_str(a.text, "the first page"));
    }
    assert_int_equal(ipc_send(c, OP_ECHO, &(struct echo){1, SPAN_LIT("ahead")}, -1, &e), RC_OK);
    ipc_rest(c);
    assert_true(span_eq_str(a.text, "the first page"));
    ipc_hangup(&c);
    assert_true(span_eq_str(a.text, "the first page"));
    assert_true(span_eq_str(b.text, "another page"));
    buf_free(&first);
    buf_free(&next);
}

/* A large answer makes a large buffer, a small one fits into any. */
static void test_sizes(void **state)
{
    struct ipc *c = dial(*state, ROLE_SMTPD);
    static char big[80000];
    struct buf mem = BUF_INIT;
    struct echo a;
    struct err e;

    for (uint32_t i = 0; i < 6; i++) {
        size_t n = i % 2 ? sizeof big : 3;
        memset(big, (int)('a' + i), sizeof big);
        assert_int_equal(ipc_call(c, OP_ECHO, &(struct echo){i, span_of(big, n)}, -1, &a, &mem, NULL, &e), RC_OK);
        assert_true(span_eq(a.text, span_of(big, n)));
    }
    buf_free(&mem);
    ipc_hangup(&c);
}

static void test_needs_memory(void **state)
{
    int st = 0;
    pid_t pid = fork();

    if (pid == 0) {
        struct ipc *c = dial(*state, ROLE_SMTPD);
        struct echo a;
        struct err e;

        close(2);
        (void)ipc_call(c, OP_ECHO, &(struct echo){1, SPAN_NULL}, -1, &a, NULL, NULL, &e);
        _exit(0);
    }
    waitpid(pid, &st, 0);
    assert_true(WIFSIGNALED(st) && WTERMSIG(st) == SIGABRT);
}

static void test_due(void **state)
{
    struct ipc *c = dial(*state, ROLE_SMTPD);
    struct buf mem = BUF_INIT;
    struct echo a;
    struct err e;

    ipc_due(c, deadline_in(60000));
    assert_int_equal(ipc_call(c, OP_ECHO, &(struct echo){1, SPAN_LIT("in time")}, -1, &a, &mem, NULL, &e), RC_OK);
    ipc_due(c, clock_mono() - 1);
    assert_int_equal(ipc_call(c, OP_ECHO, &(struct echo){1, SPAN_LIT("late")}, -1, &a, &mem, NULL, &e), RC_TEMP);
    assert_non_null(strstr(e.log, "too long ago"));
    ipc_due(c, 0);
    assert_int_equal(ipc_call(c, OP_ECHO, &(struct echo){1, SPAN_LIT("no limit")}, -1, &a, &mem, NULL, &e), RC_OK);
    buf_free(&mem);
    ipc_hangup(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_outlive),
        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_needs_memory),
        cmocka_unit_test(test_due),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
