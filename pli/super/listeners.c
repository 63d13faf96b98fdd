/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/super/listeners.c - every listening socket of the instance, opened before any daemon starts and kept (INV-S3). */
#include "pli/super/super.h"
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { BACKLOG = 1024, IN_USE_WAIT_MS = 2000, STEP_MS = 10 };

static bool no_ipv6(void)
{
    int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd >= 0)
        close(fd);
    return fd < 0;
}

static enum rc resolve(const char *text, const char *host, const char *port, struct sockaddr_storage *out,
                       unsigned *len_out, struct err *e)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV}, *found = NULL;
    int got = getaddrinfo(host, port, &hints, &found);

    if (got != 0)
        return err_set(e, RC_SYNTAX, "address %s is not understood: %s", text, gai_strerror(got));
    memcpy(out, found->ai_addr, found->ai_addrlen);
    *len_out = found->ai_addrlen;
    freeaddrinfo(found);
    return RC_OK;
}

enum rc address_of(const char *text, struct sockaddr_storage *out, unsigned *len_out, struct err *e)
{
    const char *colon = strrchr(text, ':');
    size_t len = colon ? (size_t)(colon - text) : 0;
    char host[256];

    if (len == 0)
        return err_set(e, RC_SYNTAX, "address %s names no host and port", text);
    if (len > 1 && text[0] == '[' && text[len - 1] == ']')
        snprintf(host, sizeof host, "%.*s", (int)len - 2, text + 1);
    else
        snprintf(host, sizeof host, "%.*s", (int)len, text);
    if (strcmp(host, "*") == 0)
        snprintf(host, sizeof host, "::");
    if (strcmp(host, "::") == 0 && no_ipv6()) /* a kernel without IPv6: every IPv4 address is meant as well */
        snprintf(host, sizeof host, "0.0.0.0");
    return resolve(text, host, colon + 1, out, len_out, e);
}

/* Processes that an earlier supervisor left may hold the port for a moment more. */
static int bind_patiently(int fd, const struct sockaddr_storage *a, unsigned len)
{
    const struct timespec step = {0, STEP_MS * 1000000L};

    for (int waited = 0;; waited += STEP_MS) {
        if (bind(fd, (const struct sockaddr *)a, len) == 0)
            return 0;
        if (errno != EADDRINUSE || waited >= IN_USE_WAIT_MS)
            return -1;
        nanosleep(&step, NULL);
    }
}

static enum rc listen_at(const char *name, const char *text, int *fd_out, struct err *e)
{
    struct sockaddr_storage a;
    unsigned len;
    int on = 1, off = 0, fd;
    enum rc rc = address_of(text, &a, &len, e);

    if (rc != RC_OK)
        return rc;
    fd = socket(a.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return err_sys(e, RC_TEMP, "%s = %s: no socket", name, text);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (a.ss_family == AF_INET6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
    if (bind_patiently(fd, &a, len) != 0 || listen(fd, BACKLOG) != 0) {
        rc = err_sys(e, RC_TEMP, "%s = %s cannot be listened on (%s)", name, text,
                     errno == EADDRINUSE      ? "another program has it: stop that, or change the setting"
                     : errno == EACCES        ? "a port below 1024 is root's"
                     : errno == EADDRNOTAVAIL ? "this machine has no such address"
                                              : "see the cause");
        close(fd);
        return rc;
    }
    *fd_out = fd;
    return RC_OK;
}

/* The socket for slapd's overlay sock, which sends lines over a stream. The credentials of a peer decide whether it may
 * ask, as for all sockets of run/. */
static int listen_gate(enum rc *rc_out, struct err *e)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX, .sun_path = "gate.sock"};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    (void)unlink(a.sun_path); /* of the one before us: the lock says that it is gone */
    if (fd >= 0 && bind(fd, (const struct sockaddr *)&a, sizeof a) == 0 && chmod(a.sun_path, 0666) == 0 &&
        listen(fd, BACKLOG) == 0)
        return fd;
    *rc_out = err_sys(e, RC_TEMP, "run/gate.sock cannot be listened on");
    if (fd >= 0)
        close(fd);
    return -1;
}

enum rc listeners_open(struct super *s, struct err *e)
{
    enum rc rc = RC_OK;

    for (size_t i = 0; i < LISTENERS_ && rc == RC_OK; i++) {
        const char *text = conf_get(s->conf, listener_defs[i].name);
        s->listen_fd[i] = -1;
        if (text[0])
            rc = listen_at(listener_defs[i].name, text, &s->listen_fd[i], e);
    }
    for (size_t i = 0; i < PROCS_ && rc == RC_OK; i++) {
        s->ipc_fd[i] = -1;
        if (proc_defs[i].sock && !proc_off(s->conf, (enum proc_id)i) &&
            (s->ipc_fd[i] = ipc_listen(proc_defs[i].sock, e)) < 0)
            rc = e->rc;
    }
    s->gate_fd = -1;
    if (rc == RC_OK && (s->urls_fd = ipc_listen("imapd.sock", e)) < 0)
        rc = e->rc;
    if (rc == RC_OK)
        s->gate_fd = listen_gate(&rc, e);
    return rc;
}
