/* SPDX-License-Identifier: EUPL-1.2 */
/* smtpd/main.c - pli-smtpd: listens on 25, 587 and 465 and forks one session per peer. --verbs prints the verb table as
 * JSON. */
#include "base/service.h"
#include "base/service_listen.h"
#include "crypto/seal/seal.h"
#include "mime/charset.h"
#include "proto/smtp/reply.h"
#include "smtpd/conf.h"
#include "smtpd/verbs.h"
#include <stdio.h>
#include <sys/socket.h>

enum { ROTATE_TICKS = 60 /* a new session ticket key every hour */, GRACE_MS = 10 * 1000 };

static void refuse(void *ctx, int fd, const struct listener_peer *peer, enum listener_why why)
{
    const struct smtpd *c = ctx;
    const struct cause_row *t = cause_row(CAUSE_TOO_MANY_SESSIONS);
    struct buf b = BUF_INIT; /* open: our own words */
    char text[CAUSE_TEXT];

    (void)why;
    if (c->kind[peer->which] == KIND_SUBMISSIONS)
        return; /* a line in clear would be no answer under TLS */
    smtp_reply(&b, t->code, t->esc, span_str(cause_text(CAUSE_TOO_MANY_SESSIONS, text)), false);
    (void)!send(fd, b.p, b.n, MSG_DONTWAIT | MSG_NOSIGNAL);
    buf_free(&b);
}

static void tick(void *ctx)
{
    static unsigned ticks;
    struct smtpd *c = ctx;

    if (++ticks % ROTATE_TICKS != 0)
        return;
    tls_conf_rotate(c->tls[KIND_SMTP]);
    tls_conf_rotate(c->tls[KIND_SUBMISSION]);
}

static struct smtpd conf;

static void *load(const struct boot *b)
{
    smtpd_conf_load(&conf, b);
    conf.listener.ready = smtp_ready;
    conf.listener.session = smtp_session;
    conf.listener.refuse = refuse;
    conf.listener.tick = tick;
    conf.listener.grace_ms = GRACE_MS;
    conf.listener.ctx = &conf;
    seal_warm();    /* OpenSSL's algorithms: fetched once, not by every session */
    charset_warm(); /* the charset tables: no file can be opened later */
    return &conf.listener;
}

static void run(void *listener)
{
    service_listen(listener);
}

int main(int argc, char **argv)
{
    static const struct service smtpd = {
        .name = "smtpd", .sandbox = SB_SMTPD_LISTENER, .print = {{"--verbs", verbs_print}}, .load = load, .run = run};

    return service_main(&smtpd, argc, argv);
}
