/* SPDX-License-Identifier: EUPL-1.2 */
/* relayd/nursery.c - see relayd/nursery.h: the process that forks sessions, and the scheduler's side. A request is one packet, struct session_start as it
 * stands, with two descriptors: the peer and the session's end of its channel. There is no answer. */
#include "base/ipc_int.h"
#include "base/log.h"
#include "base/sandbox.h"
#include "base/service.h"
#include "relayd/session.h"
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct nursery {
    int fd;
};
enum { RIDERS = 2 };
union two_fds {
    struct cmsghdr h;
    char room[CMSG_SPACE(RIDERS * sizeof(int))];
};

/* ---- the packet ---- */

static bool send_start(int to, const struct session_start *s, const int fds[RIDERS])
{
    union two_fds ctl = {
        .h = {.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(RIDERS * sizeof(int))}};
    struct iovec iov = {(void *)(uintptr_t)s, sizeof *s};
    struct msghdr m = {.msg_iov = &iov, .msg_iovlen = 1, .msg_control = ctl.room, .msg_controllen = sizeof ctl.room};
    ssize_t n;

    memcpy(CMSG_DATA(&ctl.h), fds, RIDERS * sizeof(int));
    do
        n = sendmsg(to, &m, MSG_NOSIGNAL); /* the nursery only forks: it reads soon, or is gone */
    while (n < 0 && errno == EINTR);
    return n == (ssize_t)sizeof *s;
}

/* False: the scheduler has gone. */
static bool recv_start(int from, struct session_start *s, int fds[RIDERS])
{
    union two_fds ctl;
    struct iovec iov = {s, sizeof *s};
    struct msghdr m = {.msg_iov = &iov, .msg_iovlen = 1, .msg_control = ctl.room, .msg_controllen = sizeof ctl.room};
    const struct cmsghdr *c;
    ssize_t n;

    do
        n = recvmsg(from, &m, MSG_CMSG_CLOEXEC);
    while (n < 0 && errno == EINTR);
    if (n <= 0)
        return false;
    c = CMSG_FIRSTHDR(&m);
    if (n != (ssize_t)sizeof *s || c == NULL || c->cmsg_type != SCM_RIGHTS ||
        c->cmsg_len != CMSG_LEN(RIDERS * sizeof(int)))
        bug("nursery: a start of %zd bytes", n);
    memcpy(fds, CMSG_DATA(c), RIDERS * sizeof(int));
    return true;
}

/* ---- the process ---- */

static void fork_session(int door, const struct session_conf *c, const struct session_start *s, const int fds[RIDERS])
{
    struct err e;
    pid_t pid = fork();

    if (pid == 0) {
        close(door);
        if (sandbox_enter(&c->sandbox, &e) != RC_OK)
            die("session: %s", e.log);
        session_run(c, s, fds[0], fds[1]);
        _exit(0);
    }
    if (pid < 0)
        log_ev(LOG_ERROR_, "session-not-forked", "errno=%d", errno); /* the scheduler sees the channel's end */
}

static void nursery_run(int door, const struct session_conf *c)
{
    struct session_start s;
    int fds[RIDERS];

    while (recv_start(door, &s, fds)) {
        fork_session(door, c, &s, fds);
        close(fds[0]);
        close(fds[1]);
    }
}

static void path_of(const struct boot *b, const char *name, char out[1024])
{
    const char *instance = boot_given(b, "instance");

    if (instance == NULL)
        die("the boot list names no instance");
    if (snprintf(out, 1024, "%s%s%s", name[0] == '/' ? "" : instance, name[0] == '/' ? "" : "/", name) >= 1024)
        die("%s is too long a name", name);
}

