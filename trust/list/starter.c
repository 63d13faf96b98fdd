/* SPDX-License-Identifier: EUPL-1.2 */
/* trust/list/starter.c - the process that forks the readers of lists, and the reader: it has one socket, over which the text comes and its answer goes,
 * and nothing else.
 *
 * Why a starter  A process that has threads must not fork and go on in the child: a lock of the allocator, or of any library, that another thread holds
 *                at that moment stays locked there for ever. trustd has threads; the starter is forked before the first of them and has none.
 * Time           the starter ends a reader that takes longer than how->wait_ms, whatever the reader does.
 */
#include "base/clock.h"
#include "base/fd.h"
#include "base/sandbox.h"
#include "trust/list/list_int.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* 120,000 entries in 58 MB take 4 s of a processor and 530 MB. */
enum { CPU_SECONDS = 20 };
#define MEMORY_MOST ((rlim_t)1536 * 1024 * 1024)

/* ---- the reader ---- */
static bool limit(int what, rlim_t most)
{
    struct rlimit r = {most, most};

    return setrlimit((__rlimit_resource_t)what, &r) == 0;
}

/* A sanitizer reserves more addresses than there is memory. */
static bool limit_memory(void)
{
#ifdef PLI_DEV
    return true;
#else
    return limit(RLIMIT_AS, MEMORY_MOST);
#endif
}

/* All but the socket and stderr, where the log goes: the caller's sockets are none of a parser's business. */
static void close_others(int kept)
{
    struct rlimit r;
    int end = getrlimit(RLIMIT_NOFILE, &r) == 0 && r.rlim_cur < 1 << 20 ? (int)r.rlim_cur : 1 << 20;

    for (int fd = 0; fd < end; fd++)
        if (fd != kept && fd != STDERR_FILENO)
            close(fd);
}

static void tell(int fd, enum rc rc, const struct list_result *r, const struct err *e)
{
    struct buf out = BUF_INIT;

    buf_u8(&out, (uint8_t)rc);
    if (rc != RC_OK) {
        buf_u32(&out, (uint32_t)e->cause);
        buf_bytes(&out, span_str(e->log));
    } else {
        const uint64_t numbers[] = {r->generated, r->signer_from, r->signer_until,
                                    r->entries,   r->duplicates,  r->skipped};
        for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
            buf_u64(&out, numbers[i]);
        buf_bytes(&out, span_str(r->signer));
        buf_bytes(&out, span_str(r->issuer));
        buf_bytes(&out, buf_span(&r->index));
    }
    if (!fd_write_all(fd, buf_span(&out)))
        _exit(1);
    buf_free(&out);
}

static bool read_request(int fd, struct buf *in)
{
    unsigned char part[65536];
    ssize_t n;

    while ((n = read(fd, part, sizeof part)) > 0 || (n < 0 && errno == EINTR))
        if (n > 0)
            buf_add(in, part, (size_t)n);
    return n == 0;
}

static bool take_request(struct span request, struct list_how *how, struct span *xml_out)
{
    struct rd in = rd_of(request);

    how->signer_pem = rd_bytes(&in);
    how->anchors_pem = rd_bytes(&in);
    how->signer_name = rd_bytes(&in);
    how->expired_signer = (enum list_expired)rd_u8(&in);
    how->now = rd_u64(&in);
    *xml_out = rd_bytes(&in);
    return rd_done(&in);
}

static void reader(int fd, const struct apart_how *apart) __attribute__((noreturn));
static void reader(int fd, const struct apart_how *apart)
{
    const struct sandbox_how sandbox = {SB_TRUST_PARSER, 0, NULL, NULL};
    struct buf request = BUF_INIT;
    struct list_result r = {0};
    struct list_how how = {0};
    struct span xml;
    struct err e = {0};
    enum rc rc;

    signal(SIGPIPE, SIG_DFL);
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || !limit(RLIMIT_CPU, CPU_SECONDS) || !limit_memory())
        rc = err_sys(&e, RC_TEMP, "list: limits cannot be set");
    else
        rc = sandbox_enter(&sandbox, &e);
    if (!read_request(fd, &request) || !take_request(buf_span(&request), &how, &xml))
        _exit(1); /* whoever asked has ended */
    if (rc == RC_OK)
        rc = apart->read(xml, &how, &r, &e);
    tell(fd, rc, &r, &e);
    _exit(0);
}

