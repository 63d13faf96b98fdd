/* SPDX-License-Identifier: EUPL-1.2 */
/* The log is turned over under a process that goes on writing: whole lines in order, few lost if any, no more files than are kept. */
#include "base/log.h"
#include "pli/super/super.h"
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
/* last, as it asks */
#include <cmocka.h>

enum { TURNS = 40, KEEP = 3 };
static char dir[64], path[128];

static void put(const char *name, const char *text)
{
    char full[200];
    FILE *f;

    snprintf(full, sizeof full, "%s/%s", dir, name);
    f = fopen(full, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static struct super *made(const char *conf)
{
    static struct super s;
    struct err e;
    char file[128];

    put("pli.conf", conf);
    snprintf(file, sizeof file, "%s/pli.conf", dir);
    s = (struct super){.dir = dir};
    if (conf_load(file, &s.conf, &e) != RC_OK)
        fail_msg("%s", e.log);
    s.log_fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    assert_true(s.log_fd >= 0);
    return &s;
}

static volatile sig_atomic_t enough;

static void on_term(int sig)
{
    (void)sig;
    enough = 1;
}

/* Ends between two lines when it is told: a process that is killed may leave half a line behind. */
static pid_t writer(int fd)
{
    pid_t pid = fork();

    if (pid == 0)
        signal(SIGTERM, on_term);
    for (unsigned n = 1; pid == 0; n++) {
        char line[100];
        int len = snprintf(line, sizeof line, "line %u of a log that is turned over while it is written\n", n);

        if (write(fd, line, (size_t)len) != len)
            _exit(1);
        if (enough)
            _exit(0);
    }
    return pid;
}

static void wait_for_lines(void)
{
    struct stat st;

    for (int i = 0; i < 30000 && (stat(path, &st) != 0 || st.st_size < 4096); i++)
        usleep(2000);
    assert_true(st.st_size >= 4096);
}

/* The numbers of a file's lines: they go up; returns the last. gaps: how often some are missing. */
static unsigned read_numbers(const char *name, unsigned last, unsigned *gaps)
{
    char line[200];
    FILE *f = fopen(name, "r");
    unsigned n;

    assert_non_null(f);
    while (fgets(line, sizeof line, f)) {
        if (sscanf(line, "line %u of a log", &n) != 1)
            continue; /* what the log says of itself */
        assert_non_null(strchr(line, '\n'));
        assert_true(n > last);
        *gaps += last && n != last + 1;
        last = n;
    }
    fclose(f);
    return last;
}

static void test_turned_under_a_writer(void **state)
{
    struct super *s = made("log {\nmax_size = 16k\nkeep = 3\n}\n");
    unsigned gaps = 0, last = 0;
    char name[200];
    pid_t pid = writer(s->log_fd);

    (void)state;
    for (int i = 0; i < TURNS; i++) {
        wait_for_lines();
        s->log_due = 0;
        (void)log_look(s, i % 2);
    }
    wait_for_lines();
    kill(pid, SIGTERM);
    waitpid(pid, NULL, 0);
    for (int n = KEEP; n >= 0; n--) {
        snprintf(name, sizeof name, n ? "%s.%d" : "%s", path, n);
        last = read_numbers(name, last, &gaps);
    }
    assert_true(last > 100);
    assert_true(gaps <= KEEP); /* nothing is missing but what came between a copy and its end, as much as that may be */
    snprintf(name, sizeof name, "%s.%d", path, KEEP + 1);
    assert_int_not_equal(access(name, F_OK), 0);
    conf_free(&s->conf);
    close(s->log_fd);
}

static void test_when(void **state)
{
    struct super *s = made("log {\nmax_size = 1k\nkeep = 1\n}\n");
    char first[200];
    struct stat st;

    (void)state;
    snprintf(first, sizeof first, "%s.1", path);
    unlink(first);
    assert_int_equal(ftruncate(s->log_fd, 0), 0);
    assert_int_equal(write(s->log_fd, "short\n", 6), 6);
    (void)log_look(s, false);
    assert_int_not_equal(access(first, F_OK), 0); /* not too long */
    (void)log_look(s, true);
    assert_int_equal(access(first, F_OK), 0); /* asked */
    for (int i = 0; i < 300; i++)
        assert_int_equal(write(s->log_fd, "0123456789\n", 11), 11);
    s->log_due = 0;
    (void)log_look(s, false);
    assert_int_equal(stat(first, &st), 0);
    assert_in_range(st.st_size, 3300, 3400); /* too long */
    assert_int_equal(rename(path, first), 0);
    (void)log_look(s, true); /* moved away by somebody: nothing is destroyed */
    assert_int_equal(stat(first, &st), 0);
    conf_free(&s->conf);
    close(s->log_fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_turned_under_a_writer), cmocka_unit_test(test_when)};
    char command[200];
    int failed;

    snprintf(dir, sizeof dir, "/tmp/pli-log-test.XXXXXX");
    if (!mkdtemp(dir))
        return 1;
    snprintf(path, sizeof path, "%s/log", dir);
    mkdir(path, 0700);
    snprintf(path, sizeof path, "%s/log/pli.log", dir);
    log_open("log-test", LOG_ERROR_);
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    snprintf(command, sizeof command, "%s/log", dir);
    for (int n = 0; n <= KEEP + 1; n++) {
        char name[200];

        snprintf(name, sizeof name, n ? "%s.%d" : "%s", path, n);
        unlink(name);
    }
    rmdir(command);
    snprintf(command, sizeof command, "%s/pli.conf", dir);
    unlink(command);
    rmdir(dir);
    return failed;
}
