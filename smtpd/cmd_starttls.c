/* SPDX-License-Identifier: EUPL-1.2 */
/* smtpd/cmd_starttls.c - STARTTLS, and TLS from the start. keyd signs the handshake. After it nothing that was said
 * before counts.  RFC 3207 4.2
 *
 * Octets in clear behind STARTTLS may come from an attacker and would be taken for the client's. So they end the
 * session.
 */
#include "base/log.h"
#include "smtpd/start_tls.h"
#include "smtpd/verbs.h"

void tls_is(struct smtp_session *s)
{
    s->tls = true;
    s->from.tls_version = s->tls_peer.version;
    s->from.tls_cipher = s->tls_peer.cipher;
    s->from.dn = span_str(s->tls_peer.dn);
}

bool smtp_start_tls(struct smtp_session *s)
{
    struct err e;

    stream_deadline(s->st, s->login_deadline);
    if (tls_accept(s->conf->tls[s->kind], s->keyd, s->st, &s->tls_peer, &e) != RC_OK) {
        log_err(LOG_INFO_, "tls-failed", &e);
        smtp_end(s, "tls-failed");
        return false;
    }
    tls_is(s);
    log_ev(LOG_INFO_, "tls", "version=%s cipher=%s cert=%d", s->tls_peer.version, s->tls_peer.cipher,
           s->tls_peer.has_cert);
    return true;
}

void cmd_starttls(struct smtp_session *s, const union smtp_args *a)
{
    struct err e;

    (void)a;
    if (stream_buffered(s->st) > 0) {
        smtp_refuse(s, CAUSE_PIPELINED_TLS, NULL);
        smtp_end(s, "pipelined-tls");
        return;
    }
    smtp_say(s, 220, "2.0.0", "TLS");
    if (stream_flush(s->st, &e) != RC_OK) {
        smtp_end(s, "closed");
        return;
    }
    if (!smtp_start_tls(s))
        return;
    envelope_reset(s);
    s->phase = PH_START;
    s->helo[0] = 0;
    s->from.helo = SPAN_NULL;
}
