/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/cmd/starttls.c - STARTTLS. RFC 3501 6.2.1. Octets that came in clear behind the command could be taken for
 * octets that come under TLS (command injection). So they end the session. */
#include "base/log.h"
#include "imapd/commands.h"

enum rc cmd_starttls(struct imap_session *s, union imap_args *a, struct err *e)
{
    enum rc rc;

    (void)a;
    if (stream_buffered(s->io) > 0) {
        s->bye = true;
        return reply_bad(s, e, CAUSE_PIPELINED_TLS);
    }
    reply_put(s, "%.*s OK Begin TLS negotiation", SPAN_ARG(s->tag));
    if ((rc = stream_flush(s->io, e)) == RC_OK) {
        stream_deadline(s->io, s->login_deadline);
        rc = tls_accept(s->conf->tls, s->keyd, s->io, &s->tls, e);
    }
    if (rc != RC_OK) {
        log_err(LOG_INFO_, "tls-failed", e);
        return session_lost(s, e, "TLS handshake failed");
    }
    s->has_tls = true;
    s->answered = true;
    return RC_OK;
}
