/* SPDX-License-Identifier: EUPL-1.2 */
/* trust/list/apart.c - list_read() in a child that has the text, one end of a pipe and nothing else. What comes out of the pipe is judged as a stranger's:
 * lengths, the cause, every character of a text, the whole index. */
#include "base/clock.h"
#include "base/sandbox.h"
#include "trust/index/index.h"
#include "trust/list/list.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* 120,000 entries in 58 MB take 4 s of a processor and 530 MB. */
enum { CPU_SECONDS = 20, WAIT_MS = 120 * 1000, ANSWER_MOST = 512 * 1024 * 1024 };
#define MEMORY_MOST ((rlim_t)1536 * 1024 * 1024)

/* ---- the child ---- */
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

/* All but the pipe and stderr, where the log goes: the caller's sockets are none of a parser's business. */
static void close_others(int kept)
{
    struct rlimit r;
    int end = getrlimit(RLIMIT_NOFILE, &r) == 0 && r.rlim_cur < 1 << 20 ? (int)r.rlim_cur : 1 << 20;

    for (int fd = 0; fd < end; fd++)
        if (fd != kept && fd != STDERR_FILENO)
            close(fd);
}

static void write_all(int fd, struct span s)
{
    while (s.n > 0) {
        ssize_t n = write(fd, s.p, s.n);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            _exit(1);
        s = span_from(s, (size_t)n);
    }
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
    write_all(fd, buf_span(&out));
    buf_free(&out);
}

static void child(int fd, struct span xml, const struct list_how *how) __attribute__((noreturn));
static void child(int fd, struct span xml, const struct list_how *how)
{
    const struct sandbox_how sandbox = {SB_TRUST_PARSER, 0, NULL, NULL};
    struct list_result r = {0};
    struct err e = {0};
    enum rc rc;

    list_warm();
    signal(SIGPIPE, SIG_DFL);
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || !limit(RLIMIT_CPU, CPU_SECONDS) || !limit_memory())
        rc = err_sys(&e, RC_TEMP, "list: limits cannot be set");
    else
        rc = sandbox_enter(&sandbox, &e);
    close_others(fd);
    if (rc == RC_OK)
        rc = list_read(xml, how, &r, &e);
    tell(fd, rc, &r, &e);
    _exit(0);
}

/* ---- its answer ---- */
static enum rc strange(struct err *e, const char *why)
{
    return err_cause(e, RC_DENIED, CAUSE_LIST_UNREADABLE, "list: %s", why);
}

/* False: it was silent for too long. */
static bool read_all(int fd, struct buf *in)
{
    int64_t deadline = deadline_in(WAIT_MS);

    for (;;) {
        struct pollfd p = {fd, POLLIN, 0};
        unsigned char part[65536];
        ssize_t n;
        int ready = poll(&p, 1, deadline_left_ms(deadline));
        if (ready < 0 && errno == EINTR)
            continue;
        if (ready <= 0 || in->n > ANSWER_MOST)
            return false;
        n = read(fd, part, sizeof part);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n == 0;
        buf_add(in, part, (size_t)n);
    }
}

static void take_string(struct rd *in, char *out, size_t room)
{
    struct span s = span_head(rd_bytes(in), room - 1);

    for (size_t i = 0; i < s.n; i++)
        out[i] = (s.p[i] < ' ' || s.p[i] == 0x7f) ? '?' : (char)s.p[i];
    out[s.n] = 0;
}

static bool of_a_list(enum cause c)
{
    return c == CAUSE_LIST_UNREADABLE || c == CAUSE_LIST_SIGNATURE || c == CAUSE_LIST_SIGNER ||
           c == CAUSE_LIST_EXPIRED_SIGNER || c == CAUSE_LIST_FUTURE;
}

static enum rc its_refusal(enum rc rc, struct rd *in, struct err *e)
{
    uint32_t cause = rd_u32(in);
    char log[sizeof e->log];

    take_string(in, log, sizeof log);
    if (!rd_done(in) || (rc != RC_DENIED && rc != RC_TEMP && rc != RC_SYNTAX))
        return strange(e, "its reader answered strangely");
    if (rc == RC_DENIED && !of_a_list((enum cause)cause))
        return strange(e, "its reader answered strangely");
    return rc == RC_DENIED ? err_cause(e, rc, (enum cause)cause, "%s", log) : err_set(e, rc, "%s", log);
}

static enum rc its_result(struct rd *in, const struct list_how *how, struct list_result *out, struct err *e)
{
    struct list_result r = {0};
    uint64_t *const numbers[] = {&r.generated, &r.signer_from, &r.signer_until, &r.entries, &r.duplicates, &r.skipped};
    struct index_counts counts;
    struct span index;

    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        *numbers[i] = rd_u64(in);
    take_string(in, r.signer, sizeof r.signer);
    take_string(in, r.issuer, sizeof r.issuer);
    index = rd_bytes(in);
    if (!rd_done(in) || index_check(index, &counts, e) != RC_OK)
        return strange(e, "its reader answered strangely");
    r.domains = counts.domains;
    r.operators = counts.operators;
    r.signer_expired = how->now > r.signer_until;
    buf_addspan(&r.index, index);
    *out = r;
    return RC_OK;
}

static enum rc judge(struct span answer, const struct list_how *how, struct list_result *out, struct err *e)
{
    struct rd in = rd_of(answer);
    enum rc rc = (enum rc)rd_u8(&in);

    return rc == RC_OK && rd_ok(&in) ? its_result(&in, how, out, e) : its_refusal(rc, &in, e);
}

static enum rc ended(int status, struct err *e)
{
    if (WIFSIGNALED(status))
        return err_cause(e, RC_DENIED, CAUSE_LIST_UNREADABLE, "list: its reader was ended by signal %d",
                         WTERMSIG(status));
    return strange(e, "its reader ended early");
}

enum rc list_read_apart(struct span xml, const struct list_how *how, struct list_result *out, struct err *e)
{
    struct buf answer = BUF_INIT;
    int ends[2], status = 0;
    bool whole;
    enum rc rc;
    pid_t pid;

    if (pipe2(ends, O_CLOEXEC) != 0)
        return err_sys(e, RC_TEMP, "list: no pipe");
    if ((pid = fork()) == 0)
        child(ends[1], xml, how);
    close(ends[1]);
    if (pid < 0) {
        close(ends[0]);
        return err_sys(e, RC_TEMP, "list: no process");
    }
    whole = read_all(ends[0], &answer);
    close(ends[0]);
    if (!whole)
        kill(pid, SIGKILL);
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        continue;
    rc = whole && answer.n > 0 && WIFEXITED(status) ? judge(buf_span(&answer), how, out, e) : ended(status, e);
    buf_free(&answer);
    return rc;
}
