/* SPDX-License-Identifier: EUPL-1.2 */
/* smtpd/conf.c - settings to struct smtpd: what is read and loaded before the sandbox, by the listener, once. See smtpd/conf.h. */
#include "smtpd/conf.h"
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

static void load_tls(struct smtpd *c, const char *instance)
{
    char chain[1024], ec[1024], ca[1024];
    struct tls_conf_spec relay = {.chain_pem = chain, .chain_ec_pem = ec, .anchors_pem = ca};
    struct tls_conf_spec people = {.chain_pem = chain, .chain_ec_pem = ec};
    struct cms_anchors *anchors;
    struct err e;

    snprintf(chain, sizeof chain, "%s/tls/server.pem", instance);
    snprintf(ec, sizeof ec, "%s/tls/server-ec.pem", instance);
    snprintf(ca, sizeof ca, "%s/ca.pem", instance);
    if (tls_conf_new(&relay, &c->tls[KIND_SMTP], &e) != RC_OK ||
        tls_conf_new(&people, &c->tls[KIND_SUBMISSION], &e) != RC_OK)
        die("TLS cannot start: %s", e.log);
    c->tls[KIND_SUBMISSIONS] = c->tls[KIND_SUBMISSION];
    if (cms_anchors_load(ca, &anchors, &e) != RC_OK)
        die("trust anchors %s: %s", ca, e.log);
    c->letter.anchors = anchors;
}

static void load_limits(struct smtpd *c, const struct boot *b)
{
    c->letter.max_message = (uint64_t)boot_num(b, "smtpd.max_message", 50 * 1024 * 1024);
    c->max_recipients = (unsigned)boot_num(b, "smtpd.max_recipients", 1000);
    c->max_errors = (unsigned)boot_num(b, "smtpd.max_errors", 10);
    c->max_auth = 3;
    c->command_ms = boot_num(b, "smtpd.command_timeout", 300) * 1000;
    c->data_ms = boot_num(b, "smtpd.data_timeout", 600) * 1000;
    c->login_ms = boot_num(b, "smtpd.login_timeout", 60) * 1000;
    c->session_ms = 50 * 60 * 1000; /* shorter than a submission ticket lives */
    c->listener.max_sessions = (unsigned)boot_num(b, "smtpd.max_sessions", 1000);
    c->listener.max_per_address = (unsigned)boot_num(b, "smtpd.max_sessions_per_address", 200);
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
    load_limits(c, b);
    store_timeout((int)boot_num(b, "stored.timeout", 20) * 1000);
    load_tls(c, need(b, "instance"));
    take_sockets(c, b);
}
