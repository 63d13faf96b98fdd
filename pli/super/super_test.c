/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/super/super_test.c - the supervisor with daemons that only greet: readiness, restarts, the end, kill -9, two at once, garbage. */
#include "pli/super/super_test.h"

/* The service manager's socket, as systemd would hold it. */
static int manager(void)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    struct timeval most = {20, 0};
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    snprintf(a.sun_path, sizeof a.sun_path, "%s/notify", top);
    unlink(a.sun_path);
    assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof a), 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &most, sizeof most);
    setenv("NOTIFY_SOCKET", a.sun_path, 1);
    return fd;
}

static void told(int fd, const char *want)
{
    char text[64] = "";

    assert_true(recv(fd, text, sizeof text - 1, 0) > 0);
    assert_string_equal(text, want);
}

static void the_service_manager_is_told(void **state)
{
    char line[1024];
    int fd = manager();
    struct run r = start();
    (void)state;
    unsetenv("NOTIFY_SOCKET");
    assert_true(hear(&r, "ready ", line));
    told(fd, "READY=1");
    assert_int_equal(finish(&r, SIGTERM), 0);
    told(fd, "STOPPING=1");
    close(fd);
}

static void ready_then_an_orderly_end(void **state)
{
    struct run r = start();
    char line[1024];
    int session;
    (void)state;
    assert_true(hear(&r, "ready ", line));
    assert_non_null(strstr(line, "smtp=127.0.0.1:"));
    session = dial(); /* does not go by itself: it is told to */
    assert_int_equal(finish(&r, SIGTERM), 0);
    assert_true(soon(nothing_left));
    close(session);
}

/* Restarts are not counted and have no limit: 40 here, 200 in tests/fault with the real one. */
static void a_killed_daemon_is_back_at_once(void **state)
{
    static const char *const names[] = {"stored", "keyd", "dird", "smtpd"};
    struct run r = start();
    char line[1024];
    int64_t begun;
    (void)state;
    assert_true(hear(&r, "ready ", line));
    begun = clock_mono();
    for (int i = 0; i < 40; i++) {
        watched = names[i % 4];
        assert_true(count(watched, &old_pid) >= 1);
        kill(old_pid, SIGKILL);
        assert_true(soon(back_again));
    }
    print_message("a restart took %.1f ms\n", (double)(clock_mono() - begun) / 40e6);
    close(dial());
    assert_int_equal(finish(&r, SIGTERM), 0);
    assert_true(soon(nothing_left));
}

static void a_sandbox_violation_is_named(void **state)
{
    struct run r = start();
    char line[1024];
    pid_t pid;
    (void)state;
    assert_true(hear(&r, "ready ", line));
    assert_int_equal(count("relayd", &pid), 1);
    kill(pid, SIGSYS);
    assert_true(hear(&r, "pli serve: relayd", line));
    assert_non_null(strstr(line, "sandbox forbids"));
    watched = "relayd";
    old_pid = pid;
    assert_true(soon(back_again));
    assert_int_equal(finish(&r, SIGINT), 0);
    assert_true(soon(nothing_left));
}

static void nothing_outlives_a_killed_supervisor(void **state)
{
    struct run r = start(), again;
    char line[1024];
    int session;
    (void)state;
    assert_true(hear(&r, "ready ", line));
    session = dial();
    kill(r.pid, SIGKILL);
    again = start(); /* at once: it waits for the remains */
    assert_true(hear(&again, "ready ", line));
    assert_int_equal(finish(&r, 0), 128 + SIGKILL);
    assert_int_equal(count("stored", NULL), 1);
    assert_int_equal(finish(&again, SIGTERM), 0);
    assert_true(soon(nothing_left));
    close(session);
}

static void there_is_one_supervisor(void **state)
{
    struct run r = start(), second;
    char line[1024];
    (void)state;
    assert_true(hear(&r, "ready ", line));
    second = start();
    assert_true(hear(&second, "pli serve: already served by process", line));
    assert_int_equal(finish(&second, 0), 1);
    assert_int_equal(finish(&r, SIGTERM), 0);
    assert_true(soon(nothing_left));
}

static void a_daemon_that_refuses_ends_the_start(void **state)
{
    struct run r;
    char line[1024], path[128];
    (void)state;
    make_file("run/refuse", "");
    r = start();
    assert_true(hear(&r, "pli serve: stored", line));
    assert_non_null(strstr(line, "exit code 1"));
    assert_int_equal(finish(&r, 0), 1);
    assert_true(soon(nothing_left));
    snprintf(path, sizeof path, "%s/run/refuse", root);
    unlink(path);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ready_then_an_orderly_end),
        cmocka_unit_test(a_killed_daemon_is_back_at_once),
        cmocka_unit_test(a_sandbox_violation_is_named),
        cmocka_unit_test(nothing_outlives_a_killed_supervisor),
        cmocka_unit_test(the_service_manager_is_told),
        cmocka_unit_test(there_is_one_supervisor),
        cmocka_unit_test(a_daemon_that_refuses_ends_the_start),
    };

    return super_main(argc, argv, tests);
}
