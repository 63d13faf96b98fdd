/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/super/super_test.c - the supervisor with daemons that only greet: readiness, restarts, the end, kill -9, two at once, garbage.
 *
 * This program is copied into a folder as "pli" and linked as pli-stored, pli-keyd ...: called by such a name it is that daemon,
 * called with --serve it is pli serve, else it is the test. No slapd: directory.uri names a directory elsewhere.
 */
#include "base/ipc_stand_in_test.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
/* cmocka wants the above first */
#include "base/boot.h"
#include "base/ipc_stand_in_test.h"
#include "base/log.h"
#include "pli/cmds.h"
#include "pli/instance.h"
#include "pli/super/super.h"
#include "pli/trees.h"
#include <arpa/inet.h>
#include <cmocka.h>
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* ---- a daemon that only greets ---- */
static enum rc any_op(void *daemon, struct ipc_peer *p, const void *req, int fd, struct ipc_reply *r, struct err *e)
{
    (void)daemon;
    (void)p;
    (void)req;
    (void)fd;
    (void)e;
    ((struct dird_status_rep *)r->msg)->in_sync = 1; /* asked of dird only */
    return RC_OK;
}

static void on_term(int sig)
{
    (void)sig;
    ipc_stop();
}

static int fake_service(const struct boot *b, const struct proc_def *d)
{
    struct ipc_service s = {
        .proto = d->proto, .handlers = stand_in_handlers(d->proto, NULL, any_op), .threads = 2, .max_peers = 32};
    struct err e;
    unsigned char key[TICKET_KEY];

    if (d->ticket != TICKET_NONE)
        boot_secret(b, "ticket.key", key, sizeof key);
    signal(SIGTERM, on_term);
    return ipc_serve(&s, boot_fd(b, "ipc"), &e) == RC_OK ? 0 : 2;
}

/* Forks a "session" a connection, which stays until it is told to go: as the real ones do. */
static int fake_listener(const struct boot *b, const struct proc_def *d)
{
    struct pollfd fds[LISTENERS_];
    const char *greetings[LISTENERS_];
    nfds_t n = 0;

    signal(SIGCHLD, SIG_IGN);
    for (size_t l = 0; l < LISTENERS_; l++)
        if (d->listeners & (1u << l)) {
            fds[n] = (struct pollfd){boot_fd(b, listener_defs[l].name), POLLIN, 0};
            greetings[n++] = listener_defs[l].greeting;
        }
    for (;;) {
        poll(fds, n, -1);
        for (nfds_t i = 0; i < n; i++) {
            int c = fds[i].revents ? accept(fds[i].fd, NULL, NULL) : -1;
            if (c >= 0 && fork() == 0) {
                char one;
                if (greetings[i])
                    (void)!write(c, greetings[i], strlen(greetings[i]));
                if (read(c, &one, 1) == 1 && one == 'S') /* asked for a forbidden system call */
                    kill(getpid(), SIGSYS);
                _exit(0);
            }
            if (c >= 0)
                close(c);
        }
    }
}

static int fake_daemon(const char *name)
{
    const struct proc_def *d = proc_defs;
    struct boot *b;

    while (d < proc_defs + PROCS_ && !(d->program && strcmp(d->program, name) == 0))
        d++;
    log_open(d->name, LOG_INFO_);
    b = boot_load();
    if (access("refuse", F_OK) == 0 && strcmp(name, "pli-stored") == 0)
        die("format 9 is newer than this program");
    if (d->proto)
        return fake_service(b, d);
    if (d->listeners)
        return fake_listener(b, d);
    for (;;)
        pause();
}

static int serve(char *root)
{
    static const struct command def = {"serve", "", 0, 0, NEED_INSTANCE, cmd_serve, NULL, ""};
    static struct cmd c = {.start_fd = -1, .def = &def, .root_named = true};
    int rc;

    c.root = root;
    rc = inst_enter(&c);
    return rc == PLI_OK ? cmd_serve(&c) : rc;
}

/* ---- the test ---- */
static char top[] = "/tmp/pli-super-XXXXXX";
static char root[64], program[64];
static int port;

static void make_file(const char *name, const char *text)
{
    char path[300];
    FILE *f;

    snprintf(path, sizeof path, "%s/%s", root, name);
    f = fopen(path, "we");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static int free_port(void)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t len = sizeof a;
    int fd = socket(AF_INET, SOCK_STREAM, 0), got;

    got = bind(fd, (struct sockaddr *)&a, sizeof a) == 0 && getsockname(fd, (struct sockaddr *)&a, &len) == 0
              ? ntohs(a.sin_port)
              : 0;
    close(fd);
    return got;
}

static int copy_self(void)
{
    static char bytes[65536];
    int in = open("/proc/self/exe", O_RDONLY | O_CLOEXEC), out = open(program, O_WRONLY | O_CREAT | O_CLOEXEC, 0755);
    ssize_t n;

    while ((n = read(in, bytes, sizeof bytes)) > 0)
        if (write(out, bytes, (size_t)n) != n)
            return -1;
    close(in);
    close(out);
    return n == 0 ? 0 : -1;
}