static void load_tls(struct session_conf *c, const struct boot *b)
{
    const char *anchors = boot_get(b, "smtpd.peer_anchors"), *which = boot_get(b, "relayd.certificate");
    char a[1024], rsa[1024], ec[1024];
    struct tls_client_spec spec = {.anchors_pem = a, .any_name = boot_num(b, "relayd.check_name") == 0};
    struct err e;

    path_of(b, anchors[0] ? anchors : "ca.pem", a);
    path_of(b, "tls/server.pem", rsa);
    path_of(b, "tls/server-ec.pem", ec);
    if (strcmp(which, "auto") != 0 && strcmp(which, "rsa") != 0 && strcmp(which, "ec") != 0)
        die("relayd.certificate: %s is none of auto, rsa, ec", which);
    if (strcmp(which, "ec") != 0 && access(rsa, F_OK) == 0)
        spec.chain_pem = rsa;
    if (strcmp(which, "rsa") != 0 && access(ec, F_OK) == 0)
        spec.chain_ec_pem = ec;
    if (spec.chain_pem == NULL && spec.chain_ec_pem == NULL)
        die("relayd.certificate: there is no such certificate in %s", rsa);
    if (tls_client_new(&spec, &c->tls, &e) != RC_OK)
        die("relayd: TLS cannot start: %s", e.log);
}

static void configure(struct session_conf *c, const struct boot *b)
{
    int64_t uid = boot_given_num(b, "uid");
    const char *run = boot_given(b, "run");

    load_tls(c, b);
    snprintf(c->host, sizeof c->host, "%s", service_host(b));
    c->command_ms = boot_num(b, "relayd.command_timeout") * 1000;
    c->data_ms = boot_num(b, "relayd.data_timeout") * 1000;
    c->final_ms = boot_num(b, "relayd.final_timeout") * 1000;
    c->sandbox = (struct sandbox_how){SB_RELAY_SESSION, uid > 0 ? (uid_t)uid : 0, run ? run : ".", NULL};
    seal_warm();
}

static void run_child(const struct session_conf *c, int door)
{
    struct sandbox_how how = c->sandbox;
    struct err e;

    how.kind = SB_RELAY_NURSERY;
    signal(SIGTERM, SIG_IGN); /* it ends with the scheduler; so do its sessions, at the end of their letter */
    signal(SIGINT, SIG_IGN);
    signal(SIGCHLD, SIG_IGN); /* nobody waits for sessions */
    if (sandbox_enter(&how, &e) != RC_OK)
        die("nursery: %s", e.log);
    nursery_run(door, c);
    _exit(0);
}

/* ---- the scheduler's side ---- */

enum rc nursery_start(const struct boot *b, const struct identities *t, struct nursery **n_out, struct err *e)
{
    static struct session_conf conf; /* the child's */
    struct nursery *n = calloc(1, sizeof *n);
    int ends[2];
    pid_t pid;

    if (n == NULL)
        die("out of memory");
    configure(&conf, b);
    conf.identities = t;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0 || (pid = fork()) < 0) {
        free(n);
        return err_sys(e, RC_TEMP, "nursery");
    }
    if (pid == 0) {
        channel_alone(ends[1]);
        run_child(&conf, ends[1]);
    }
    tls_client_free(&conf.tls);
    close(ends[1]);
    n->fd = ends[0];
    *n_out = n;
    return RC_OK;
}

void nursery_stop(struct nursery **n)
{
    if (*n == NULL)
        return;
    close((*n)->fd);
    free(*n);
    *n = NULL;
}

enum rc nursery_fork(struct nursery *n, const struct session_start *s, int peer_fd, int *channel_out, struct err *e)
{
    int ends[2];
    enum rc rc = channel_pair(ends, e);

    if (rc != RC_OK)
        return rc;
    if (!send_start(n->fd, s, (int[RIDERS]){peer_fd, ends[1]}))
        rc = err_set(e, RC_CLOSED, "nursery has ended");
    close(ends[1]);
    if (rc == RC_OK) {
        close(peer_fd);
        *channel_out = ends[0];
    } else {
        close(ends[0]);
    }
    return rc;
}
