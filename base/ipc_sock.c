/* SPDX-License-Identifier: EUPL-1.2 */
/* base/ipc_sock.c - one packet in, one packet out, and the descriptors that ride along. Every received descriptor is
 * close-on-exec and accounted for: none can pile up in a process that a peer tries to exhaust. */
#include "base/ipc_int.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/un.h>
#include <unistd.h>

enum {
    FDS_ROOM = 4
}; /* room for a few, so that a peer's second is seen and closed; beyond, the kernel closes and says CTRUNC */

int ipc_tx(int sock, struct span packet, int fd)
{
    union {
        struct cmsghdr h;
        char room[CMSG_SPACE(sizeof(int))];
    } ctl;
    struct iovec iov = {(void *)(uintptr_t)packet.p, packet.n};
    struct msghdr m = {.msg_iov = &iov, .msg_iovlen = 1};
    ssize_t n;

    if (fd >= 0) {
        memset(&ctl, 0, sizeof ctl);
        m.msg_control = ctl.room;
        m.msg_controllen = sizeof ctl.room;
        ctl.h.cmsg_level = SOL_SOCKET;
        ctl.h.cmsg_type = SCM_RIGHTS;
        ctl.h.cmsg_len = CMSG_LEN(sizeof(int));
        memcpy(CMSG_DATA(&ctl.h), &fd, sizeof fd);
    }
    do
        n = sendmsg(sock, &m, MSG_DONTWAIT | MSG_NOSIGNAL);
    while (n < 0 && errno == EINTR);
    if (n >= 0)
        return 1;
    return errno == EAGAIN ? 0 : -1;
}

/* Keeps the first descriptor of m, closes the others; returns how many came. who: the sender, where the socket is told to say it. */
static unsigned take_fds(struct msghdr *m, int *fd_out, struct ucred *who)
{
    unsigned count = 0;

    for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
        if (who && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_CREDENTIALS &&
            c->cmsg_len == CMSG_LEN(sizeof *who))
            memcpy(who, CMSG_DATA(c), sizeof *who);
        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
            continue;
        size_t n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; i < n; i++) {
            int fd;
            memcpy(&fd, CMSG_DATA(c) + i * sizeof fd, sizeof fd);
            if (count++ == 0)
                *fd_out = fd;
            else
                close(fd);
        }
    }
    return m->msg_flags & MSG_CTRUNC ? count + FDS_ROOM : count;
}

static int rx(int sock, const struct iovec parts[2], size_t *n_out, int *fd_out, unsigned *fds_out, struct ucred *who)
{
    union {
        struct cmsghdr h;
        char room[CMSG_SPACE(FDS_ROOM * sizeof(int)) + CMSG_SPACE(sizeof(struct ucred))];
    } ctl;
    struct iovec iov[2] = {parts[0], parts[1]};
    struct msghdr m = {.msg_iov = iov, .msg_iovlen = 2, .msg_control = ctl.room, .msg_controllen = sizeof ctl.room};
    int told_of_reset = 0;
    ssize_t n;

    *fd_out = -1;
    *fds_out = 0;
    do /* reset, once: the other side closed with packets of ours unread. What it had sent before is still here */
        n = recvmsg(sock, &m, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    while (n < 0 && (errno == EINTR || (errno == ECONNRESET && !told_of_reset++)));
    if (n < 0)
        return errno == EAGAIN ? 0 : -1;
    *fds_out = take_fds(&m, fd_out, who);
    if (n == 0) {
        if (*fd_out >= 0)
            close(*fd_out);
        *fd_out = -1;
        errno = ECONNRESET;
        return -1;
    }
    *n_out = m.msg_flags & MSG_TRUNC ? 0 : (size_t)n; /* overlong: too short for a head, so malformed */
    return 1;
}

int ipc_rx(int sock, void *p, size_t cap, size_t *n_out, int *fd_out, unsigned *fds_out)
{
    return ipc_rx_from(sock, p, cap, n_out, fd_out, fds_out, NULL);
}

int ipc_rx_over(int sock, const struct iovec parts[2], size_t *n_out, int *fd_out, unsigned *fds_out)
{
    return rx(sock, parts, n_out, fd_out, fds_out, NULL);
}

int ipc_rx_from(int sock, void *p, size_t cap, size_t *n_out, int *fd_out, unsigned *fds_out, struct ucred *who_out)
{
    const struct iovec parts[2] = {{p, cap}, {NULL, 0}};

    return rx(sock, parts, n_out, fd_out, fds_out, who_out);
}

enum rc ipc_addr(const char *path, void *sockaddr_un, socklen_t *len_out, int *dir_out, struct err *e)
{
    struct sockaddr_un *a = sockaddr_un;
    const char *slash = strrchr(path, '/');
    char dir[4096];
    int n, fd;

    memset(a, 0, sizeof *a);
    a->sun_family = AF_UNIX;
    *len_out = sizeof *a;
    *dir_out = -1;
    if (strlen(path) < sizeof a->sun_path) {
        memcpy(a->sun_path, path, strlen(path) + 1);
        return RC_OK;
    }
    if (!slash || (size_t)(slash - path) >= sizeof dir)
        return err_set(e, RC_PERM, "socket path too long: %s", path);
    memcpy(dir, path, (size_t)(slash - path));
    dir[slash - path] = 0;
    fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return err_sys(e, RC_TEMP, "open %s", dir);
    n = snprintf(a->sun_path, sizeof a->sun_path, "/proc/self/fd/%d/%s", fd, slash + 1);
    if (n < 0 || (size_t)n >= sizeof a->sun_path) {
        close(fd);
        return err_set(e, RC_PERM, "socket name too long: %s", slash + 1);
    }
    *dir_out = fd;
    return RC_OK;
}

void ipc_size_buffers(int sock)
{
    int want = 2 * IPC_MSG_MAX + 8192;

    /* The kernel doubles it for its own overhead and caps it at net.core.wmem_max, whose default also holds two. */
    (void)setsockopt(sock, SOL_SOCKET, SO_SNDBUF, &want, sizeof want);
    (void)setsockopt(sock, SOL_SOCKET, SO_RCVBUF, &want, sizeof want);
}
