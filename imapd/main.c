/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/main.c - pli-imapd: listens on 143 and 993 and forks one session per peer. --commands and --extensions print
 * these tables as JSON.
 *
 * The listener loads what sessions need (TLS chain, settings) and enters its sandbox. Then it only accepts and forks.
 * It holds no secret. */
#include "base/boot.h"
#include "base/log.h"
#include "base/sandbox.h"
#include "base/wipe.h"
#include "crypto/seal/seal.h"
#include "imapd/commands.h"
#include "imapd/extensions.h"
#include "mime/charset.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    TICK_MS = 60 * 1000,
    ROTATE_TICKS = 60 /* a new session ticket key every hour */,
    GRACE_MS = 4 * 1000,
    SPARES = 2
};

static void refuse(void *ctx, int fd, const struct listener_peer *peer, enum listener_why why)
{
    static const char bye[] = "* BYE [UNAVAILABLE] Trop de sessions / Too many sessions\r\n";
    const struct imap_conf *c = ctx;

    (void)why;
    if (!c->implicit_tls[peer->which]) /* a line in clear would be no answer under TLS */
        (void)!send(fd, bye, sizeof bye - 1, MSG_DONTWAIT | MSG_NOSIGNAL);
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
    const char *instance = boot_get(b, "instance", NULL);
    struct tls_conf_spec spec = {.anchors_pem = NULL};
    struct err e;

    if (instance == NULL)
        die("the boot record names no instance");
    if (tls_conf_of(instance, spec, &c->tls, &e) != RC_OK)
        die("TLS cannot start: %s", e.log);
}

static void load_conf(struct imap_conf *c, const struct boot *b)
{
    static char made[300];

    c->hostname = boot_get(b, "instance.hostname", "");
    if (!c->hostname[0]) {
        snprintf(made, sizeof made, "mail.%s", boot_get(b, "instance.domain", "localhost"));
        c->hostname = made;
    }
    store_timeout((int)boot_num(b, "stored.timeout", 20) * 1000);
    c->max_message = (uint64_t)boot_num(b, "imapd.max_message", 50 * 1024 * 1024);
    c->max_errors = (unsigned)boot_num(b, "imapd.max_errors", 20);
    c->login_ms = (int)(boot_num(b, "imapd.login_timeout", 60) * 1000);
    c->idle_ms = (int)(boot_num(b, "imapd.idle_timeout", 30 * 60) * 1000);
}

static const char *const daemons[] = {"keyd.sock", "dird.sock", "stored.sock", NULL};

static void take_sockets(struct listener *l, struct imap_conf *c, const struct boot *b)
{
    static const struct {
        const char *name;
        bool tls;
    } sockets[] = {{"listen.imap", false}, {"listen.imaps", true}};

    for (size_t i = 0; i < sizeof sockets / sizeof *sockets; i++) {
        int fd = boot_fd(b, sockets[i].name);

        if (fd < 0)
            continue;
        c->implicit_tls[l->n_fds] = sockets[i].tls;
        l->fds[l->n_fds++] = fd;
    }
    if (l->n_fds == 0)
        die("no listening socket: set listen.imap or listen.imaps");
    l->max_sessions = (unsigned)boot_num(b, "imapd.max_sessions", 5000);
    l->max_unproven = (unsigned)boot_num(b, "imapd.max_unproven", 1000);
    l->max_unproven_per_address = (unsigned)boot_num(b, "imapd.max_unproven_per_address", 200);
    l->unproven_ms = c->login_ms;
    l->dialler.sockets = daemons;
    dialler_bounds(&l->dialler, (uint64_t)boot_num(b, "imapd.max_memory", 1 << 30),
                   (uint64_t)boot_num(b, "imapd.max_memory_per_account", 256 << 20), c->max_message);
    l->max_per_address = (unsigned)boot_num(b, "imapd.max_sessions_per_address", 3000);
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
    static struct imap_conf conf;
    struct listener l = {.spares = SPARES,
                         .ready = session_ready,
                         .session = session_run,
                         .refuse = refuse,
                         .tick = tick,
                         .tick_ms = TICK_MS,
                         .grace_ms = GRACE_MS,
                         .ctx = &conf};
    struct boot *b = boot_load();
    struct sandbox_how how = {.kind = SB_IMAPD_LISTENER, .root = "."};
    struct err e;

    log_open("imapd", level_of(boot_get(b, "log.level", "info")));
    load_conf(&conf, b);
    load_tls(&conf, b);
    take_sockets(&l, &conf, b);
    how.uid = (uid_t)boot_num(b, "uid", 0);
    seal_warm();    /* the ciphers, half a megabyte and a millisecond: sessions share them */
    charset_warm(); /* the charset tables: no file can be opened later */
    signal(SIGPIPE, SIG_IGN);
    no_dumps();
    if (sandbox_enter(&how, &e) != RC_OK)
        die("sandbox: %s", e.log);
    log_ev(LOG_INFO_, "ready", "sockets=%zu", l.n_fds);
    listener_run(&l);
    log_ev(LOG_INFO_, "stopped", "why=signal");
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "--commands") == 0) {
        commands_print();
        return 0;
    }
    if (argc == 2 && strcmp(argv[1], "--extensions") == 0) {
        extensions_print();
        return 0;
    }
    if (argc == 2 && strcmp(argv[1], "--version") == 0) {
        printf("pli-imapd %s\n", PLI_VERSION);
        return 0;
    }
    if (argc != 1) {
        fprintf(stderr, "usage: pli-imapd [--commands | --extensions | --version]; it is started by pli serve\n");
        return 2;
    }
    serve();
    return 0;
}
