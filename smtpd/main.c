/* SPDX-License-Identifier: EUPL-1.2 */
/* smtpd/main.c - pli-smtpd: listens on 25, 587 and 465 and forks one session per peer. --verbs prints the verb table as
 * JSON. */
#include "base/log.h"
#include "base/sandbox.h"
#include "base/wipe.h"
#include "crypto/seal/seal.h"
#include "mime/charset.h"
#include "proto/smtp/reply.h"
#include "smtpd/conf.h"
#include "smtpd/verbs.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

enum {
    TICK_MS = 60 * 1000,
    ROTATE_TICKS = 60 /* a new session ticket key every hour */,
    GRACE_MS = 10 * 1000,
    SPARES = 2
};

static void refuse(void *ctx, int fd, const struct listener_peer *peer, enum listener_why why)
{
    const struct smtpd *c = ctx;
    const struct refusal_text *t = refusal_get(REFUSE_TOO_MANY_SESSIONS);
    struct buf b = BUF_INIT; /* open: our own words */
    char text[256];

    (void)why;
    if (c->kind[peer->which] == KIND_SUBMISSIONS)
        return; /* a line in clear would be no answer under TLS */
    snprintf(text, sizeof text, "%s / %s", t->fr, t->en);
    smtp_reply(&b, t->code, t->esc, span_str(text), false);
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

static enum log_level level_of(const char *name)
{
    static const char *const names[] = {"debug", "info", "warn", "error"};

    for (int i = 0; i < 4; i++)
        if (strcmp(name, names[i]) == 0)
            return (enum log_level)i;
    return LOG_INFO_;
}

static void serve(void)
{
    static struct smtpd conf;
    struct boot *b = boot_load();
    struct sandbox_how how = {.kind = SB_SMTPD_LISTENER, .root = "."};
    struct err e;

    log_open("smtpd", level_of(boot_get(b, "log.level", "info")));
    smtpd_conf_load(&conf, b);
    how.uid = (uid_t)boot_num(b, "uid", 0);
    conf.listener.ready = smtp_ready;
    conf.listener.spares = SPARES;
    conf.listener.session = smtp_session;
    conf.listener.refuse = refuse;
    conf.listener.tick = tick;
    conf.listener.tick_ms = TICK_MS;
    conf.listener.grace_ms = GRACE_MS;
    conf.listener.ctx = &conf;
    seal_warm();    /* OpenSSL's algorithms: fetched once, not by every session */
    charset_warm(); /* the charset tables: no file can be opened later */
    signal(SIGPIPE, SIG_IGN);
    no_dumps();
    if (sandbox_enter(&how, &e) != RC_OK)
        die("sandbox: %s", e.log);
    log_ev(LOG_INFO_, "ready", "sockets=%zu", conf.listener.n_fds);
    listener_run(&conf.listener);
    log_ev(LOG_INFO_, "stopped", "why=signal");
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "--verbs") == 0) {
        verbs_print();
        return 0;
    }
    if (argc == 2 && strcmp(argv[1], "--version") == 0) {
        printf("pli-smtpd %s\n", PLI_VERSION);
        return 0;
    }
    if (argc != 1) {
        fprintf(stderr, "usage: pli-smtpd [--verbs | --version]; it is started by pli serve\n");
        return 2;
    }
    serve();
    return 0;
}
