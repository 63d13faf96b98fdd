/* SPDX-License-Identifier: EUPL-1.2 */
/* store/client/client.c - one connection to pli-stored that outlives restarts of stored.
 *
 * States   no connection -> dialled (HELLO said) -> bound (ticket given again, when there is one). After any RC_CLOSED
 *          or RC_TIMEOUT of base/ipc.h the connection is closed, and the next call begins at "no connection". */
#include "store/client/client.h"
#include <poll.h>
#include <stdlib.h>

enum { PATIENCE_MS = 8000, TIMEOUT_MS = 20 * 1000, WAIT_MORE = 2, PAUSE_FIRST_MS = 5, PAUSE_MOST_MS = 100 };
static int timeout_ms = TIMEOUT_MS;
static const char sock_path[] = "stored.sock";

struct store {
    enum ipc_role role;
    int patience;
    struct ipc *c;
    struct buf ticket; /* empty: never bound */
    bool bound;        /* this connection knows the ticket */
    unsigned waiting;  /* asked by store_ask(), not answered yet */
};

void store_timeout(int milliseconds)
{
    timeout_ms = milliseconds;
}

struct store *store_new(enum ipc_role role)
{
    struct store *s = calloc(1, sizeof *s);

    if (!s)
        die("out of memory");
    s->role = role;
    s->patience = PATIENCE_MS;
    s->ticket.secret = true;
    return s;
}

void store_free(struct store **sp)
{
    struct store *s = *sp;

    if (!s)
        return;
    *sp = NULL;
    ipc_hangup(&s->c);
    buf_free(&s->ticket);
    free(s);
}

void store_patience(struct store *s, int milliseconds)
{
    s->patience = milliseconds;
}

void store_dial_ahead(struct store *s)
{
    struct err e;

    if (!s->c && ipc_dial_ahead(sock_path, &stored_proto, s->role, deadline_in(0), &s->c, &e) != RC_OK)
        s->c = NULL; /* not now: the first request dials, and says why when it can not */
}

static void hang_up(struct store *s)
{
    ipc_hangup(&s->c);
    s->bound = false;
    s->waiting = 0;
}

static bool gone(enum rc rc)
{
    return rc == RC_CLOSED || rc == RC_TIMEOUT;
}

static enum rc away(struct err *e)
{
    struct err why = *e;

    return err_set(e, RC_TEMP, "4.3.0", NULL, "stored is away: %s", why.log);
}

/* Until when what is asked next may be done, and until when its answer is waited for. */
static void set_times(struct store *s)
{
    ipc_due(s->c, deadline_in(timeout_ms));
    ipc_deadline(s->c, deadline_in((int64_t)timeout_ms * (1 + WAIT_MORE)));
}

static enum rc give_ticket(struct store *s, struct store_box_rep *rep_out, struct buf *mem, struct err *e)
{
    struct store_ticket_req rq = {buf_span(&s->ticket)};
    enum rc rc;

    set_times(s);
    rc = ipc_call(s->c, STORE_TICKET, &rq, -1, rep_out, mem, NULL, e);
    s->bound = rc == RC_OK;
    return rc;
}

/* A live connection that knows our ticket. RC_CLOSED: not now. ahead: HELLO may be answered together with what is asked next, which must
 * bear to be asked again. */
static enum rc connected(struct store *s, int64_t deadline, bool ahead, struct err *e)
{
    struct store_box_rep box;
    struct buf mem = BUF_INIT;
    enum rc rc;

    if (s->c && ipc_fd(s->c) < 0)
        hang_up(s);
    if (!s->c) {
        rc = (ahead ? ipc_dial_ahead : ipc_dial)(sock_path, &stored_proto, s->role, deadline, &s->c, e);
        if (rc != RC_OK)
            return rc == RC_TEMP || gone(rc) ? RC_CLOSED : rc;
    }
    if (s->ticket.n == 0 || s->bound || s->waiting > 0)
        return RC_OK;
    rc = give_ticket(s, &box, &mem, e);
    buf_free(&mem);
    return rc;
}

/* Waits a little, longer each time. False: patience is over. */
static bool pause_until(int64_t deadline, int *ms)
{
    int left = deadline_left_ms(deadline);

    if (left == 0)
        return false;
    poll(NULL, 0, *ms < left ? *ms : left);
    *ms = *ms * 2 < PAUSE_MOST_MS ? *ms * 2 : PAUSE_MOST_MS;
    return true;
}

