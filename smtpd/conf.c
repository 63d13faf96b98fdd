/* SPDX-License-Identifier: EUPL-1.2 */
/* smtpd/conf.c - makes struct smtpd from the settings. The listener reads and loads all of it once, before its sandbox.
 * See smtpd/conf.h. */
#include "smtpd/conf.h"
#include "base/service.h"
#include "base/service_listen.h"
#include "base/wipe.h"
#include "crypto/seal/digest.h"
#include "flow/logged.h"
#include <stdio.h>
#include <stdlib.h>

static const char *need(const struct boot *b, const char *name)
{
    const char *v = boot_get(b, name);

    if (!v[0])
        die("setting %s is missing", name);
    return v;
}

static const char *instance_of(const struct boot *b)
{
    const char *instance = boot_given(b, "instance");

    if (!instance)
        die("the boot list names no instance");
    return instance;
}

/* The path of the PEM file of anchors that the setting names. A name that is not an absolute path is taken below the
 * instance's folder. Without a name it is ca.pem. */
static void anchors_path(const struct boot *b, const char *setting, char out[1024])
{
    const char *set = boot_get(b, setting);

    if (snprintf(out, 1024, "%s%s%s", set[0] == '/' ? "" : instance_of(b), set[0] == '/' ? "" : "/",
                 set[0] ? set : "ca.pem") >= 1024)
        die("%s is too long a name", setting);
}

/* Who may bring mail, and whose signature is believed, are two questions with two lists of authorities. */
static void load_tls(struct smtpd *c, const struct boot *b)
{
    const char *instance = instance_of(b);
    char peers[1024], mails[1024];
    struct tls_rules rules = {(enum tls_usage)boot_num(b, "smtpd.peer_usage"), boot_get(b, "smtpd.peer_policies")};
    struct tls_conf_spec relay = {.anchors_pem = peers,
                                  .client = rules,
                                  .old_ciphers = boot_num(b, "smtpd.old_ciphers") != 0},
                         people = {.anchors_pem = NULL};
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
    c->letter.revocation = (enum letter_revocation)boot_num(b, "trust.mail_revocation");
    c->revocation = (enum smtp_revocation)boot_num(b, "trust.revocation");
}

/* A unit of its own may have no log.key: patients' addresses stay hidden in the log and cannot be searched, and a
 * submission that comes again is known until the listener starts anew. */
static void load_log_key(struct smtpd *c, const struct boot *b)
{
    unsigned char key[LOGGED_KEY];

    random_bytes(key, sizeof key);
    if (boot_fd(b, "log.key") >= 0) {
        boot_secret(b, "log.key", key, sizeof key);
        logged_key(key);
    }
    hmac_of(span_of(key, sizeof key), SPAN_LIT("pli submission 1"), c->letter.once_key);
    wipe(key, sizeof key);
}

static void load_limits(struct smtpd *c, const struct boot *b)
{
    c->letter.max_message = (uint64_t)boot_num(b, "smtpd.max_message");
    c->letter.once_s = (uint32_t)boot_num(b, "smtpd.duplicate_window");
    c->letter.from = (enum letter_from)boot_num(b, "smtpd.from_domain");
    c->letter.citizens = boot_get(b, "smtpd.citizen_domain");
    c->letter.citizen_max = (uint64_t)boot_num(b, "smtpd.citizen_max");
    c->citizen_check = (enum citizen_check)boot_num(b, "smtpd.citizen_check");
    logged_patients(c->letter.citizens);
    c->max_recipients = (unsigned)boot_num(b, "smtpd.max_recipients");
    c->max_unknown = (unsigned)boot_num(b, "smtpd.max_unknown");
    c->max_errors = (unsigned)boot_num(b, "smtpd.max_errors");
    c->max_auth = 3;
    c->command_ms = boot_num(b, "smtpd.command_timeout") * 1000;
    c->data_ms = boot_num(b, "smtpd.data_timeout") * 1000;
    c->login_ms = boot_num(b, "smtpd.login_timeout") * 1000;
    c->session_ms = 50 * 60 * 1000; /* shorter than a submission ticket lives */
    service_limits(&c->listener, b, "smtpd");
    c->listener.dialler.rates =
        (struct dialler_rates){.account_messages = (unsigned)boot_num(b, "smtpd.max_messages_per_account_hour"),
                               .account_recipients = (unsigned)boot_num(b, "smtpd.max_recipients_per_account_hour"),
                               .address_messages = (unsigned)boot_num(b, "smtpd.max_messages_per_address_hour"),
                               .address_recipients = (unsigned)boot_num(b, "smtpd.max_recipients_per_address_hour")};
    store_timeout((int)boot_num(b, "stored.timeout") * 1000);
}

static void take_sockets(struct smtpd *c, const struct boot *b)
{
    static const char *const names[] = {[KIND_SMTP] = "listen.smtp",
                                        [KIND_SUBMISSION] = "listen.submission",
                                        [KIND_SUBMISSIONS] = "listen.submissions",
                                        NULL};
    size_t which[LISTENER_FDS];

    service_sockets(&c->listener, b, names, which);
    for (size_t i = 0; i < c->listener.n_fds; i++)
        c->kind[i] = (enum smtp_kind)which[i];
}

void smtpd_conf_load(struct smtpd *c, const struct boot *b)
{
    c->host = service_host(b);
    c->domain = need(b, "instance.domain");
    c->letter.host = c->host;
    c->letter.domain = c->domain;
    load_log_key(c, b);
    load_limits(c, b);
    load_tls(c, b);
    take_sockets(c, b);
}
