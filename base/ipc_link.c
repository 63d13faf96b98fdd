/* SPDX-License-Identifier: EUPL-1.2 */
/* base/ipc_link.c - see base/ipc_link.h.
 *
 * States   no connection -> dialled (HELLO said) -> told (how.tell has run). Any RC_CLOSED or RC_TIMEOUT from below hangs
 *          up: the next attempt begins at "no connection". */
#include "base/ipc_link.h"
#include <poll.h>
#include <stdlib.h>

enum { PAUSE_FIRST_MS = 5, PAUSE_MOST_MS = 100, BUSY_FIRST_MS = 5, BUSY_MOST_MS = 160 };

struct ipc_link {
    struct ipc_link_how how;
    struct ipc *c;
    unsigned dials;   /* connections made so far */
    unsigned waiting; /* asked by ipc_link_ask(), not answered yet */
};

struct ipc_link *ipc_link_new(const struct ipc_link_how *how)
{
    struct ipc_link *l = calloc(1, sizeof *l);

    if (!l)
        die("out of memory");
    l->how = *how;
    return l;
}

void ipc_link_free(struct ipc_link **lp)
{
    struct ipc_link *l = *lp;

    if (!l)
        return;
    *lp = NULL;
    ipc_hangup(&l->c);
    free(l);
}

void ipc_link_patience(struct ipc_link *l, int ms)
{
    l->how.patience_ms = ms;
}

void ipc_link_times(struct ipc_link *l, int due_ms, int call_ms)
{
    l->how.due_ms = due_ms;
    l->how.call_ms = call_ms;
}

void ipc_link_hang_up(struct ipc_link *l)
{
    ipc_hangup(&l->c);
    l->waiting = 0;
}

unsigned ipc_link_dials(const struct ipc_link *l)
{
    return ipc_link_fd(l) >= 0 ? l->dials : 0;
}

int ipc_link_fd(const struct ipc_link *l)
{
    return l->c ? ipc_fd(l->c) : -1;
}

void ipc_link_rest(struct ipc_link *l)
{
    if (l->c)
        ipc_rest(l->c);
}

/* ---- the connection ---- */
static bool gone(enum rc rc)
{
    return rc == RC_CLOSED || rc == RC_TIMEOUT;
}

static enum rc away(const struct ipc_link *l, struct err *e)
{
    return err_set(e, RC_TEMP, "%s is away: %.200s", l->how.proto->name, e->log);
}

static enum rc dial(struct ipc_link *l, bool ahead, int64_t deadline, struct err *e)
{
    enum rc rc = (ahead ? ipc_dial_ahead : ipc_dial)(l->how.socket, l->how.proto, l->how.role, deadline, &l->c, e);

    if (rc == RC_OK)
        l->dials++;
    else
        l->c = NULL;
    return rc == RC_TEMP || rc == RC_NOTFOUND ? RC_CLOSED : rc; /* not there, or no place for us: later, perhaps */
}

void ipc_link_dial_ahead(struct ipc_link *l)
{
    struct err e;

    if (!l->c)
        (void)dial(l, true, deadline_in(0), &e); /* not now: the first request dials, and says why when it cannot */
}

/* A live connection that has been told what it must know. RC_CLOSED, RC_TIMEOUT: not now. */
static enum rc connected(struct ipc_link *l, bool ahead, int64_t deadline, struct err *e)
{
    enum rc rc = RC_OK;

    if (l->c && ipc_fd(l->c) < 0)
        ipc_link_hang_up(l);
    if (!l->c)
        rc = dial(l, ahead, deadline, e);
    if (rc == RC_OK && l->how.tell && l->waiting == 0)
        rc = l->how.tell(l->how.ctx, l, e);
    return rc;
}

static void set_times(struct ipc_link *l)
{
    if (l->how.due_ms)
        ipc_due(l->c, deadline_in(l->how.due_ms));
    ipc_deadline(l->c, deadline_in(l->how.call_ms));
}

/* Waits a little, longer each time. False: it is over. */
static bool pause_until(int64_t deadline, int *ms, int most)
{
    int left = deadline_left_ms(deadline);

    if (left == 0)
        return false;
    poll(NULL, 0, *ms < left ? *ms : left);
    *ms = *ms * 2 < most ? *ms * 2 : most;
    return true;
}

/* ---- one question, one answer ---- */
static const struct ipc_op *op_of(const struct ipc_link *l, uint16_t op)
{
    const struct ipc_op *o = ipc_op_find(l->how.proto, op);

    if (!o)
        bug("%s: op %u is not in the table", l->how.proto->name, (unsigned)op);
    return o;
}

