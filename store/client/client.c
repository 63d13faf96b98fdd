/* SPDX-License-Identifier: EUPL-1.2 */
/* store/client/client.c - see store/client/client.h. It is base/ipc_link.h with a ticket, which each new connection
 * is told first. */
#include "store/client/client.h"
#include "base/ipc_link.h"
#include <stdlib.h>

enum { PATIENCE_MS = 8000, TIMEOUT_MS = 20 * 1000, WAIT_MORE = 2 };
static int timeout_ms = TIMEOUT_MS;

struct store {
    struct ipc_link *link;
    struct buf ticket; /* empty: never bound */
    unsigned told_on;  /* the connection that knows the ticket, by ipc_link_dials(); 0: none */
};

static enum rc tell_ticket(void *ctx, struct ipc_link *l, struct err *e)
{
    struct store *s = ctx;
    struct store_ticket_req rq = {buf_span(&s->ticket)};
    struct store_box_rep box;
    struct buf mem = BUF_INIT;
    enum rc rc;

    if (s->ticket.n == 0 || s->told_on == ipc_link_dials(l))
        return RC_OK;
    rc = ipc_link_once(l, &(struct ipc_ask){.op = STORE_TICKET, .req = &rq, .rep_out = &box, .mem = &mem}, e);
    s->told_on = rc == RC_OK ? ipc_link_dials(l) : 0;
    buf_free(&mem);
    return rc;
}

void store_timeout(int milliseconds)
{
    timeout_ms = milliseconds;
}

struct store *store_new(enum ipc_role role)
{
    struct store *s = calloc(1, sizeof *s);

    if (!s)
        die("out of memory");
    s->link = ipc_link_new(&(struct ipc_link_how){.socket = "stored.sock",
                                                  .proto = &stored_proto,
                                                  .role = role,
                                                  .patience_ms = PATIENCE_MS,
                                                  .tell = tell_ticket,
                                                  .ctx = s});
    s->ticket.secret = true;
    return s;
}

void store_free(struct store **sp)
{
    struct store *s = *sp;

    if (!s)
        return;
    *sp = NULL;
    ipc_link_free(&s->link);
    buf_free(&s->ticket);
    free(s);
}

void store_patience(struct store *s, int milliseconds)
{
    ipc_link_patience(s->link, milliseconds);
}

void store_dial_ahead(struct store *s)
{
    ipc_link_dial_ahead(s->link);
}

/* Until when what is asked next may be done, and until when its answer is waited for. */
static struct ipc_link *timed(struct store *s)
{
    ipc_link_times(s->link, timeout_ms, timeout_ms * (1 + WAIT_MORE));
    return s->link;
}

enum rc store_call_in(struct store *s, enum store_op op, const void *req, int req_fd, void *rep_out, struct buf *mem,
                      struct err *e)
{
    struct ipc_ask q = {.op = (uint16_t)op, .req = req, .rep_out = rep_out, .mem = mem, .req_fd = req_fd};

    return ipc_link_call(timed(s), &q, e);
}

enum rc store_call(struct store *s, enum store_op op, const void *req, int req_fd, void *rep_out, struct err *e)
{
    return store_call_in(s, op, req, req_fd, rep_out, NULL, e);
}

void store_renew(struct store *s, struct span ticket)
{
    buf_clear(&s->ticket);
    buf_addspan(&s->ticket, ticket);
    s->told_on = 0;
}

/* Asked with no ticket kept: a refusal is the answer to this one. It is kept once it was taken. */
enum rc store_bind(struct store *s, struct span ticket, struct store_box_rep *rep_out, struct buf *mem, struct err *e)
{
    struct store_ticket_req rq = {ticket};
    enum rc rc;

    buf_clear(&s->ticket);
    rc = store_call_in(s, STORE_TICKET, &rq, -1, rep_out, mem, e);
    if (rc != RC_OK)
        return rc;
    store_renew(s, ticket);
    s->told_on = ipc_link_dials(s->link);
    return rc;
}

enum rc store_ask(struct store *s, enum store_op op, const void *req, struct err *e)
{
    return ipc_link_ask(timed(s), (uint16_t)op, req, e);
}

enum rc store_answer(struct store *s, enum store_op op, void *rep_out, struct buf *mem, struct err *e)
{
    return ipc_link_answer(timed(s), (uint16_t)op, rep_out, mem, e);
}

void store_rest(struct store *s)
{
    ipc_link_rest(s->link);
}

unsigned store_dials(const struct store *s)
{
    return ipc_link_dials(s->link);
}

int store_event_fd(struct store *s)
{
    return ipc_link_fd(s->link);
}

enum rc store_event(struct store *s, struct store_ev_changed *ev_out, struct err *e)
{
    uint16_t op;
    enum rc rc = ipc_link_event(s->link, &op, ev_out, e);

    if (rc != RC_OK || op == STORE_EV_CHANGED)
        return rc;
    ipc_link_hang_up(s->link);
    return err_set(e, RC_CLOSED, "unknown event %u", (unsigned)op);
}
