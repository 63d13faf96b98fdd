/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/super/super_test.h - the supervisor with daemons that only greet, for the tests beside it.
 *
 * A test's program is copied into a folder as "pli" and linked as pli-stored, pli-keyd ...: called by such a name it is that daemon,
 * called with --serve it is pli serve, else it is the test (super_main). No slapd: directory.uri names a directory elsewhere.
 * Process  tests.
 */
#pragma once
#include "base/ipc_stand_in_test.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
/* cmocka wants the above first */
#include "base/ascii.h"
#include "base/boot.h"
#include "base/ipc_stand_in_test.h"
#include "base/log.h"
#include "pli/cmds.h"
#include "pli/instance.h"
#include "pli/super/super.h"
#include "pli/trees.h"
#include <arpa/inet.h>
#include <cmocka.h>
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
static inline enum rc any_op(void *daemon, struct ipc_peer *p, const void *req, int fd, struct ipc_reply *r, struct err *e)
{
    (void)daemon;
    (void)p;
    (void)req;
    (void)fd;
    (void)e;
    ((struct dird_status_rep *)r->msg)->in_sync = 1; /* asked of dird only */
    return RC_OK;
}

static inline void on_term(int sig)
{
    (void)sig;
    ipc_stop();
}

/* Leaves the keys it was given for the test to look at: one line in the file of its name, for each start. */
static inline void keys_told(const struct proc_def *d, const struct boot *b)
{
    size_t n = d->ticket == TICKETS_ALL ? sizeof(struct ticket_keys) : TICKET_KEY;
    unsigned char key[sizeof(struct ticket_keys)];
    char path[64];
    FILE *f;

    boot_secret(b, "ticket.key", key, n);
    snprintf(path, sizeof path, "../../keys.%s", d->name);
    f = fopen(path, "ae");
    for (size_t i = 0; f && i < n; i++)
        fprintf(f, "%02x", key[i]);
    if (f)
        fprintf(f, "\n");
    if (!f || fclose(f) != 0)
        die("%s cannot be written", path);
}

static inline int fake_service(const struct boot *b, const struct proc_def *d)
{
    struct ipc_service s = {
        .proto = d->proto, .handlers = stand_in_handlers(d->proto, NULL, any_op), .threads = 2, .max_peers = 32};
    struct err e;

    if (d->ticket != TICKETS_NONE)
        keys_told(d, b);
    else if (boot_fd(b, "ticket.key") >= 0)
        die("%s was given a key of tickets", d->name);
    signal(SIGTERM, on_term);
    return ipc_serve(&s, boot_fd(b, "ipc"), &e) == RC_OK ? 0 : 2;
}

/* Forks a "session" a connection, which stays until it is told to go: as the real ones do. */
static inline int fake_listener(const struct boot *b, const struct proc_def *d)
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

static inline int fake_daemon(const char *name)
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

static inline int serve(char *root)
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

static inline void make_file(const char *name, const char *text)
{
    char path[300];
    FILE *f;

    snprintf(path, sizeof path, "%s/%s", root, name);
    f = fopen(path, "we");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static inline int free_port(void)
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

static inline int copy_self(void)
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

static inline int make_root(void **state)
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

static inline int remove_root(void **state)
{
    (void)state;
    return tree_remove(top, true);
}

struct run {
    pid_t pid;
    int out; /* its standard output and error */
};

static inline struct run start(void)
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

/* Lines until one begins with what is wanted; false at the end of output or after a minute of silence. */
static inline bool hear(struct run *r, const char *wanted, char line[1024])
{
    size_t n = 0;
    struct pollfd p = {r->out, POLLIN, 0};

    while (poll(&p, 1, 60000) > 0 && n < 1023 && read(r->out, line + n, 1) == 1) {
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

static inline int finish(struct run *r, int sig)
{
    int status = -1;

    if (sig)
        kill(r->pid, sig);
    for (int i = 0; i < 6000 && waitpid(r->pid, &status, WNOHANG) == 0; i++)
        nanosleep(&(struct timespec){0, 10000000}, NULL);
    close(r->out);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* Processes that run from the test's folder: name "" for all; the first one's id. */
static inline unsigned count(const char *name, pid_t *first)
{
    char path[300], text[600], want[128];
    DIR *d = opendir("/proc");
    struct dirent *en;
    unsigned n = 0;

    snprintf(want, sizeof want, "%s/pli%s%s", top, name[0] ? "-" : "", name);
    while ((en = readdir(d))) {
        int fd;
        ssize_t len;
        if (!ascii_is_digit((unsigned char)en->d_name[0]))
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

static inline bool soon(bool (*is)(void))
{
    for (int i = 0; i < 12000; i++) {
        if (is())
            return true;
        nanosleep(&(struct timespec){0, 5000000}, NULL);
    }
    return false;
}

static inline bool nothing_left(void)
{
    return count("", NULL) == 0;
}

static pid_t old_pid;
static const char *watched;
static inline bool back_again(void)
{
    pid_t now = 0;
    return count(watched, &now) == 1 && now != old_pid;
}

static inline int dial(void)
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

/* The test's program is each of the three: see above. */
#define super_main(argc, argv, tests)                                                                                                          \
    (strncmp(program_name(argv), "pli-", 4) == 0                 ? fake_daemon(program_name(argv))                                             \
     : (argc) == 3 && strcmp((argv)[1], "--serve") == 0          ? serve((argv)[2])                                                            \
                                                                 : cmocka_run_group_tests(tests, make_root, remove_root))

static inline const char *program_name(char **argv)
{
    return strrchr(argv[0], '/') ? strrchr(argv[0], '/') + 1 : argv[0];
}
