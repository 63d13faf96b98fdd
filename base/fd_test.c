/* SPDX-License-Identifier: EUPL-1.2 */
/* base/fd_test.c - octets through pipes that take and give few at a time, while signals interrupt. */
#include "base/fd.h"
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { MANY = 300000 }; /* several times what a pipe holds */
static unsigned char octets[MANY];

static void nothing(int sig)
{
    (void)sig;
}

/* Without SA_RESTART, many times a second. */
static void interrupted(bool on)
{
    struct sigaction a = {.sa_handler = nothing};
    struct itimerval often = {{0, 200}, {0, 200}}, never = {{0, 0}, {0, 0}};

    assert_int_equal(sigaction(SIGALRM, &a, NULL), 0);
    assert_int_equal(setitimer(ITIMER_REAL, on ? &often : &never, NULL), 0);
}

/* A child writes them all, interrupted; this process reads them, interrupted too. */
static pid_t written_by_a_child(int *fd_out)
{
    int ends[2];
    pid_t pid;

    assert_int_equal(pipe(ends), 0);
    pid = fork();
    if (pid == 0) {
        close(ends[0]);
        interrupted(true);
        _exit(fd_write_all(ends[1], span_of(octets, sizeof octets)) ? 0 : 1);
    }
    close(ends[1]);
    *fd_out = ends[0];
    return pid;
}

static void ended_well(pid_t pid)
{
    int status = -1;

    interrupted(false);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

static void all_of_it_comes(void **state)
{
    struct buf out = BUF_INIT;
    int fd;
    pid_t pid = written_by_a_child(&fd);

    (void)state;
    buf_addstr(&out, "before"); /* what was there stays */
    interrupted(true);
    assert_true(fd_read_all(fd, MANY, &out));
    ended_well(pid);
    assert_int_equal(out.n, 6 + MANY);
    assert_memory_equal(out.p + 6, octets, MANY);
    buf_free(&out);
    close(fd);
}

static void into_a_room(void **state)
{
    static unsigned char room[MANY + 10];
    size_t n;
    int fd;
    pid_t pid = written_by_a_child(&fd);

    (void)state;
    interrupted(true);
    assert_true(fd_read_into(fd, room, 7, &n)); /* it is full */
    assert_int_equal(n, 7);
    assert_true(fd_read_into(fd, room + 7, sizeof room - 7, &n)); /* the end is there */
    ended_well(pid);
    assert_int_equal(n, MANY - 7);
    assert_memory_equal(room, octets, MANY);
    close(fd);
}

/* Whoever reads sees that there is more, and is not given all of an endless file. */
static void more_than_the_most(void **state)
{
    struct buf out = BUF_INIT;
    int fd = open("/dev/zero", O_RDONLY);

    (void)state;
    assert_true(fd_read_all(fd, 1000, &out));
    assert_in_range(out.n, 1001, 1 << 20);
    buf_free(&out);
    close(fd);
}

static void errors_are_told(void **state)
{
    struct buf out = BUF_INIT;
    unsigned char room[4];
    size_t n;
    int full = open("/dev/full", O_WRONLY);

    (void)state;
    assert_false(fd_read_all(-1, 10, &out));
    assert_int_equal(errno, EBADF);
    assert_false(fd_read_into(-1, room, sizeof room, &n));
    assert_false(fd_write_all(full, SPAN_LIT("x")));
    assert_int_equal(errno, ENOSPC);
    assert_true(fd_write_all(-1, SPAN_NULL)); /* nothing to do */
    close(full);
    buf_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_of_it_comes),
        cmocka_unit_test(into_a_room),
        cmocka_unit_test(more_than_the_most),
        cmocka_unit_test(errors_are_told),
    };

    for (size_t i = 0; i < sizeof octets; i++)
        octets[i] = (unsigned char)(i * 31 >> 3);
    return cmocka_run_group_tests_name("fd", tests, NULL, NULL);
}
