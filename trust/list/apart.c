/* SPDX-License-Identifier: EUPL-1.2 */
/* trust/list/apart.c - the asker's side of list_read_apart(): the text goes to a reader, and what comes back is judged as a stranger's: lengths, the cause,
 * every character of a text, the whole index. */
#include "trust/index/index.h"
#include "trust/list/list_int.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ANSWER_MOST = 512 * 1024 * 1024 };

/* ---- the starter ---- */
struct list_apart {
    int fd; /* to the starter */
    pid_t pid;
};

enum rc apart_start(const struct apart_how *how, struct list_apart **out, struct err *e)
{
    struct list_apart *a = calloc(1, sizeof *a);
    int ends[2];

    if (!a)
        die("out of memory");
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
        free(a);
        return err_sys(e, RC_TEMP, "list: no socket");
    }
    if ((a->pid = fork()) == 0)
        starter_run(how, ends[1]);
    close(ends[1]);
    a->fd = ends[0];
    *out = a;
    if (a->pid > 0)
        return RC_OK;
    list_apart_stop(out);
    return err_sys(e, RC_TEMP, "list: no process");
}

enum rc list_apart_start(uid_t uid, const char *root, struct list_apart **out, struct err *e)
{
    const struct apart_how how = {uid, root, LIST_READ_MS, list_read};

    return apart_start(&how, out, e);
}

void list_apart_stop(struct list_apart **a)
{
    if (!*a)
        return;
    close((*a)->fd);
    while ((*a)->pid > 0 && waitpid((*a)->pid, NULL, 0) < 0 && errno == EINTR)
        continue;
    free(*a);
    *a = NULL;
}

/* ---- its answer ---- */
static enum rc strange(struct err *e, const char *why)
{
    return err_cause(e, RC_DENIED, CAUSE_LIST_UNREADABLE, "list: %s", why);
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

static enum rc gone(struct err *e)
{
    return err_set(e, RC_CLOSED, "list: the process that starts its readers has ended");
}

/* What the reader does not take is the reader's end, and its status tells of that. */
static void send_all(int fd, struct span s)
{
    while (s.n > 0) {
        ssize_t n = send(fd, s.p, s.n, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return;
        s = span_from(s, (size_t)n);
    }
}

static void send_list(int fd, struct span xml, const struct list_how *how)
{
    struct buf head = BUF_INIT;

    buf_bytes(&head, how->signer_pem);
    buf_bytes(&head, how->anchors_pem);
    buf_bytes(&head, how->signer_name);
    buf_u8(&head, (uint8_t)how->expired_signer);
    buf_u64(&head, how->now);
    buf_u32(&head, (uint32_t)xml.n);
    send_all(fd, buf_span(&head));
    send_all(fd, xml);
    (void)shutdown(fd, SHUT_WR);
    buf_free(&head);
}

/* Until the reader's end, which the starter brings about when it takes too long. */
static void read_answer(int fd, struct buf *in)
{
    unsigned char part[65536];
    ssize_t n;

    while (in->n <= ANSWER_MOST && ((n = read(fd, part, sizeof part)) > 0 || (n < 0 && errno == EINTR)))
        if (n > 0)
            buf_add(in, part, (size_t)n);
}

enum rc list_read_apart(struct list_apart *a, struct span xml, const struct list_how *how, struct list_result *out,
                        struct err *e)
{
    struct buf answer = BUF_INIT;
    int ends[2], status = 0;
    bool answered;
    enum rc rc;

    if (xml.n > LIST_XML_MAX)
        return strange(e, "longer than any");
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        return err_sys(e, RC_TEMP, "list: no socket");
    answered = starter_ask(a->fd, ends[1]);
    close(ends[1]);
    if (answered) {
        send_list(ends[0], xml, how);
        read_answer(ends[0], &answer);
    }
    close(ends[0]); /* a reader that still writes ends here */
    if (!answered || !starter_told(a->fd, &status))
        rc = gone(e);
    else if (status == STARTER_NONE)
        rc = err_set(e, RC_TEMP, "list: no process");
    else
        rc = status == 0 && answer.n > 0 ? judge(buf_span(&answer), how, out, e) : ended(status, e);
    buf_free(&answer);
    return rc;
}
