/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/client.c - asking pli-dird: dials when first needed, again after dird restarted.
 * Rule     a question is asked again on a new connection; a change is not (it may have been made): RC_TEMP tells.
 * Process  smtpd, imapd, relayd sessions; pli.
 */
#include "directory/client.h"
#include "base/clock.h"
#include "base/ipc.h"
#include <stdlib.h>
#include <time.h>

enum { CALL_MS = 20000, REDIAL_MS = 50, BUSY_MIN_MS = 10, BUSY_MAX_MS = 160, WAIT_MS = 11000, WAIT_STEP_MS = 250 };

struct dir {
    enum ipc_role role;
    int patience_ms;
    unsigned dials; /* connections made so far */
    struct ipc *c;
};

struct dir *dir_new(enum ipc_role role)
{
    struct dir *d = calloc(1, sizeof *d);
    if (!d)
        die("out of memory");
    d->role = role;
    d->patience_ms = DIR_PATIENCE_MS;
    return d;
}

void dir_patience(struct dir *d, int ms)
{
    d->patience_ms = ms;
}

void dir_dial_ahead(struct dir *d)
{
    struct err e;

    if (d->c)
        return;
    d->dials++;
    if (ipc_dial_ahead("dird.sock", &dird_proto, d->role, deadline_in(0), &d->c, &e) != RC_OK)
        d->c = NULL; /* not now: the first request dials, and says why when it can not */
}

void dir_free(struct dir **d)
{
    if (!d || !*d)
        return;
    ipc_hangup(&(*d)->c);
    free(*d);
    *d = NULL;
}

unsigned dir_dials(const struct dir *d)
{
    return d->c && ipc_fd(d->c) >= 0 ? d->dials : 0;
}

int dir_fd(const struct dir *d)
{
    return d->c ? ipc_fd(d->c) : -1;
}

void dir_rest(struct dir *d)
{
    if (d->c)
        ipc_rest(d->c);
}

enum rc dir_ended(struct dir *d, struct err *e)
{
    struct dird_ev_ended ev;
    uint16_t op = 0;
    if (!d->c)
        return err_set(e, RC_CLOSED, NULL, NULL, "no connection to dird");
    enum rc rc = ipc_event(d->c, &op, &ev, e);
    if (rc != RC_OK && rc != RC_MORE)
        ipc_hangup(&d->c);
    return rc == RC_OK || rc == RC_MORE ? rc : RC_CLOSED;
}

static bool changes_something(enum dird_op op)
{
    return (op >= DIRD_ACCOUNT_ADD && op <= DIRD_ACCOUNT_PASSWD && op != DIRD_ACCOUNT_GET && op != DIRD_ACCOUNT_LIST) ||
           op == DIRD_TRUST_ADD || op == DIRD_TRUST_REMOVE;
}

static bool gone(enum rc rc)
{
    return rc == RC_CLOSED || rc == RC_TIMEOUT;
}

/* Dials until patience ends; a refusal (version, role) is final. */
static enum rc dial(struct dir *d, int64_t patience, struct err *e)
{
    for (;;) {
        enum rc rc = ipc_dial("dird.sock", &dird_proto, d->role, patience, &d->c, e);
        if (rc == RC_OK || !(gone(rc) || rc == RC_TEMP || rc == RC_NOTFOUND))
            return rc;
        if (deadline_left_ms(patience) <= REDIAL_MS)
            return err_set(e, RC_TEMP, "4.3.0", NULL, "dird does not answer: %.200s", e->log);
        nanosleep(&(struct timespec){0, REDIAL_MS * 1000000L}, NULL);
    }
}

enum rc dir_call_in(struct dir *d, enum dird_op op, const void *req, void *rep_out, struct buf *mem, struct err *e)
{
    int64_t patience = deadline_in(d->patience_ms);
    for (int tries = 0;; tries++) {
        if (!d->c) {
            bool ahead = tries == 0 && !changes_something(op) &&
                         ipc_dial_ahead("dird.sock", &dird_proto, d->role, patience, &d->c, e) == RC_OK;
            enum rc rc = ahead ? RC_OK : dial(d, patience, e);
            if (rc != RC_OK)
                return rc;
            d->dials++;
        }
        ipc_deadline(d->c, deadline_in(CALL_MS));
        enum rc rc = ipc_call(d->c, (uint16_t)op, req, -1, rep_out, mem, NULL, e);
        if (!gone(rc))
            return rc;
        ipc_hangup(&d->c);
        if (rc == RC_TIMEOUT || changes_something(op) || tries == 3)
            return err_set(e, RC_TEMP, "4.3.0", NULL, "dird went away: %.200s", e->log);
    }
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

/* How long the next pause is; 0: this answer is final. */
static long pause_ms(const struct err *e, long last, int64_t busy_until, int64_t wait_until)
{
    if (strcmp(e->esc, DIRD_BUSY) == 0 && deadline_left_ms(busy_until) > 0)
        return last == 0 ? BUSY_MIN_MS : last < BUSY_MAX_MS ? last * 2 : last;
    return strcmp(e->esc, DIRD_WAIT) == 0 && deadline_left_ms(wait_until) > 0 ? WAIT_STEP_MS : 0;
}

/* After a restart everybody signs in at once, and slapd hashes a few passwords at a time: dird lets no worker queue for that, so we do. The
 * pauses after wrong passwords are waited for here, too: the one who guesses waits in a process of his own. */
enum rc dir_auth(struct dir *d, const struct dird_auth_req *rq, struct dird_auth_rep *rep_out, struct buf *mem,
                 struct err *e)
{
    int64_t busy_until = deadline_in(CALL_MS), wait_until = deadline_in(WAIT_MS);
    long ms = 0;
    enum rc rc;

    while ((rc = dir_call_in(d, DIRD_AUTH, rq, rep_out, mem, e)) == RC_TEMP &&
           (ms = pause_ms(e, ms, busy_until, wait_until)) > 0)
        nanosleep(&(struct timespec){ms / 1000, ms % 1000 * 1000000L}, NULL);
    return rc;
}

enum rc dir_may_send(struct dir *d, struct span account, struct span sender, struct err *e)
{
    struct dird_may_req rq = {account, sender};
    return dir_call(d, DIRD_MAY_SEND, &rq, NULL, e);
}

enum rc dir_trust(struct dir *d, struct span domain, struct span dn, enum dird_trusted *answer_out, struct err *e)
{
    struct dird_trust_req rq = {domain, dn};
    struct dird_trust_rep rep = {0};
    enum rc rc = dir_call(d, DIRD_TRUST, &rq, &rep, e);
    if (rc == RC_OK && (rep.trusted < DTR_YES || rep.trusted > DTR_OTHER_DN))
        rc = err_set(e, RC_TEMP, NULL, NULL, "dird: no such answer: %u", rep.trusted);
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
