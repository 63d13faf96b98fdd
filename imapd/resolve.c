/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/resolve.c - a session for one BURL (RFC 4468): it opens the submitter's mailbox with the ticket of that sign-in, sends the octets that the URL names,
 * and ends. See flow/resolver.h. A strict mailbox is opened by its password alone, which is not here, so its URLs lead nowhere. */
#include "base/log.h"
#include "flow/resolver.h"
#include "imapd/extensions.h"
#include "imapd/url_octets.h"
#include <stdio.h>
#include <unistd.h>

enum { QUESTION_MS = 10 * 1000, OCTETS_MS = 60 * 1000 };
struct answering {
    struct imap_session *s;
    int conn;
    bool begun;
    uint64_t left;
};

static enum rc begin(void *ctx, uint64_t n, struct err *e)
{
    struct answering *a = ctx;

    a->begun = true;
    a->left = n;
    return resolver_answer(a->conn, &(struct resolver_rep){.rc = RC_OK, .size = n}, e);
}

static enum rc piece(void *ctx, struct span p, struct err *e)
{
    struct answering *a = ctx;

    stream_deadline(a->s->io, deadline_in(OCTETS_MS));
    stream_put(a->s->io, p);
    a->left -= p.n;
    return stream_flush(a->s->io, e);
}

static enum rc open_box(struct imap_session *s, const struct resolver_req *rq, struct err *e)
{
    struct dird_auth_rep auth = {.mbx = rq->mbx, .ticket = rq->ticket, .address = rq->address};
    enum rc rc = mailbox_open(s->store, s->keyd, &auth, SPAN_NULL, &s->box, e);

    if (rc != RC_OK)
        return rc;
    dialler_proven();
    snprintf(s->address, sizeof s->address, "%.*s", SPAN_ARG(rq->address));
    s->mbx = rq->mbx;
    s->state = IS_AUTH;
    extensions_open(&extensions, s);
    return RC_OK;
}

static enum rc answer(struct answering *a, struct buf *mem, struct err *e)
{
    struct url_want want = {.by = URL_BY_SUBMIT, .authorized = true, .begin = begin, .sink = piece, .ctx = a};
    struct resolver_req rq;
    int octets = -1;
    enum rc rc = resolver_take(a->conn, a->s->conf->smtpd_uid, deadline_in(QUESTION_MS), mem, &rq, &octets, e);

    if (octets >= 0)
        a->s->io = stream_open(octets);
    if (rc == RC_OK)
        rc = open_box(a->s, &rq, e);
    if (rc == RC_OK)
        rc = url_octets(a->s, rq.url, &want, e);
    if (rc == RC_OK && a->left > 0)
        rc = err_set(e, RC_CORRUPT, "message is shorter than its entry says");
    return rc;
}

void resolve_run(struct imap_session *s, int fd)
{
    struct answering a = {.s = s, .conn = fd};
    struct buf mem = BUF_SECRET_INIT;
    struct err e = {0}, unsent;
    enum rc rc = answer(&a, &mem, &e);

    log_ev(LOG_INFO_, "resolve", "account=%s rc=%s cause=%s", s->address[0] ? log_esc(span_str(s->address)) : "-",
           rc_name(rc), rc == RC_OK ? "" : cause_name(e.cause));
    if (rc != RC_OK && !a.begun)
        (void)!resolver_answer(fd, &(struct resolver_rep){.rc = (uint16_t)rc, .cause = (uint16_t)e.cause}, &unsent);
    if (rc != RC_OK)
        stream_close(&s->io); /* what was begun ends short */
    close(fd);
    buf_free(&mem);
}
