/* SPDX-License-Identifier: EUPL-1.2 */
/* smtpd/conf.c - makes struct smtpd from the settings. The listener reads and loads all of it once, before its sandbox.
 * See smtpd/conf.h. */
#include "smtpd/conf.h"
#include "base/wipe.h"
#include "flow/logged.h"
#include <stdio.h>
#include <stdlib.h>

static const char *need(const struct boot *b, const char *name)
{
    const char *v = boot_get(b, name, "");

    if (!v[0])
        die("setting %s is missing", name);
    return v;
}

static const char *host_name(const struct boot *b)
{
    const char *host = boot_get(b, "instance.hostname", "");
    char *made;

    if (host[0])
        return host;
    if (asprintf(&made, "mail.%s", need(b, "instance.domain")) < 0)
        die("out of memory");
    return made;
}

/* The path of the PEM file of anchors that the setting names. A name that is not an absolute path is taken below the
 * instance's folder. Without a name it is ca.pem. */
static void anchors_path(const struct boot *b, const char *setting, char out[1024])
{
    const char *set = boot_get(b, setting, "");

    if (snprintf(out, 1024, "%s%s%s", set[0] == '/' ? "" : need(b, "instance"), set[0] == '/' ? "" : "/",
                 set[0] ? set : "ca.pem") >= 1024)
        die("%s is too long a name", setting);
}

/* Who may bring mail, and whose signature is believed, are two questions with two lists of authorities. */
static void load_tls(struct smtpd *c, const struct boot *b)
{
    const char *instance = need(b, "instance");
    char peers[1024], mails[1024];
    struct tls_conf_spec relay = {.anchors_pem = peers}, people = {.anchors_pem = NULL};
    struct cms_anchors *anchors;
    struct err e;

    anchors_path(b, "smtpd.peer_anchors", peers);
    anchors_path(b, "smtpd.mail_anchors", mails);
    if (tls_conf_of(instance, relay, &c->tls[KIND_SMTP], &e) != RC_OK ||
        tls_conf_of(instance, people, &c->tls[KIND_SUBMISSION], &e) != RC_OK)
        die("TLS cannot start: %s", e.log);
    c->tls[KIND_SUBMISSIONS] = c->tls[KIND_SUBMISSION];
    if (cms_anchors_load(mails, &anchors, &e) != RC_OK)
        die("trust anchors %s: %s", mails, e.log);
    c->letter.anchors = anchors;
}

static void load_log_key(const struct boot *b)
{
    unsigned char key[LOGGED_KEY];

    if (boot_fd(b, "log.key") < 0) /* a unit of its own without one: these addresses stay hidden, and cannot be searched */
        return;
    boot_secret(b, "log.key", key, sizeof key);
    logged_key(key);
    wipe(key, sizeof key);
}
static const char *const daemons[] = {"keyd.sock", "dird.sock", "stored.sock", NULL};

static void load_limits(struct smtpd *c, const struct boot *b)
{
    c->letter.max_message = (uint64_t)boot_num(b, "smtpd.max_message", 50 * 1024 * 1024);
    c->max_recipients = (unsigned)boot_num(b, "smtpd.max_recipients", SMTP_RCPTS);
    c->max_unknown = (unsigned)boot_num(b, "smtpd.max_unknown", 100);
    c->max_errors = (unsigned)boot_num(b, "smtpd.max_errors", 10);
    c->max_auth = 3;
    c->command_ms = boot_num(b, "smtpd.command_timeout", 300) * 1000;
    c->data_ms = boot_num(b, "smtpd.data_timeout", 600) * 1000;
    c->login_ms = boot_num(b, "smtpd.login_timeout", 60) * 1000;
    c->session_ms = 50 * 60 * 1000; /* shorter than a submission ticket lives */
    c->listener.max_sessions = (unsigned)boot_num(b, "smtpd.max_sessions", 1000);
    c->listener.max_per_address = (unsigned)boot_num(b, "smtpd.max_sessions_per_address", 200);
    c->listener.max_unproven = (unsigned)boot_num(b, "smtpd.max_unproven", 250);
    c->listener.max_unproven_per_address = (unsigned)boot_num(b, "smtpd.max_unproven_per_address", 50);
    c->listener.unproven_ms = (int)c->login_ms;
    c->listener.dialler.sockets = daemons;
    dialler_bounds(&c->listener.dialler, (uint64_t)boot_num(b, "smtpd.max_memory", 1 << 30),
                   (uint64_t)boot_num(b, "smtpd.max_memory_per_account", 256 << 20), c->letter.max_message);
    c->listener.max_rate = (unsigned)boot_num(b, "smtpd.max_rate_per_address", 3000);
}

static void take_sockets(struct smtpd *c, const struct boot *b)
{
    static const struct {
        const char *name;
        enum smtp_kind kind;
    } sockets[] = {
        {"listen.smtp", KIND_SMTP}, {"listen.submission", KIND_SUBMISSION}, {"listen.submissions", KIND_SUBMISSIONS}};

    for (size_t i = 0; i < sizeof sockets / sizeof *sockets; i++) {
        int fd = boot_fd(b, sockets[i].name);

        if (fd < 0)
            continue;
        c->kind[c->listener.n_fds] = sockets[i].kind;
        c->listener.fds[c->listener.n_fds++] = fd;
    }
    if (c->listener.n_fds == 0)
        die("no listening socket: set listen.smtp, listen.submission or listen.submissions");
}

void smtpd_conf_load(struct smtpd *c, const struct boot *b)
{
    c->host = host_name(b);
    c->domain = need(b, "instance.domain");
    c->letter.host = c->host;
    c->letter.domain = c->domain;
    load_log_key(b);
    load_limits(c, b);
    store_timeout((int)boot_num(b, "stored.timeout", 20) * 1000);
    load_tls(c, b);
    take_sockets(c, b);
}
