/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/doctor/walls_test.c - what pli doctor says of processes that come and go while it looks. Children of this test stand for the supervisor's. */
#include "base/sandbox.h"
#include "pli/doctor/doctor.h"
#include <jansson.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
/* last, as it asks */
#include <cmocka.h>

enum { LONG_MS = 60000 };
static const struct timespec a_while = {0, 300000000};

static void stays(void)
{
    for (;;)
        pause();
}

static void without_walls_yet(void)
{
    struct err e;

    nanosleep(&a_while, NULL);
    if (sandbox_enter(&(struct sandbox_how){.kind = SB_RELAY_SESSION}, &e) == RC_OK)
        for (;;)
            poll(NULL, 0, -1);
}

static void ends_soon(void)
{
    nanosleep(&a_while, NULL);
}

/* A child that has that name before anybody looks. */
static pid_t child(const char *name, void (*lives)(void))
{
    int ready[2];
    char c;
    pid_t pid;

    assert_int_equal(pipe(ready), 0);
    pid = fork();
    if (pid == 0) {
        prctl(PR_SET_NAME, name);
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (write(ready[1], "", 1) == 1)
            lives();
        _exit(0);
    }
    assert_int_equal(read(ready[0], &c, 1), 1);
    close(ready[0]);
    close(ready[1]);
    return pid;
}

/* What is said while that child lives its life: the findings, which the caller frees. */
static json_t *looked(const char *name, void (*lives)(void), int walls_ms, struct report *r)
{
    struct cmd c = {.json = true};
    pid_t pid = child(name, lives);

    *r = (struct report){.c = &c, .served = true, .pid = getpid(), .walls_ms = walls_ms, .rows = json_array()};
    check_walls(r);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    return r->rows;
}

static unsigned lines_about(const json_t *rows, const char *name, const char *level)
{
    unsigned n = 0;
    size_t i;
    json_t *row;

    json_array_foreach(rows, i, row) n +=
        strncmp(json_string_value(json_object_get(row, "text")), name, strlen(name)) == 0 &&
        strcmp(json_string_value(json_object_get(row, "level")), level) == 0;
    return n;
}

static void a_daemon_that_has_just_been_started(void **state)
{
    struct report r;
    json_t *rows = looked("pli-httpd", without_walls_yet, LONG_MS, &r);

    (void)state;
    assert_int_equal(r.count[F_FAIL], 0);
    assert_int_equal(lines_about(rows, "pli-httpd ", "ok"), 1);
    json_decref(rows);
}

static void one_that_ends_while_it_is_looked_at(void **state)
{
    struct report r;
    json_t *rows = looked("pli-httpd", ends_soon, LONG_MS, &r);

    (void)state;
    assert_int_equal(r.count[F_FAIL], 0);
    assert_int_equal(lines_about(rows, "pli-httpd ", "ok"), 0);
    json_decref(rows);
}

/* "pli" asks whether all is ready, or purges, and is what the supervisor is: no daemon, no user of its own. */
static void the_supervisors_own(void **state)
{
    static const char *const names[] = {"pli", "pli-guard"};
    struct report r;

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        json_t *rows = looked(names[i], stays, LONG_MS, &r);

        assert_int_equal(r.count[F_FAIL], 0);
        assert_int_equal(lines_about(rows, names[i], "ok"), 0);
        json_decref(rows);
    }
}

static void one_without_walls_is_named(void **state)
{
    struct report r;
    json_t *rows = looked("slapd", stays, 200, &r);

    (void)state;
    assert_int_equal(r.count[F_FAIL], 1);
    assert_int_equal(lines_about(rows, "slapd ", "fail"), 1);
    json_decref(rows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_daemon_that_has_just_been_started),
        cmocka_unit_test(one_that_ends_while_it_is_looked_at),
        cmocka_unit_test(the_supervisors_own),
        cmocka_unit_test(one_without_walls_is_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
