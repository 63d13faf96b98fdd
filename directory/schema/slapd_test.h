/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/schema/slapd_test.h - for tests: an instance folder with a real slapd in it, in mkdtemp, on free loopback ports.
 * Rule     the test's working folder is DIR/run, as for the daemons. Everything is stopped by pid and removed at the end.
 */
#pragma once
#include "base/buf.h"
#include "base/clock.h"
#include "base/folder_test.h"
#include "directory/schema/embedded.h"
#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct trial {
    char dir[64];
    int ldap_port, ldaps_port;
    pid_t slapd;
};

static inline int trial_port(void)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof a;
    int s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(s, (struct sockaddr *)&a, n) != 0 || getsockname(s, (struct sockaddr *)&a, &n) != 0)
        abort();
    close(s);
    return ntohs(a.sin_port);
}

/* Runs a shell command; its exit status, and what it said in out (may be NULL). */
static inline int trial_sh(struct buf *out, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static inline int trial_sh(struct buf *out, const char *fmt, ...)
{
    char cmd[4096], block[4096];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(cmd, sizeof cmd, fmt, ap);
    va_end(ap);
    FILE *f = popen(cmd, "r");
    if (!f)
        return -1;
    if (out)
        buf_clear(out);
    for (size_t n; (n = fread(block, 1, sizeof block, f)) > 0;)
        if (out)
            buf_add(out, block, n);
    if (out)
        buf_cstr(out);
    int status = pclose(f);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static inline struct embedded_spec trial_spec(const struct trial *t)
{
    static const char *const domains[] = {"chu.example", "cabinet.example", NULL};
    return (struct embedded_spec){.dir = t->dir, .domains = domains, .ldap_addr = "127.0.0.1", .ldap_port = t->ldap_port, .ldaps_port = t->ldaps_port};
}

static inline bool trial_answers(void)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX, .sun_path = "ldapi"};
    int s = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool ok = connect(s, (struct sockaddr *)&a, sizeof a) == 0;
    close(s);
    return ok;
}

/* Where slapd asks whether a password may be tried; listening, as the supervisor makes it. */
static inline int trial_gate(void)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX, .sun_path = "gate.sock"};
    int s = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    unlink(a.sun_path);
    if (bind(s, (struct sockaddr *)&a, sizeof a) != 0 || listen(s, 64) != 0)
        abort();
    return s;
}

static inline bool trial_fork(struct trial *t)
{
    struct embedded_spec spec = trial_spec(t);
    struct err e = {0};
    char **argv = NULL;
    if (embedded_argv(&spec, &argv, &e) != RC_OK)
        return false;
    t->slapd = fork();
    if (t->slapd == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getenv("PLI_TEST_LOG") == NULL)
            dup2(open("/dev/null", O_WRONLY), 2);
        execv(argv[0], argv);
        _exit(127);
    }
    embedded_argv_free(&argv);
    return t->slapd > 0;
}

/* Milliseconds until slapd answered on its socket, -1 when it did not. It ends when somebody else took one of its ports, which were free: then it has others. */
static inline int trial_start(struct trial *t)
{
    int64_t begun = clock_mono(), until = deadline_in(60000);
    for (int tries = 0; tries < 5 && trial_fork(t); tries++) {
        while (deadline_left_ms(until) > 0 && waitpid(t->slapd, NULL, WNOHANG) == 0) {
            if (trial_answers())
                return (int)((clock_mono() - begun) / 1000000);
            nanosleep(&(struct timespec){0, 5000000}, NULL);
        }
        if (deadline_left_ms(until) <= 0)
            return -1;
        t->slapd = 0;
        t->ldap_port = trial_port();
        t->ldaps_port = trial_port();
    }
    return -1;
}

static inline void trial_stop(struct trial *t)
{
    if (t->slapd > 0) {
        kill(t->slapd, SIGTERM);
        waitpid(t->slapd, NULL, 0);
    }
    t->slapd = 0;
}

/* Folder, TLS files, DIR/ldap; the working folder becomes DIR/run. */
static inline bool trial_make(struct trial *t, struct err *e)
{
    *t = (struct trial){.dir = "/tmp/pli-ldap-XXXXXX", .ldap_port = trial_port(), .ldaps_port = trial_port()};
    if (!mkdtemp(t->dir) || chdir(t->dir) != 0 || mkdir("run", 0700) != 0 || mkdir("run/slapd", 0700) != 0 ||
        symlink("slapd/ldapi", "run/ldapi") != 0 || mkdir("tls", 0700) != 0)
        return false;
    if (trial_sh(NULL,
                 "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost "
                 "-addext subjectAltName=DNS:localhost,IP:127.0.0.1 -keyout tls/slapd.key -out tls/slapd.pem 2>/dev/null "
                 "&& cp tls/slapd.pem ca.pem") != 0)
        return false;
    struct embedded_spec spec = trial_spec(t);
    return embedded_init(&spec, e) == RC_OK && chdir("run") == 0;
}

static inline void trial_remove(struct trial *t)
{
    trial_stop(t);
    if (chdir("/tmp") == 0 && t->dir[0])
        folder_drop(t->dir);
}
