/* SPDX-License-Identifier: EUPL-1.2 */
/* publish/pubd/runner_child.c - see publish/pubd/runner.h: the runner's side. One program at a time.
 *
 * Ends     with pubd: the socket tells it, in poll() while a program runs, in recvmsg() else.
 * Orphans  The runner is the subreaper of what it starts. So when the program has ended, or is killed, what it left behind becomes the runner's own child, and
 *          runner_kill_all() finds it in /proc/self/task/PID/children, whatever process group or session it made for itself.
 */
#include "base/clock.h"
#include "publish/pubd/runner_int.h"
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { NOT_STARTED = 127, LOOK_MS = 200, MOST_ROUNDS = 1000, ROUND_MS = 5 };

/* ---- the program ---- */
static void close_all(int from)
{
    close_range((unsigned)from, ~0U, 0);
}

static void become_program(const struct runner_how *how, const struct runner_asked *q, int out)
{
    signal(SIGPIPE, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
    signal(SIGINT, SIG_DFL);
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || lseek(q->body, 0, SEEK_SET) != 0 || dup2(q->body, 0) < 0 ||
        dup2(out, 1) < 0 || dup2(out, 2) < 0)
        _exit(NOT_STARTED);
    close_all(3);
    execve(how->program, q->argv, q->env);
    (void)!write(2, "the program cannot be started: ", 31);
    (void)!write(2, strerror(errno), strlen(strerror(errno)));
    _exit(NOT_STARTED);
}

/* ---- its end ---- */
static int children(pid_t out[64])
{
    char path[64], text[1024];
    int fd, n = 0;
    ssize_t got;

    snprintf(path, sizeof path, "/proc/self/task/%ld/children", (long)getpid());
    fd = open(path, O_RDONLY | O_CLOEXEC);
    got = fd >= 0 ? read(fd, text, sizeof text - 1) : -1;
    if (fd >= 0)
        close(fd);
    text[got > 0 ? got : 0] = 0;
    for (char *at = text, *end; n < 64; at = end) {
        long pid = strtol(at, &end, 10);
        if (end == at)
            break;
        out[n++] = (pid_t)pid;
    }
    return n;
}

void runner_kill_all(void)
{
    pid_t pid[64];

    for (int round = 0; round < MOST_ROUNDS; round++) {
        int n = children(pid);
        for (int i = 0; i < n; i++)
            kill(pid[i], SIGKILL);
        while (waitpid(-1, NULL, WNOHANG) > 0)
            continue;
        if (n == 0)
            return;
        poll(NULL, 0, ROUND_MS);
    }
}

/* What it prints beyond the report's size is read and thrown away: it must not wait for us. False: the pipe has ended. */
static bool take_output(int fd, struct buf *report)
{
    char piece[16384];
    ssize_t n;

    while ((n = read(fd, piece, sizeof piece)) > 0)
        if (report->n < RUN_REPORT)
            buf_add(report, piece, (size_t)n < RUN_REPORT - report->n ? (size_t)n : RUN_REPORT - report->n);
    return n < 0 && (errno == EAGAIN || errno == EINTR);
}

/* Until the program ends, its time is over, or pubd is gone. The pipe may stay open longer: in the hands of what it started. */
static void watch(pid_t pid, int out, int door, int timeout_ms, struct run_result *r)
{
    int64_t deadline = deadline_in(timeout_ms);
    bool open = true;
    int status = 0;

    while (waitpid(pid, &status, WNOHANG) != pid) {
        struct pollfd p[2] = {{door, 0, 0}, {open ? out : -1, POLLIN, 0}};
        int left = deadline_left_ms(deadline);
        if (left <= 0) {
            r->end = RUN_TIMEOUT;
            return;
        }
        poll(p, 2, left < LOOK_MS ? left : LOOK_MS);
        if (p[0].revents & (POLLHUP | POLLERR)) {
            runner_kill_all();
            _exit(0);
        }
        if (p[1].revents)
            open = take_output(out, &r->report);
    }
    take_output(out, &r->report);
    r->end = WIFEXITED(status) ? RUN_EXIT : RUN_SIGNAL;
    r->code = WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status);
}

