/* SPDX-License-Identifier: EUPL-1.2 */
/* publish/pubd/runner.c - see publish/pubd/runner.h: pubd's side. */
#include "base/clock.h"
#include "publish/pubd/runner_int.h"
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

enum { GRACE_MS = 10 * 1000 };

int runner_start(const struct runner_how *how)
{
    int ends[2];
    pid_t pid;

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0 || (pid = fork()) < 0)
        die("the process that starts the back end cannot be started (errno %d)", errno);
    if (pid == 0) {
        close(ends[0]);
        runner_loop(how, ends[1]);
    }
    close(ends[1]);
    return ends[0];
}

union one_fd {
    struct cmsghdr h;
    char room[CMSG_SPACE(sizeof(int))];
};

static bool ask(int runner, struct span packet, int body)
{
    union one_fd ctl = {.h = {.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(sizeof body)}};
    struct iovec one = {(void *)packet.p, packet.n};
    struct msghdr m = {.msg_iov = &one, .msg_iovlen = 1, .msg_control = ctl.room, .msg_controllen = sizeof ctl.room};

    memcpy(CMSG_DATA(&ctl.h), &body, sizeof body);
    return packet.n <= RUN_PACKET && sendmsg(runner, &m, MSG_NOSIGNAL) == (ssize_t)packet.n;
}

static int memory_of(struct span body)
{
    int fd = memfd_create("pli-event", MFD_CLOEXEC);

    if (fd >= 0 && pwrite(fd, body.p, body.n, 0) != (ssize_t)body.n) {
        close(fd);
        fd = -1;
    }
    return fd;
}

static bool answer(int runner, int wait_ms, struct run_result *out)
{
    unsigned char packet[RUN_REPORT + 64];
    struct pollfd p = {runner, POLLIN, 0};
    int64_t deadline = deadline_in(wait_ms);
    struct span report;
    struct rd in;
    ssize_t n;
    int r;

    while ((r = poll(&p, 1, deadline_left_ms(deadline))) < 0 && errno == EINTR)
        continue;
    if (r <= 0 || (n = recv(runner, packet, sizeof packet, 0)) <= 0)
        return false;
    in = rd_of(span_of(packet, (size_t)n));
    out->end = rd_u8(&in);
    out->code = (int32_t)rd_u32(&in);
    out->wait_s = rd_u32(&in);
    report = rd_bytes(&in);
    if (rd_done(&in) && out->end <= RUN_FAILED)
        buf_addspan(&out->report, report);
    return rd_done(&in) && out->end <= RUN_FAILED;
}

static bool hung_up(int runner)
{
    struct pollfd p = {runner, 0, 0};

    return poll(&p, 1, 0) > 0 && (p.revents & (POLLHUP | POLLERR));
}

void runner_run(int runner, struct span words, struct span environment, struct span body, int timeout_ms,
                struct run_result *out)
{
    struct buf packet = BUF_INIT;
    int fd = memory_of(body);

    *out = (struct run_result){.end = RUN_FAILED, .code = 0, .report = BUF_INIT};
    buf_u32(&packet, (uint32_t)timeout_ms);
    buf_bytes(&packet, words);
    buf_bytes(&packet, environment);
    if (fd < 0 || !ask(runner, buf_span(&packet), fd))
        *out = (struct run_result){.end = RUN_FAILED, .code = errno, .gone = hung_up(runner), .report = BUF_INIT};
    else if (!answer(runner, timeout_ms + GRACE_MS, out)) { /* later it would be taken for that to the next event */
        buf_clear(&out->report);
        *out = (struct run_result){.end = RUN_FAILED, .code = errno, .gone = true, .report = out->report};
    }
    if (fd >= 0)
        close(fd);
    buf_free(&packet);
}
