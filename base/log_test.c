/* SPDX-License-Identifier: EUPL-1.2 */
/* base/log_test.c - errors' texts, and log lines read back from a pipe: one line an event whatever the peer sent. */
#include "base/err.h"
#include "base/log.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
/* last, as it asks */
#include <cmocka.h>
#include <errno.h>
#include <sys/wait.h>

static void test_defaults(void **state)
{
    struct err e;

    (void)state;
    for (enum rc rc = RC_OK; rc < RC_MAX_; rc++) {
        assert_int_equal(err_set(&e, rc, "%s", "what"), rc);
        assert_int_equal(e.rc, rc);
        assert_true((e.cause == CAUSE_NONE) == (rc == RC_OK || rc == RC_MORE));
        assert_string_equal(e.log, "what");
        assert_true(strlen(rc_name(rc)) > 1);
    }
    assert_string_equal(rc_name((enum rc)77), "unknown");
    assert_string_equal(cause_name(CAUSES_), "unknown");
    assert_string_equal(cause_name((enum cause) - 1), "unknown");
    for (int c = 0; c < CAUSES_; c++)
        assert_int_equal(cause_named(cause_name((enum cause)c)), c);
    assert_int_equal(cause_named("disk-ful"), CAUSES_);
    assert_int_equal(cause_named(""), CAUSES_);
}

static void test_texts(void **state)
{
    struct err e;
    char big[1000];

    (void)state;
    memset(big, 'x', sizeof big - 1);
    big[sizeof big - 1] = 0;
    assert_int_equal(err_cause(&e, RC_DENIED, CAUSE_BUSY, "mailbox %d", 7), RC_DENIED);
    assert_int_equal(e.cause, CAUSE_BUSY);
    assert_string_equal(e.log, "mailbox 7");
    assert_int_equal(err_cause(&e, RC_TEMP, e.cause, "while opening: %s", e.log), RC_TEMP); /* wraps itself */
    assert_string_equal(e.log, "while opening: mailbox 7");
    assert_int_equal(e.cause, CAUSE_BUSY);
    assert_int_equal(err_cause(&e, RC_TEMP, CAUSE_NONE, "%s", big), RC_TEMP);
    assert_int_equal(e.cause, CAUSE_UNAVAILABLE);
    assert_int_equal(strlen(e.log), sizeof e.log - 1);
    for (size_t i = 1; i + 1 < sizeof big; i += 2)
        memcpy(big + i, "\xc3\xa9", 2); /* from an odd octet on: one stands across the end */
    assert_int_equal(err_set(&e, RC_TEMP, "x%s", big + 1), RC_TEMP);
    assert_int_equal(strlen(e.log), sizeof e.log - 1);
    assert_int_equal(err_set(&e, RC_TEMP, "%s", big + 1), RC_TEMP);
    assert_int_equal(strlen(e.log), sizeof e.log - 2);
    errno = ENOSPC;
    assert_int_equal(err_sys(&e, RC_TEMP, "write %s", "log"), RC_TEMP);
    assert_string_equal(e.log, "write log: No space left on device");
    assert_int_equal(e.cause, CAUSE_DISK_FULL);
    assert_int_equal(errno, ENOSPC);
}

/* What run() writes to standard error, and how its process ended. */
static char *stderr_of(void (*run)(void), int *status)
{
    static char text[65536];
    size_t n = 0;
    ssize_t got;
    int p[2];
    pid_t pid;

    fflush(NULL);
    assert_int_equal(pipe(p), 0);
    pid = fork();
    if (pid == 0) {
        dup2(p[1], 2);
        run();
        _exit(0);
    }
    close(p[1]);
    while ((got = read(p[0], text + n, sizeof text - 1 - n)) > 0)
        n += (size_t)got;
    text[n] = 0;
    close(p[0]);
    waitpid(pid, status, 0);
    return text;
}

static void hostile_lines(void)
{
    char big[3000];
    struct err e;

    memset(big, 'y', sizeof big - 1);
    big[sizeof big - 1] = 0;
    log_open("test", LOG_INFO_);
    log_session("s1\nev=forged");
    log_message("m1");
    log_ev(LOG_DEBUG_, "quiet", "not=shown");
    log_ev(LOG_INFO_, "ehlo", "name=%s", log_esc(SPAN_LIT("a b\"c\r\nev=x\x7f\xc3\xa9")));
    log_ev(LOG_INFO_, "raw", "text=%s", "one\ntwo");
    log_ev(LOG_WARN_, "big", "text=%s", big);
    log_ev(LOG_WARN_, "plain", NULL);
    if (err_set(&e, RC_TEMP, "says \"x\"\nand more") == RC_TEMP)
        log_err(LOG_ERROR_, "wrapped", &e);
    log_session("");
    log_message("");
    log_ev(LOG_INFO_, "last", "n=1");
}

static void test_one_line_an_event(void **state)
{
    int status, lines = 0;
    char *text = stderr_of(hostile_lines, &status);

    (void)state;
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    for (const char *p = text; *p; p++)
        lines += *p == '\n';
    assert_int_equal(lines, 6);
    assert_non_null(
        strstr(text, " sid=s1\\x0aev=forged mid=m1 ev=ehlo name=a\\x20b\\x22c\\x0d\\x0aev=x\\x7f\\xc3\\xa9\n"));
    assert_non_null(strstr(text, "text=one?two\n"));
    assert_non_null(strstr(text, " ev=plain\n"));
    assert_non_null(strstr(text, "error sid=s1\\x0aev=forged mid=m1 ev=wrapped rc=temp why=unavailable cause=\"says "
                                 "\\x22x\\x22\\x0aand more\"\n"));
    assert_non_null(strstr(text, "] info ev=last n=1\n"));
    assert_null(strstr(text, "not=shown"));
}

static void test_escape_is_bounded(void **state)
{
    unsigned char all[600];

    (void)state;
    for (size_t i = 0; i < sizeof all; i++)
        all[i] = (unsigned char)i;
    for (size_t n = 0; n < sizeof all; n++) {
        const char *s = log_esc(span_of(all, n));
        assert_true(strlen(s) < 256);
        assert_int_equal(strcspn(s, " \"\r\n"), strlen(s));
    }
    assert_string_equal(log_esc(SPAN_NULL), "");
    assert_string_not_equal(log_esc(SPAN_LIT("a")), log_esc(SPAN_LIT("b"))); /* two in one call */
}

static void says_die(void)
{
    die("listen.smtp: port %d is taken", 25);
}

static void says_die_in_log(void)
{
    log_open("test", LOG_INFO_);
    die("port %d\nis taken", 25);
}

static void says_bug(void)
{
    signal(SIGABRT, SIG_DFL);
    bug("INV-%d", 3);
}

static void test_ends(void **state)
{
    int status;

    (void)state;
    assert_non_null(strstr(stderr_of(says_die, &status), ": listen.smtp: port 25 is taken\n"));
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 1);
    assert_non_null(strstr(stderr_of(says_die_in_log, &status), "error ev=die cause=\"port 25\\x0ais taken\"\n"));
    assert_non_null(strstr(stderr_of(says_bug, &status), "INV-3"));
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

static void test_ids(void **state)
{
    char a[17], b[17];

    (void)state;
    log_id_new(a);
    log_id_new(b);
    assert_int_equal(strspn(a, "0123456789abcdef"), 16);
    assert_string_not_equal(a, b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_texts),
        cmocka_unit_test(test_one_line_an_event),
        cmocka_unit_test(test_escape_is_bounded),
        cmocka_unit_test(test_ends),
        cmocka_unit_test(test_ids),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