static int fd_of(const struct ipc_link *l, const struct ipc_ask *q)
{
    return op_of(l, q->op)->bits & IPC_REQ_FD ? q->req_fd : -1;
}

static enum rc ask_once(struct ipc_link *l, const struct ipc_ask *q, bool *sent, struct err *e)
{
    enum rc rc;

    set_times(l);
    rc = ipc_send(l->c, q->op, q->req, fd_of(l, q), e);
    *sent = rc == RC_OK;
    return rc == RC_OK ? ipc_recv(l->c, q->op, q->rep_out, q->mem, q->rep_fd_out, e) : rc;
}

enum rc ipc_link_once(struct ipc_link *l, const struct ipc_ask *q, struct err *e)
{
    set_times(l);
    return ipc_call(l->c, q->op, q->req, fd_of(l, q), q->rep_out, q->mem, q->rep_fd_out, e);
}

/* Until there is an answer, or patience is over, or it may not be asked again. */
static enum rc ask_patiently(struct ipc_link *l, const struct ipc_ask *q, bool again, struct err *e)
{
    int64_t deadline = deadline_in(l->how.patience_ms);
    bool sent, ahead = again;
    int ms = PAUSE_FIRST_MS;
    enum rc rc;

    do {
        sent = false;
        rc = connected(l, ahead, deadline, e);
        ahead = false;
        if (rc == RC_OK)
            rc = ask_once(l, q, &sent, e);
        if (!gone(rc))
            return rc;
        ipc_link_hang_up(l);
        if (sent && !again)
            break;
    } while (pause_until(deadline, &ms, PAUSE_MOST_MS));
    return away(l, e);
}

static bool busy(const struct ipc_op *o, enum rc rc, const struct err *e)
{
    return o->bits & IPC_LONG && rc == RC_TEMP && e->cause == CAUSE_BUSY;
}

enum rc ipc_link_call(struct ipc_link *l, const struct ipc_ask *q, struct err *e)
{
    const struct ipc_op *o = op_of(l, q->op);
    int64_t busy_until = deadline_in(l->how.call_ms);
    int ms = BUSY_FIRST_MS;
    enum rc rc;

    if (l->waiting > 0) /* answers that nobody took are in the way */
        ipc_link_hang_up(l);
    do
        rc = ask_patiently(l, q, o->bits & IPC_AGAIN, e);
    while (busy(o, rc, e) && pause_until(busy_until, &ms, BUSY_MOST_MS));
    return rc;
}

/* ---- many questions, then many answers ---- */
enum rc ipc_link_ask(struct ipc_link *l, uint16_t op, const void *req, struct err *e)
{
    int64_t deadline = deadline_in(l->how.patience_ms);
    int ms = PAUSE_FIRST_MS;
    bool first;
    enum rc rc;

    do {
        first = l->waiting == 0; /* else a new connection would forget the questions before this one */
        rc = first || ipc_link_fd(l) >= 0 ? connected(l, false, deadline, e) : err_set(e, RC_CLOSED, "connection lost");
        if (rc == RC_OK) {
            set_times(l);
            rc = ipc_send(l->c, op, req, -1, e);
        }
        if (rc == RC_OK)
            l->waiting++;
        if (!gone(rc))
            return rc;
        ipc_link_hang_up(l);
    } while (first && pause_until(deadline, &ms, PAUSE_MOST_MS));
    return away(l, e);
}

enum rc ipc_link_answer(struct ipc_link *l, uint16_t op, void *rep_out, struct buf *mem, struct err *e)
{
    enum rc rc = l->waiting > 0 ? RC_OK : err_set(e, RC_CLOSED, "connection lost");

    if (rc == RC_OK) {
        l->waiting--;
        ipc_deadline(l->c, deadline_in(l->how.call_ms));
        rc = ipc_recv(l->c, op, rep_out, mem, NULL, e);
    }
    if (!gone(rc))
        return rc;
    ipc_link_hang_up(l);
    return away(l, e);
}

/* ---- events ---- */
enum rc ipc_link_event(struct ipc_link *l, uint16_t *op_out, void *msg_out, struct err *e)
{
    enum rc rc;

    if (!l->c)
        return err_set(e, RC_CLOSED, "no connection to %s", l->how.proto->name);
    rc = ipc_event(l->c, op_out, msg_out, e);
    if (rc == RC_OK || rc == RC_MORE)
        return rc;
    ipc_link_hang_up(l);
    return RC_CLOSED;
}
