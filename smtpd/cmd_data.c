/* SPDX-License-Identifier: EUPL-1.2 */
/* smtpd/cmd_data.c - DATA, BDAT and BURL: three ways to give a message.  RFC 5321 4.1.1.4, RFC 3030 2, RFC 4468 3 */
#include "base/log.h"
#include "flow/resolver.h"
#include "smtpd/verbs.h"
#include <unistd.h>

void cmd_data(struct smtp_session *s, const union smtp_args *a)
{
    struct err e;

    (void)a;
    if (!receive_begin(s, true))
        return;
    smtp_say(s, 354, NULL, "Fin par une ligne d'un seul point / End with a line of one dot");
    if (stream_flush(s->st, &e) != RC_OK) {
        smtp_end(s, "closed");
        return;
    }
    if (receive_data(s))
        receive_end(s);
}

static void chunk_taken(struct smtp_session *s, bool last, uint64_t n, const char *enhanced)
{
    if (last)
        receive_end(s);
    else if (s->data_refused == CAUSE_TOO_BIG || s->data_refused == CAUSE_DOMAIN_SIZE ||
             s->data_refused == CAUSE_STORE_TEMP || s->data_refused == CAUSE_DISK_FULL)
        smtp_refuse(s, s->data_refused, NULL);
    else
        smtp_say(s, 250, enhanced, "%llu octets", (unsigned long long)n);
}

/* Each chunk is answered. When no more octets are taken this is told at once. What is wrong with the octets that were
 * taken is told at the last chunk. */
void cmd_bdat(struct smtp_session *s, const union smtp_args *a)
{
    if (a->bdat.size > 2 * s->conf->letter.max_message) { /* nobody reads that much to say no */
        smtp_refuse(s, CAUSE_TOO_BIG, NULL);
        smtp_end(s, "chunk-too-big");
        return;
    }
    if (s->phase != PH_BDAT && !receive_begin(s, false)) {
        (void)receive_skip(s, a->bdat.size);
        return;
    }
    s->phase = PH_BDAT;
    if (!receive_chunk(s, a->bdat.size))
        return;
    chunk_taken(s, a->bdat.last, a->bdat.size, "2.0.0");
}

/* The octets of one URL. A session of imapd fetches them (flow/resolver.h): nothing here opens a mailbox. */
static enum cause take_url(struct smtp_session *s, struct span url, uint64_t *size_out, struct err *e)
{
    struct resolver_req rq = {
        .mbx = s->mbx, .address = span_str(s->account), .ticket = buf_span(&s->ticket), .url = url};
    struct stream *from;
    int fd;
    enum rc rc = resolver_ask(&rq, deadline_in(s->conf->data_ms), &fd, size_out, e);

    if (rc != RC_OK)
        return rc == RC_PERM ? CAUSE_BURL_FAILED : CAUSE_STORE_TEMP;
    from = stream_open(fd);
    if (*size_out > s->conf->letter.max_message)
        rc = err_cause(e, RC_PERM, CAUSE_TOO_BIG, "a URL of %llu octets", (unsigned long long)*size_out);
    else
        rc = receive_from(s, from, *size_out, e);
    stream_close(&from);
    return rc == RC_OK ? CAUSE_NONE : rc == RC_PERM ? CAUSE_TOO_BIG : CAUSE_STORE_TEMP;
}

/* A BURL that fails ends the transaction: a client that pipelines more of the message gets 503 for it (RFC 4468 3.3). */
void cmd_burl(struct smtp_session *s, const union smtp_args *a)
{
    struct err e = {0};
    uint64_t size = 0;
    enum cause r;

    if (s->phase != PH_BDAT && !receive_begin(s, false))
        return;
    s->phase = PH_BDAT;
    r = a->burl.url.n > RESOLVER_URL ? CAUSE_BURL_FAILED : take_url(s, a->burl.url, &size, &e);
    log_ev(LOG_INFO_, "burl", "account=%s size=%llu cause=%s", s->account, (unsigned long long)size,
           r == CAUSE_NONE ? "" : cause_name(r));
    if (s->over) /* the account changed meanwhile, and that has been said */
        return;
    if (r == CAUSE_NONE) {
        chunk_taken(s, a->burl.last, size, "2.5.0");
        return;
    }
    smtp_refuse(s, r, &e);
    envelope_reset(s);
}
