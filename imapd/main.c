/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/main.c - pli-imapd: listens on 143 and 993 and forks one session per peer. --commands and --extensions print
 * these tables as JSON.
 *
 * The listener loads what sessions need (TLS chain, settings) and enters its sandbox. Then it only accepts and forks.
 * It holds no secret. */
#include "base/service.h"
#include "base/service_listen.h"
#include "crypto/seal/seal.h"
#include "imapd/commands.h"
#include "imapd/extensions.h"
#include "mime/charset.h"
#include <sys/socket.h>
#include <unistd.h>

enum { ROTATE_TICKS = 60 /* a new session ticket key every hour */, GRACE_MS = 4 * 1000 };

static void refuse(void *ctx, int fd, const struct listener_peer *peer, enum listener_why why)
{
    const struct imap_conf *c = ctx;
    struct buf bye = BUF_INIT; /* open: our own words */

    (void)why;
    if (c->implicit_tls[peer->which])
        return; /* a line in clear would be no answer under TLS */
    buf_addstr(&bye, "* BYE ");
    reply_why(&bye, CAUSE_TOO_MANY_SESSIONS);
    buf_addstr(&bye, "\r\n");
    (void)!send(fd, bye.p, bye.n, MSG_DONTWAIT | MSG_NOSIGNAL);
    buf_free(&bye);
}

static void tick(void *ctx)
{
    static unsigned ticks;
    struct imap_conf *c = ctx;

    if (++ticks % ROTATE_TICKS == 0)
        tls_conf_rotate(c->tls);
}

/* ---- settings ---- */
static void load_tls(struct imap_conf *c, const struct boot *b)
{
    const char *instance = boot_given(b, "instance");
    struct tls_conf_spec spec = {.anchors_pem = NULL};
    struct err e;

    if (instance == NULL)
        die("the boot list names no instance");
    if (tls_conf_of(instance, spec, &c->tls, &e) != RC_OK)
        die("TLS cannot start: %s", e.log);
}

static void load_conf(struct imap_conf *c, const struct boot *b)
{
    c->hostname = service_host(b);
    c->max_message = (uint64_t)boot_num(b, "imapd.max_message");
    c->language = (unsigned)boot_num(b, "instance.language");
    c->smtpd_uid = service_uid_of_role(NULL, ROLE_SMTPD);
    if (c->smtpd_uid == (uid_t)-1) /* all daemons run as one user */
        c->smtpd_uid = geteuid();
    c->max_errors = (unsigned)boot_num(b, "imapd.max_errors");
    c->login_ms = (int)(boot_num(b, "imapd.login_timeout") * 1000);
    c->progress_ms = (int)(boot_num(b, "imapd.progress") * 1000);
    c->idle_ms = (int)(boot_num(b, "imapd.idle_timeout") * 1000);
    store_timeout((int)boot_num(b, "stored.timeout") * 1000);
}

static void take_sockets(struct listener *l, struct imap_conf *c, const struct boot *b)
{
    static const char *const names[] = {"listen.imap", "listen.imaps", "urls", NULL};
    size_t which[LISTENER_FDS];

    service_sockets(l, b, names, which);
    for (size_t i = 0; i < l->n_fds; i++) {
        c->implicit_tls[i] = which[i] == 1;
        c->urls[i] = which[i] == 2;
    }
}

static void *load(const struct boot *b)
{
    static struct imap_conf conf;
    static struct listener l = {.ready = session_ready,
                                .session = session_run,
                                .refuse = refuse,
                                .tick = tick,
                                .grace_ms = GRACE_MS,
                                .ctx = &conf};

    load_conf(&conf, b);
    l.local_user = &conf.smtpd_uid;
    load_tls(&conf, b);
    take_sockets(&l, &conf, b);
    service_limits(&l, b, "imapd");
    seal_warm();    /* the ciphers, half a megabyte and a millisecond: sessions share them */
    charset_warm(); /* the charset tables: no file can be opened later */
    return &l;
}

static void run(void *listener)
{
    service_listen(listener);
}

int main(int argc, char **argv)
{
    static const struct service imapd = {.name = "imapd",
                                         .sandbox = SB_IMAPD_LISTENER,
                                         .print = {{"--commands", commands_print}, {"--extensions", extensions_print}},
                                         .load = load,
                                         .run = run};

    return service_main(&imapd, argc, argv);
}