static void run(const struct runner_how *how, const struct runner_asked *q, int door, struct run_result *r)
{
    int ends[2];
    pid_t pid;

    *r = (struct run_result){.end = RUN_FAILED, .report = BUF_INIT};
    if (pipe2(ends, O_CLOEXEC) != 0 || fcntl(ends[0], F_SETFL, O_NONBLOCK) != 0 || (pid = fork()) < 0) {
        r->code = errno;
        return;
    }
    if (pid == 0)
        become_program(how, q, ends[1]);
    close(ends[1]);
    watch(pid, ends[0], door, q->timeout_ms, r);
    runner_kill_all();
    close(ends[0]);
}

/* ---- asked ---- */
static bool split(struct span text, char **out, size_t most)
{
    size_t n = 0;

    while (text.n > 0) {
        ptrdiff_t end = span_chr(text, 0);
        if (end < 0 || n == most)
            return false;
        out[n++] = (char *)text.p;
        text = span_from(text, (size_t)end + 1);
    }
    out[n] = NULL;
    return true;
}

bool runner_take(const struct runner_how *how, struct span packet, struct runner_asked *q)
{
    static char path[] = "PATH=/usr/local/bin:/usr/bin:/bin", locale[] = "LC_ALL=C.UTF-8";
    struct rd in = rd_of(packet);
    struct span words, variables;

    q->timeout_ms = (int)rd_u32(&in);
    words = rd_bytes(&in);
    variables = rd_bytes(&in);
    q->argv[0] = (char *)how->program;
    q->env[0] = path;
    q->env[1] = locale;
    return rd_done(&in) && split(words, q->argv + 1, RUN_WORDS) && split(variables, q->env + 2, RUN_VARIABLES);
}

bool runner_asked(int door, unsigned char *packet, size_t *n_out, int *fd_out)
{
    union {
        struct cmsghdr h;
        char room[CMSG_SPACE(sizeof(int))];
    } ctl;
    struct iovec one = {packet, RUN_PACKET};
    struct msghdr m = {.msg_iov = &one, .msg_iovlen = 1, .msg_control = ctl.room, .msg_controllen = sizeof ctl.room};
    ssize_t n;

    do
        n = recvmsg(door, &m, MSG_CMSG_CLOEXEC);
    while (n < 0 && errno == EINTR);
    if (n <= 0 || CMSG_FIRSTHDR(&m) == NULL)
        return false;
    memcpy(fd_out, CMSG_DATA(&ctl.h), sizeof *fd_out);
    *n_out = (size_t)n;
    return true;
}

bool runner_tell(int door, const struct run_result *r)
{
    struct buf packet = BUF_INIT;
    bool ok;

    buf_u8(&packet, r->end);
    buf_u32(&packet, (uint32_t)r->code);
    buf_u32(&packet, r->wait_s);
    buf_bytes(&packet, buf_span(&r->report));
    ok = send(door, packet.p, packet.n, MSG_NOSIGNAL) == (ssize_t)packet.n;
    buf_free(&packet);
    return ok;
}

static void become_user(const struct runner_how *how)
{
    /* a session of its own: the supervisor's guard, which kills a process group, leaves it the moment that it needs to end what it started */
    if (setsid() < 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_CHILD_SUBREAPER, 1) != 0 ||
        chdir("/") != 0)
        die("runner of the back end: errno %d", errno);
    if (geteuid() == 0 && how->uid != 0 &&
        (setgroups(0, NULL) != 0 || setresgid(how->gid, how->gid, how->gid) != 0 ||
         setresuid(how->uid, how->uid, how->uid) != 0))
        die("runner of the back end: it cannot become uid %ld (errno %d)", (long)how->uid, errno);
}

void runner_loop(const struct runner_how *how, int door)
{
    static unsigned char packet[RUN_PACKET];
    struct run_result r;
    struct runner_asked q;
    size_t n;

    if (door != 3 && (dup2(door, 3) < 0 || fcntl(3, F_SETFD, FD_CLOEXEC) != 0))
        _exit(1);
    close_all(4);
    umask(077);
    signal(SIGTERM, SIG_IGN); /* it ends with pubd */
    signal(SIGINT, SIG_IGN);
    become_user(how);
    prctl(PR_SET_NAME, "pubd-runner");
    while (runner_asked(3, packet, &n, &q.body)) {
        r = (struct run_result){.end = RUN_FAILED, .code = EINVAL, .report = BUF_INIT};
        if (runner_take(how, span_of(packet, n), &q))
            run(how, &q, 3, &r);
        close(q.body);
        if (!runner_tell(3, &r))
            break;
        buf_free(&r.report);
    }
    runner_kill_all();
    _exit(0);
}
