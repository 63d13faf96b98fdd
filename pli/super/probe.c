/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/super/probe.c - does everything answer? A short-lived child asks, so that the supervisor itself never reads what
 * a peer sends. Each daemon must answer HELLO, the directory must be in sync, and each listener must greet. */
#include "base/nets.h"
#include "directory/client.h"
#include "pli/super/super.h"
#include "proto/proxy/proxy.h"
#include <errno.h>
#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { PATIENCE_MS = 30000, STEP_MS = 5, GREETING_MS = 10000 };

static void nap(void)
{
    nanosleep(&(struct timespec){0, STEP_MS * 1000000L}, NULL);
}

static bool daemons_answer(const struct super *s, int64_t deadline, char why[200])
{
    for (size_t i = 0; i < PROCS_; i++) {
        struct ipc *c = NULL;
        struct err e;
        if (!proc_defs[i].sock || proc_off(s->conf, (enum proc_id)i))
            continue;
        while (ipc_dial(proc_defs[i].sock, proc_defs[i].proto, ROLE_SUPER, deadline, &c, &e) != RC_OK &&
               clock_mono() < deadline)
            nap();
        if (!c) {
            snprintf(why, 200, "%s does not answer: %.120s", proc_defs[i].name, e.log);
            return false;
        }
        ipc_hangup(&c);
    }
    return true;
}

static bool directory_in_step(int64_t deadline, char why[200])
{
    struct dir *d = dir_new(ROLE_SUPER);
    struct dird_status_rep st = {0};
    struct buf mem = BUF_INIT;
    struct err e = {0};
    bool in = false;

    while (!(in = dir_call_in(d, DIRD_STATUS, NULL, &st, &mem, &e) == RC_OK && st.in_sync) && clock_mono() < deadline)
        nap();
    if (!in)
        snprintf(why, 200, "the directory is not in step%s%.120s", e.log[0] ? ": " : "", e.log);
    buf_free(&mem);
    dir_free(&d);
    return in;
}

static int dial(const char *text)
{
    struct sockaddr_storage a;
    struct timeval most = {GREETING_MS / 1000, 0};
    unsigned len;
    struct err e;
    int fd;

    if (address_of(text, &a, &len, &e) != RC_OK)
        return -1;
    fd = socket(a.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &most, sizeof most);
    if (connect(fd, (const struct sockaddr *)&a, len) == 0) /* the any-address reaches this machine */
        return fd;
    close(fd);
    return -1;
}

/* To a listener that takes connections of a proxy from this address we are that proxy, and speak for ourselves. */
static bool introduced(int fd, const char *proxies)
{
    struct sockaddr_storage a = {0};
    socklen_t len = sizeof a;
    char ip[NI_MAXHOST];
    struct nets list;

    if (!proxies[0] || !nets_parse(span_str(proxies), &list))
        return true;
    if (getsockname(fd, (struct sockaddr *)&a, &len) != 0 ||
        getnameinfo((struct sockaddr *)&a, len, ip, sizeof ip, NULL, 0, NI_NUMERICHOST) != 0)
        return false;
    return !nets_has(&list, ip) || send(fd, proxy_local, sizeof proxy_local, MSG_NOSIGNAL) == sizeof proxy_local;
}

bool port_greets(const char *text, const char *greeting, const char *proxies)
{
    char got[16] = "";
    int fd = dial(text);
    size_t n = greeting ? strlen(greeting) : 0;
    bool ok = fd >= 0 && introduced(fd, proxies) && (n == 0 || recv(fd, got, n, MSG_WAITALL) == (ssize_t)n) &&
              memcmp(got, greeting ? greeting : "", n) == 0;

    if (fd >= 0)
        close(fd);
    return ok;
}

static bool listeners_greet(const struct super *s, char why[200])
{
    static const char *const directory[] = {"listen.ldap", "listen.ldaps"};

    for (size_t i = 0; i < LISTENERS_; i++) {
        const char *text = conf_get(s->conf, listener_defs[i].name);
        if (text[0] && !port_greets(text, listener_defs[i].greeting, conf_get(s->conf, listener_defs[i].proxies))) {
            snprintf(why, 200, "%s = %.60s does not greet", listener_defs[i].name, text);
            return false;
        }
    }
    for (size_t i = 0; i < 2; i++) {
        const char *text = conf_get(s->conf, directory[i]);
        if (text[0] && !conf_get(s->conf, "directory.uri")[0] && !port_greets(text, NULL, "")) {
            snprintf(why, 200, "%s = %.60s does not answer", directory[i], text);
            return false;
        }
    }
    return true;
}

pid_t probe_start(struct super *s)
{
    int64_t deadline = deadline_in(PATIENCE_MS);
    char why[200] = "";
    sigset_t none;
    pid_t pid = fork();

    if (pid != 0)
        return pid;
    child_begins(s);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    if (daemons_answer(s, deadline, why) && directory_in_step(deadline, why) && listeners_greet(s, why))
        _exit(0);
    complain(s, "not ready after %d s: %s; the log is %s/log/pli.log", PATIENCE_MS / 1000, why, s->dir);
    _exit(1);
}
