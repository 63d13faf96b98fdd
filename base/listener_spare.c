/* SPDX-License-Identifier: EUPL-1.2 */
/* base/listener_spare.c - sessions that are forked before their peer comes: see base/listener_int.h. A peer travels as
 * one packet with its descriptor. */
#include "base/err.h"
#include "base/listener_int.h"
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

union one_fd {
    struct cmsghdr h;
    char room[CMSG_SPACE(sizeof(int))];
};

void spare_add(struct listener_spares *s, pid_t pid, int chan)
{
    if (s->n == SPARES_MAX)
        bug("more spare sessions than were asked for");
    s->spare[s->n++] = (struct listener_spare){pid, chan};
}

static void forget(struct listener_spares *s, size_t i)
{
    close(s->spare[i].chan);
    s->spare[i] = s->spare[--s->n];
}

bool spare_drop(struct listener_spares *s, pid_t pid)
{
    for (size_t i = 0; i < s->n; i++)
        if (s->spare[i].pid == pid) {
            forget(s, i);
            return true;
        }
    return false;
}

void spares_retire(struct listener_spares *s)
{
    while (s->n > 0)
        forget(s, 0);
}

static bool send_peer(int chan, int fd, const struct listener_peer *peer)
{
    union one_fd ctl = {.h = {.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(sizeof fd)}};
    struct iovec iov = {(void *)(uintptr_t)peer, sizeof *peer};
    struct msghdr m = {.msg_iov = &iov, .msg_iovlen = 1, .msg_control = ctl.room, .msg_controllen = sizeof ctl.room};

    memcpy(CMSG_DATA(&ctl.h), &fd, sizeof fd);
    return sendmsg(chan, &m, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)sizeof *peer;
}

pid_t spare_give(struct listener_spares *s, int fd, const struct listener_peer *peer)
{
    pid_t pid = 0;

    while (s->n > 0 && pid == 0) { /* the oldest: it has had most time to get ready */
        if (send_peer(s->spare[0].chan, fd, peer))
            pid = s->spare[0].pid;
        close(s->spare[0].chan);
        memmove(s->spare, s->spare + 1, --s->n * sizeof *s->spare);
    }
    return pid;
}

bool spare_wait(int chan, struct listener_peer *peer_out, int *fd_out)
{
    union one_fd ctl;
    struct iovec iov = {peer_out, sizeof *peer_out};
    struct msghdr m = {.msg_iov = &iov, .msg_iovlen = 1, .msg_control = ctl.room, .msg_controllen = sizeof ctl.room};
    const struct cmsghdr *c;
    ssize_t n;

    do
        n = recvmsg(chan, &m, MSG_CMSG_CLOEXEC);
    while (n < 0 && errno == EINTR);
    c = n == (ssize_t)sizeof *peer_out ? CMSG_FIRSTHDR(&m) : NULL;
    if (c == NULL || c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS || c->cmsg_len != CMSG_LEN(sizeof(int)))
        return false;
    memcpy(fd_out, CMSG_DATA(c), sizeof *fd_out);
    return true;
}