/* ---- the starter ---- */
static int wait_for(pid_t pid, int wait_ms, const sigset_t *its_end)
{
    int64_t deadline = deadline_in(wait_ms);
    int status = 0, left;

    while (waitpid(pid, &status, WNOHANG) == 0) {
        struct timespec t = {0};
        if ((left = deadline_left_ms(deadline)) <= 0)
            kill(pid, SIGKILL);
        else
            t = (struct timespec){left / 1000, left % 1000 * 1000000L};
        (void)sigtimedwait(its_end, NULL, &t);
    }
    return status;
}

static void start_readers(const struct apart_how *how, int door)
{
    sigset_t its_end;
    int fd, status;

    sigemptyset(&its_end);
    sigaddset(&its_end, SIGCHLD);
    sigprocmask(SIG_BLOCK, &its_end, NULL);
    while (starter_asked(door, &fd)) {
        pid_t pid = fork();
        if (pid == 0) {
            close_others(fd);
            reader(fd, how);
        }
        close(fd);
        status = pid > 0 ? wait_for(pid, how->wait_ms, &its_end) : STARTER_NONE;
        if (send(door, &status, sizeof status, MSG_NOSIGNAL) != (ssize_t)sizeof status)
            return;
    }
}

void starter_run(const struct apart_how *how, int door)
{
    const struct sandbox_how sandbox = {SB_TRUST_STARTER, how->uid, how->root, NULL};
    struct err e;

    list_warm();
    close_others(door);
    signal(SIGTERM, SIG_IGN); /* it ends with whoever asks */
    signal(SIGINT, SIG_IGN);
    signal(SIGCHLD, SIG_DFL);
    if (sandbox_enter(&sandbox, &e) != RC_OK)
        die("reader of lists: %s", e.log);
    start_readers(how, door);
    _exit(0);
}

/* ---- what passes between the two ---- */
union one_fd {
    struct cmsghdr h;
    char room[CMSG_SPACE(sizeof(int))];
};

bool starter_ask(int starter, int fd)
{
    union one_fd ctl = {.h = {.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(sizeof fd)}};
    char byte = 'r';
    struct iovec one = {&byte, 1};
    struct msghdr m = {.msg_iov = &one, .msg_iovlen = 1, .msg_control = ctl.room, .msg_controllen = sizeof ctl.room};

    memcpy(CMSG_DATA(&ctl.h), &fd, sizeof fd);
    return sendmsg(starter, &m, MSG_NOSIGNAL) == 1;
}

bool starter_asked(int door, int *fd_out)
{
    union one_fd ctl;
    char byte;
    struct iovec one = {&byte, 1};
    struct msghdr m = {.msg_iov = &one, .msg_iovlen = 1, .msg_control = ctl.room, .msg_controllen = sizeof ctl.room};
    ssize_t n;

    do
        n = recvmsg(door, &m, MSG_CMSG_CLOEXEC);
    while (n < 0 && errno == EINTR);
    if (n != 1 || CMSG_FIRSTHDR(&m) == NULL)
        return false;
    memcpy(fd_out, CMSG_DATA(&ctl.h), sizeof *fd_out);
    return true;
}

bool starter_told(int starter, int *status_out)
{
    ssize_t n;

    do
        n = recv(starter, status_out, sizeof *status_out, 0);
    while (n < 0 && errno == EINTR);
    return n == (ssize_t)sizeof *status_out;
}