static int make_root(void **state)
{
    static const char *const folders[] = {"", "/run", "/log", "/store", "/trust", "/keys", "/tls"};
    char path[300], text[600];
    (void)state;

    if (!mkdtemp(top) || chmod(top, 0711) != 0)
        return -1;
    snprintf(root, sizeof root, "%s/i", top);
    snprintf(program, sizeof program, "%s/pli", top);
    if (copy_self() != 0)
        return -1;
    for (size_t i = 0; i < PROCS_; i++)
        if (proc_defs[i].program) {
            snprintf(path, sizeof path, "%s/%s", top, proc_defs[i].program);
            if (symlink("pli", path) != 0)
                return -1;
        }
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        snprintf(path, sizeof path, "%s%s", root, folders[i]);
        mkdir(path, 0755);
    }
    port = free_port();
    snprintf(text, sizeof text,
             "instance { domain = chu.test }\ndirectory { uri = \"ldaps://elsewhere\" }\nlisten {\n smtp = "
             "\"127.0.0.1:%d\"\n submission = \"\"\n"
             " submissions = \"\"\n imap = \"127.0.0.1:%d\"\n imaps = \"\"\n}\n",
             port, free_port());
    make_file("pli.conf", text);
    return 0;
}

static int remove_root(void **state)
{
    (void)state;
    return tree_remove(top, true);
}

struct run {
    pid_t pid;
    int out; /* its standard output and error */
};

static struct run start(void)
{
    int ends[2];
    struct run r;

    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    r.pid = fork();
    if (r.pid == 0) {
        dup2(ends[1], 1);
        dup2(ends[1], 2);
        execl(program, program, "--serve", root, NULL);
        _exit(127);
    }
    close(ends[1]);
    r.out = ends[0];
    return r;
}

/* Lines until one begins with what is wanted; false at the end of output or after 20 s. */
static bool hear(struct run *r, const char *wanted, char line[1024])
{
    size_t n = 0;
    struct pollfd p = {r->out, POLLIN, 0};

    while (poll(&p, 1, 20000) > 0 && n < 1023 && read(r->out, line + n, 1) == 1) {
        line[n + 1] = 0;
        if (line[n++] != '\n')
            continue;
        if (strncmp(line, wanted, strlen(wanted)) == 0)
            return true;
        n = 0;
    }
    line[n] = 0;
    return false;
}

static int finish(struct run *r, int sig)
{
    int status = -1;

    if (sig)
        kill(r->pid, sig);
    for (int i = 0; i < 2000 && waitpid(r->pid, &status, WNOHANG) == 0; i++)
        nanosleep(&(struct timespec){0, 10000000}, NULL);
    close(r->out);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* Processes that run from the test's folder: name "" for all; the first one's id. */
static unsigned count(const char *name, pid_t *first)
{
    char path[300], text[600], want[128];
    DIR *d = opendir("/proc");
    struct dirent *en;
    unsigned n = 0;

    snprintf(want, sizeof want, "%s/pli%s%s", top, name[0] ? "-" : "", name);
    while ((en = readdir(d))) {
        int fd;
        ssize_t len;
        if (!isdigit((unsigned char)en->d_name[0]))
            continue;
        snprintf(path, sizeof path, "/proc/%s/cmdline", en->d_name);
        fd = open(path, O_RDONLY | O_CLOEXEC);
        len = fd < 0 ? 0 : read(fd, text, sizeof text - 1);
        text[len > 0 ? len : 0] = 0;
        if (fd >= 0)
            close(fd);
        if (strncmp(text, want, strlen(want)) == 0) {
            if (first && n == 0)
                *first = (pid_t)strtol(en->d_name, NULL, 10);
            n++;
        }
    }
    closedir(d);
    return n;
}

static bool soon(bool (*is)(void))
{
    for (int i = 0; i < 1000; i++) {
        if (is())
            return true;
        nanosleep(&(struct timespec){0, 5000000}, NULL);
    }
    return false;
}

static bool nothing_left(void)
{
    return count("", NULL) == 0;
}

static pid_t old_pid;
static const char *watched;
static bool back_again(void)
{
    pid_t now = 0;
    return count(watched, &now) == 1 && now != old_pid;
}

static int dial(void)
{
    struct sockaddr_in a = {
        .sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}, .sin_port = htons((uint16_t)port)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct timeval most = {10, 0};
    char got[3];

    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &most, sizeof most);
    assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof a), 0);
    assert_int_equal(recv(fd, got, 3, MSG_WAITALL), 3);
    return fd;
}

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
    const char *name = strrchr(argv[0], '/') ? strrchr(argv[0], '/') + 1 : argv[0];

    if (strncmp(name, "pli-", 4) == 0)
        return fake_daemon(name);
    if (argc == 3 && strcmp(argv[1], "--serve") == 0)
        return serve(argv[2]);
    return cmocka_run_group_tests(tests, make_root, remove_root);
}
