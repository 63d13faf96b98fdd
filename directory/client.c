/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/client.c - see directory/client.h: base/ipc_link.h, and the pauses after wrong passwords.
 * Process  smtpd, imapd, relayd sessions; pli.
 */
#include "directory/client.h"
#include "base/clock.h"
#include "base/ipc_link.h"
#include <poll.h>
#include <stdlib.h>

enum { CALL_MS = 20000, WAIT_MS = 11000, WAIT_STEP_MS = 250 };

struct dir {
    struct ipc_link *link;
    struct buf acting; /* a delegated administrator's ticket; secret */
    unsigned told_on;  /* the connection that knows it, by ipc_link_dials(); 0: none */
};

static enum rc tell_who_acts(void *ctx, struct ipc_link *l, struct err *e)
{
    struct dir *d = ctx;
    struct dird_act_req rq = {buf_span(&d->acting)};
    enum rc rc;

    if (d->acting.n == 0 || d->told_on == ipc_link_dials(l))
        return RC_OK;
    rc = ipc_link_once(l, &(struct ipc_ask){.op = DIRD_ACT, .req = &rq, .req_fd = -1}, e);
    d->told_on = rc == RC_OK ? ipc_link_dials(l) : 0;
    return rc;
}

struct dir *dir_new(enum ipc_role role)
{
    struct dir *d = calloc(1, sizeof *d);
    if (!d)
        die("out of memory");
    d->link = ipc_link_new(&(struct ipc_link_how){.socket = "dird.sock",
                                                  .proto = &dird_proto,
                                                  .role = role,
                                                  .patience_ms = DIR_PATIENCE_MS,
                                                  .call_ms = CALL_MS,
                                                  .tell = tell_who_acts,
                                                  .ctx = d});
    buf_init_secret(&d->acting);
    return d;
}

void dir_patience(struct dir *d, int ms)
{
    ipc_link_patience(d->link, ms);
}

void dir_dial_ahead(struct dir *d)
{
    ipc_link_dial_ahead(d->link);
}

void dir_free(struct dir **d)
{
    if (!d || !*d)
        return;
    ipc_link_free(&(*d)->link);
    buf_free(&(*d)->acting);
    free(*d);
    *d = NULL;
}

void dir_act(struct dir *d, struct span ticket)
{
    buf_clear(&d->acting);
    buf_addspan(&d->acting, ticket);
    d->told_on = 0;
}

unsigned dir_dials(const struct dir *d)
{
    return ipc_link_dials(d->link);
}

int dir_fd(const struct dir *d)
{
    return ipc_link_fd(d->link);
}

void dir_hang_up(struct dir *d)
{
    ipc_link_hang_up(d->link);
}

void dir_rest(struct dir *d)
{
    ipc_link_rest(d->link);
}

enum rc dir_ended(struct dir *d, struct err *e)
{
    struct dird_ev_ended ev;
    uint16_t op = 0;

    return ipc_link_event(d->link, &op, &ev, e);
}

enum rc dir_call_in(struct dir *d, enum dird_op op, const void *req, void *rep_out, struct buf *mem, struct err *e)
{
    struct ipc_ask q = {.op = (uint16_t)op, .req = req, .rep_out = rep_out, .mem = mem};

    return ipc_link_call(d->link, &q, e);
}

enum rc dir_call(struct dir *d, enum dird_op op, const void *req, void *rep_out, struct err *e)
{
    return dir_call_in(d, op, req, rep_out, NULL, e);
}

enum rc dir_lookup(struct dir *d, struct span address, struct dird_lookup_rep *rep_out, struct buf *mem, struct err *e)
{
    struct dird_lookup_req rq = {address};
    return dir_call_in(d, DIRD_LOOKUP, &rq, rep_out, mem, e);
}

/* After a restart everybody signs in at once, and slapd hashes a few passwords at a time: dird lets no worker queue for that, so the link does
 * (AUTH is IPC_LONG). The pauses after wrong passwords are waited for here: the one who guesses waits in a process of his own. */
enum rc dir_auth(struct dir *d, const struct dird_auth_req *rq, struct dird_auth_rep *rep_out, struct buf *mem,
                 struct err *e)
{
    int64_t until = deadline_in(WAIT_MS);
    enum rc rc;

    while ((rc = dir_call_in(d, DIRD_AUTH, rq, rep_out, mem, e)) == RC_TEMP && e->cause == CAUSE_WAIT_PASSWORD &&
           deadline_left_ms(until) > 0)
        poll(NULL, 0, WAIT_STEP_MS);
    return rc;
}

bool auth_says(enum cause c)
{
    return c == CAUSE_AUTH_DOMAIN || c == CAUSE_CODE_FIRST || c == CAUSE_CODE_ENDED;
}

enum rc dir_served(struct dir *d, struct span domain, struct err *e)
{
    struct dird_served_req rq = {domain};

    return dir_call(d, DIRD_SERVED, &rq, NULL, e);
}

enum rc dir_may_send(struct dir *d, struct span account, struct span sender, struct dird_may_rep *may_out,
                     struct err *e)
{
    struct dird_may_req rq = {account, sender};
    *may_out = (struct dird_may_rep){0};
    return dir_call(d, DIRD_MAY_SEND, &rq, may_out, e);
}

enum rc dir_trust(struct dir *d, struct span domain, struct span dn, enum dird_trusted *answer_out, struct err *e)
{
    struct dird_trust_req rq = {domain, dn};
    struct dird_trust_rep rep = {0};
    enum rc rc = dir_call(d, DIRD_TRUST, &rq, &rep, e);
    if (rc == RC_OK && (rep.trusted < DTR_YES || rep.trusted > DTR_OTHER_DN))
        rc = err_set(e, RC_TEMP, "dird: no such answer: %u", rep.trusted);
    if (rc == RC_OK)
        *answer_out = (enum dird_trusted)rep.trusted;
    return rc;
}

enum rc dir_account_set(struct dir *d, uint32_t what, const struct dird_account *a, struct err *e)
{
    struct buf rec = BUF_INIT;
    buf_init_secret(&rec);
    ipc_list_add(&rec, dird_account_f, a);
    struct dird_set_req rq = {what, buf_span(&rec)};
    enum rc rc = dir_call(d, DIRD_ACCOUNT_SET, &rq, NULL, e);
    buf_free(&rec);
    return rc;
}
