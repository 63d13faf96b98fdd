/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/super/slapd_says_test.c - what slapd prints becomes lines of the log that nobody forged, and not more than the log can bear. */
#include "base/log.h"
#include "pli/super/slapd_says.h"
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

enum { TEXT_MOST = 200 * 1000, HANGS_S = 300 /* of this process: who waits at a pipe for nothing is ended */ };
static const int64_t second = 1000 * 1000 * 1000;
static char text[TEXT_MOST];

/* What do() writes to standard error. */
static const char *written_by(void (*act)(void))
{
    char name[] = "/tmp/pli-says-XXXXXX";
    int fd = mkstemp(name), was = dup(2);
    ssize_t n;

    assert_true(fd >= 0 && was >= 0 && dup2(fd, 2) == 2);
    unlink(name);
    act();
    assert_int_equal(dup2(was, 2), 2);
    n = pread(fd, text, sizeof text - 1, 0);
    assert_true(n >= 0);
    text[n] = 0;
    close(was);
    close(fd);
    return text;
}

static size_t lines_of(const char *s, const char *with)
{
    size_t n = 0;

    while ((s = strstr(s, with)) != NULL) {
        n++;
        s += strlen(with);
    }
    return n;
}

static void take(struct slapd_says *s, const char *octets, int64_t now)
{
    slapd_says_take(s, span_str(octets), now);
}

static void say_some(void)
{
    struct slapd_says s = {.n = 0};
    char large[SAYS_LINE * 3];

    take(&s, "6b0c8c20.1e1062a3 0x7fc6a65fd6c0 slapd star", second);
    take(&s, "ting\n\n \nunrecognized control: 1.2\x1b]0;x\x07 ev=auth login=a\n", second);
    memset(large, 'y', sizeof large - 1);
    large[sizeof large - 1] = 0;
    take(&s, large, second);
    take(&s, "\nthe end", second);
    slapd_says_rest(&s);
}

static void test_a_line_is_escaped(void **st)
{
    const char *got = written_by(say_some);

    (void)st;
    assert_int_equal(lines_of(got, "\n"), 4);
    assert_int_equal(lines_of(got, " info ev=slapd says="), 4);
    assert_non_null(strstr(got, "says=slapd\\x20starting\n"));
    assert_non_null(strstr(got, "says=unrecognized\\x20control:\\x201.2\\x1b]0;x\\x07\\x20ev=auth\\x20login=a\n"));
    assert_non_null(strstr(got, "yyy...\n"));
    assert_non_null(strstr(got, "says=the\\x20end\n"));
}

static void say_many(void)
{
    struct slapd_says s = {.n = 0};

    for (int i = 0; i < 1000; i++)
        take(&s, "again\n", second);
    take(&s, "a little later\n", 3 * second);
    slapd_says_rest(&s);
    for (int i = 0; i < SAYS_BURST; i++)
        take(&s, "much later\n", 1000 * second);
}

static void test_a_flood_is_bounded_and_counted(void **st)
{
    const char *got = written_by(say_many);

    (void)st;
    assert_int_equal(lines_of(got, "says=again\n"), SAYS_BURST);
    assert_int_equal(lines_of(got, "warn ev=slapd-unsaid lines=900\n"), 1);
    assert_int_equal(lines_of(got, "says=a\\x20little\\x20later\n"), 1);
    assert_int_equal(lines_of(got, "says=much\\x20later\n"), SAYS_BURST);
    assert_int_equal(lines_of(got, "slapd-unsaid"), 1);
}

/* ---- the process ---- */
static int ends[2];

static pid_t follower(void)
{
    pid_t pid = fork();

    if (pid == 0)
        slapd_says_follow(ends[0], 2, 0);
    assert_true(pid > 0);
    return pid;
}

static void says(const char *command)
{
    pid_t pid = fork();
    int status = 1;

    if (pid == 0) {
        dup2(ends[1], 1);
        dup2(ends[1], 2);
        execl("/bin/sh", "sh", "-c", command, (char *)NULL);
        _exit(4);
    }
    assert_true(pid > 0 && waitpid(pid, &status, 0) == pid && status == 0);
}

static void ends_well(pid_t pid)
{
    int status = 1;

    close(ends[0]);
    close(ends[1]);
    assert_true(waitpid(pid, &status, 0) == pid);
    assert_int_equal(status, 0);
}

static void say_by_a_process(void)
{
    pid_t pid;

    assert_true(slapd_says_pipe(ends));
    pid = follower();
    says("echo one; printf 'two\\033\\nthree' >&2");
    ends_well(pid);
}

static void test_the_child_ends_with_who_says(void **st)
{
    const char *got = written_by(say_by_a_process);

    (void)st;
    assert_int_equal(lines_of(got, " info ev=slapd says="), 3);
    assert_non_null(strstr(got, "says=two\\x1b\n"));
    assert_non_null(strstr(got, " slapd["));
}

/* Who says it is not held up meanwhile, and finds no broken pipe. */
static void say_while_it_is_killed(void)
{
    pid_t pid;

    assert_true(slapd_says_pipe(ends));
    pid = follower();
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_true(waitpid(pid, NULL, 0) == pid);
    says("trap 'exit 9' PIPE; echo while nobody reads || exit 8; exit 0");
    pid = follower();
    says("echo and later");
    ends_well(pid);
}

static void test_another_reads_on(void **st)
{
    const char *got = written_by(say_while_it_is_killed);

    (void)st;
    assert_non_null(strstr(got, "says=while\\x20nobody\\x20reads\n"));
    assert_non_null(strstr(got, "says=and\\x20later\n"));
}

static int waits(void)
{
    int n = -1;

    assert_int_equal(ioctl(ends[0], FIONREAD, &n), 0);
    return n;
}

/* Ten times what the pipe may hold, while nobody reads: who says it does not wait, and what comes when it is read again is heard. */
static void say_too_much(void)
{
    static const char much[1 << 20];
    pid_t pid;

    assert_true(slapd_says_pipe(ends));
    assert_true(write(ends[1], much, sizeof much) > 0);
    for (int i = 1; i < 10; i++)
        assert_true(write(ends[1], much, sizeof much) < 0 && errno == EAGAIN);
    assert_int_equal(waits(), fcntl(ends[0], F_GETPIPE_SZ));
    pid = follower();
    while (waits() > 0) {
        assert_int_equal(waitpid(pid, NULL, WNOHANG), 0); /* it lives: nobody else reads */
        usleep(1000);
    }
    says("echo; echo heard again");
    ends_well(pid);
}

static void test_a_full_pipe_holds_nobody_up(void **st)
{
    (void)st;
    assert_non_null(strstr(written_by(say_too_much), "says=heard\\x20again\n"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_line_is_escaped), cmocka_unit_test(test_a_flood_is_bounded_and_counted),
        cmocka_unit_test(test_the_child_ends_with_who_says), cmocka_unit_test(test_another_reads_on),
        cmocka_unit_test(test_a_full_pipe_holds_nobody_up)};

    alarm(HANGS_S);
    log_open("says-test", LOG_INFO_);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