static enum rc ask_once(struct store *s, enum store_op op, const void *req, int req_fd, void *rep_out, struct buf *mem,
                        bool *sent, struct err *e)
{
    enum rc rc;

    set_times(s);
    rc = ipc_send(s->c, (uint16_t)op, req, req_fd, e);
    *sent = rc == RC_OK;
    return rc == RC_OK ? ipc_recv(s->c, (uint16_t)op, rep_out, mem, NULL, e) : rc;
}

enum rc store_call_in(struct store *s, enum store_op op, const void *req, int req_fd, void *rep_out, struct buf *mem,
                      struct err *e)
{
    int64_t deadline = deadline_in(s->patience);
    int ms = PAUSE_FIRST_MS;
    bool sent, ahead = store_op_again(op);
    enum rc rc;

    do {
        sent = false;
        rc = connected(s, deadline, ahead, e);
        ahead = false;
        if (rc == RC_OK)
            rc = ask_once(s, op, req, req_fd, rep_out, mem, &sent, e);
        if (!gone(rc))
            return rc;
        hang_up(s);
        if (sent && !store_op_again(op))
            break;
    } while (pause_until(deadline, &ms));
    return away(e);
}

enum rc store_call(struct store *s, enum store_op op, const void *req, int req_fd, void *rep_out, struct err *e)
{
    return store_call_in(s, op, req, req_fd, rep_out, NULL, e);
}

enum rc store_bind(struct store *s, struct span ticket, struct store_box_rep *rep_out, struct buf *mem, struct err *e)
{
    int64_t deadline = deadline_in(s->patience);
    int ms = PAUSE_FIRST_MS;
    enum rc rc;

    buf_clear(&s->ticket);
    do {
        rc = connected(s, deadline, false,
                       e); /* without a ticket: a refusal below is told apart from a lost connection */
        if (rc == RC_OK) {
            buf_clear(&s->ticket);
            buf_addspan(&s->ticket, ticket);
            rc = give_ticket(s, rep_out, mem, e);
        }
        if (rc != RC_OK)
            buf_clear(&s->ticket);
        if (!gone(rc))
            return rc;
        hang_up(s);
    } while (pause_until(deadline, &ms));
    return away(e);
}

void store_renew(struct store *s, struct span ticket)
{
    buf_clear(&s->ticket);
    buf_addspan(&s->ticket, ticket);
    s->bound = false;
}

enum rc store_ask(struct store *s, enum store_op op, const void *req, struct err *e)
{
    int64_t deadline = deadline_in(s->patience);
    int ms = PAUSE_FIRST_MS;
    bool first;
    enum rc rc;

    do {
        first = s->waiting == 0; /* else a new connection would forget the questions before this one */
        rc = first || ipc_fd(s->c) >= 0 ? connected(s, deadline, false, e)
                                        : err_set(e, RC_CLOSED, "4.3.0", NULL, "connection lost");
        if (rc == RC_OK) {
            set_times(s);
            rc = ipc_send(s->c, (uint16_t)op, req, -1, e);
        }
        if (rc == RC_OK)
            s->waiting++;
        if (!gone(rc))
            return rc;
        hang_up(s);
    } while (first && pause_until(deadline, &ms));
    return away(e);
}

enum rc store_answer(struct store *s, enum store_op op, void *rep_out, struct buf *mem, struct err *e)
{
    enum rc rc;

    if (s->waiting == 0) {
        rc = err_set(e, RC_CLOSED, "4.3.0", NULL, "connection lost");
        return rc == RC_CLOSED ? away(e) : rc;
    }
    s->waiting--;
    ipc_deadline(s->c, deadline_in((int64_t)timeout_ms * (1 + WAIT_MORE)));
    rc = ipc_recv(s->c, (uint16_t)op, rep_out, mem, NULL, e);
    if (!gone(rc))
        return rc;
    hang_up(s);
    return away(e);
}

void store_rest(struct store *s)
{
    if (s->c)
        ipc_rest(s->c);
}

int store_event_fd(struct store *s)
{
    return s->c ? ipc_fd(s->c) : -1;
}

enum rc store_event(struct store *s, struct store_ev_changed *ev_out, struct err *e)
{
    uint16_t op;
    enum rc rc;

    if (!s->c)
        return err_set(e, RC_CLOSED, "4.3.0", NULL, "not watching");
    rc = ipc_event(s->c, &op, ev_out, e);
    if (rc == RC_OK && op != STORE_EV_CHANGED)
        rc = err_set(e, RC_CLOSED, "4.3.0", NULL, "unknown event %u", (unsigned)op);
    if (gone(rc))
        hang_up(s);
    return rc;
}
