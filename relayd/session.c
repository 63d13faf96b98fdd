/* SPDX-License-Identifier: EUPL-1.2 */
/* relayd/session.c - one connection to another operator's server, from its greeting to QUIT. See relayd/session.h. */
#include "relayd/session.h"
#include "base/log.h"
#include "base/wipe.h"
#include "relayd/identity.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

_Static_assert((int)SMTP_PIPELINING == CH_EXT_PIPELINING && (int)SMTP_SIZE == CH_EXT_SIZE &&
                   (int)SMTP_8BITMIME == CH_EXT_8BITMIME && (int)SMTP_DSN == CH_EXT_DSN &&
                   (int)SMTP_UTF8 == CH_EXT_SMTPUTF8 && (int)SMTP_CHUNKING == CH_EXT_CHUNKING &&
                   (int)SMTP_REQUIRETLS == CH_EXT_REQUIRETLS && (int)SMTP_ESC == CH_EXT_ESC,
               "the channel has the grammar's bits");
enum { CH_EXT_ALL = 255 };

/* ---- in clear ---- */

static bool greeting(struct session *n)
{
    if (!session_reply(n, CS_GREETING, n->conf->command_ms))
        return false;
    return n->answer.code == 220 || session_answered(n, CAUSE_PEER_GREETING);
}

static bool ehlo(struct session *n, enum channel_stage stage)
{
    char line[300];

    snprintf(line, sizeof line, "EHLO %s\r\n", n->conf->host);
    n->offers = (struct smtp_offers){0};
    if (!session_command(n, stage, line))
        return false;
    return session_class(n) == 2 || session_answered(n, CAUSE_NONE);
}

/* What comes in clear behind the 220 would be taken for something said under TLS (CVE-2011-0411 and its kin). */
static bool starttls(struct session *n)
{
    n->stage = CS_STARTTLS;
    if (!(n->offers.extensions & SMTP_STARTTLS))
        return session_failed(n, CAUSE_PEER_NO_STARTTLS, "EHLO offers no STARTTLS");
    if (!session_command(n, CS_STARTTLS, "STARTTLS\r\n"))
        return false;
    if (n->answer.code != 220)
        return session_answered(n, CAUSE_PEER_TLS);
    return session_silent(n);
}

/* ---- TLS ---- */

static bool handshake(struct session *n, struct tls_peer *p)
{
    struct tls_signer signer = session_signer(n);
    struct span ec, rsa;
    struct err e;
    enum rc rc;

    n->stage = CS_HANDSHAKE;
    if (n->conf->identities && identity_chains(n->conf->identities, n->start->as, &ec, &rsa) &&
        tls_client_present(n->conf->tls, ec, rsa, &e) != RC_OK)
        return session_failed(n, CAUSE_PEER_TLS, e.log);
    stream_deadline(n->s, deadline_in(n->conf->command_ms));
    rc = tls_connect(n->conf->tls, n->start->host, &signer, n->s, p, &e);
    n->secret = rc == RC_OK;
    if (rc == RC_TIMEOUT)
        return session_io(n, &e);
    return rc == RC_OK || session_failed(n, CAUSE_PEER_TLS, e.log);
}

/* Nothing of a letter is said before the scheduler has agreed to this server. */
static bool introduce(struct session *n, const struct tls_peer *p)
{
    struct channel_peer_rep rep;
    char tls[sizeof p->version + sizeof p->cipher + 1];
    struct channel_peer_req rq = {
        .verified = p->verified, .chain = span_of(p->chain, p->n_chain), .why = span_str(p->why)};

    n->stage = CS_PEER;
    snprintf(tls, sizeof tls, "%s %s", p->version, p->cipher);
    rq.tls = span_str(tls);
    if (!session_ask(n, CH_PEER, channel_peer_req_f, &rq, channel_peer_rep_f, &rep))
        return false;
    return rep.cause == CAUSE_NONE || session_failed(n, (enum cause)rep.cause, p->verified ? p->dn : p->why);
}

static bool ready(struct session *n)
{
    struct channel_ready_req rq;
    unsigned char none;

    if (!ehlo(n, CS_EHLO_TLS))
        return false;
    rq = (struct channel_ready_req){n->offers.extensions & CH_EXT_ALL, n->offers.size, n->offers.rcptmax};
    return session_ask(n, CH_READY, channel_ready_req_f, &rq, NULL, &none);
}

static bool open_session(struct session *n)
{
    struct tls_peer *p = calloc(1, sizeof *p); /* a whole chain is in it */
    bool ok;

    if (p == NULL)
        die("out of memory");
    ok = greeting(n) && ehlo(n, CS_EHLO) && starttls(n) && handshake(n, p) && introduce(n, p) && ready(n);
    free(p);
    return ok;
}

/* ---- letters ---- */

static void letters(struct session *n)
{
    struct channel_next_rep l;

    while (session_next(n, &l) && l.more) {
        bool on = session_letter(n, &l);

        wipe(&l, sizeof l);
        log_message("");
        if (!on || ++n->letters == n->offers.mailmax) /* 0: it never is */
            return;
    }
}

/* ---- the end ---- */

static void report_end(struct session *n)
{
    struct channel_end_req rq = {.cause = (uint16_t)n->end.cause,
                                 .code = n->end.code,
                                 .esc = span_str(n->end.esc),
                                 .stage = (uint8_t)n->end.stage,
                                 .text = span_str(n->end.text)};

    if (!n->end.set)
        return;
    log_ev(LOG_DEBUG_, "relay-end", "stage=%u cause=%s code=%u", n->end.stage, cause_name(n->end.cause), n->end.code);
    (void)session_tell(n, CH_END, channel_end_req_f, &rq);
}

/* After a failure of the connection itself there is nobody to say QUIT to. */
static void leave(struct session *n)
{
    static const enum cause gone[] = {CAUSE_PEER_LOST, CAUSE_PEER_TIMEOUT, CAUSE_PEER_PROTOCOL, CAUSE_PEER_TLS,
                                      CAUSE_PEER_INJECTED};
    bool polite = true;

    for (size_t i = 0; i < sizeof gone / sizeof *gone; i++)
        polite = polite && !(n->end.set && n->end.cause == gone[i]);
    polite = polite && n->answer.code != 421 && !n->cut;
    if (polite && session_send(n, SPAN_LIT("QUIT\r\n")) && session_reply(n, CS_QUIT, QUIT_MS))
        stream_finish(&n->s);
    stream_close(&n->s);
}

void session_run(const struct session_conf *c, const struct session_start *s, int peer_fd, int channel_fd)
{
    struct session n = {.conf = c, .start = s, .channel = channel_fd, .s = stream_open(peer_fd)};
    char sid[17];

    signal(SIGPIPE, SIG_IGN);
    log_id_new(sid);
    log_session(sid);
    buf_init_secret(&n.mem);
    buf_init_secret(&n.plain);
    buf_init_secret(&n.line);
    if (open_session(&n))
        letters(&n);
    report_end(&n);
    leave(&n);
    close(n.channel);
    buf_free(&n.mem);
    buf_free(&n.plain);
    buf_free(&n.line);
}
