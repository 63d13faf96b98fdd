/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/cmd/cert_import.c - pli cert import, remove: the certificates that listeners, slapd and the outbox show, and those of domains. A running server goes on: who
 * is connected stays, who comes next sees the new ones (pli/super/renew.c). */
#include "admin/domains.h"
#include "admin/trust.h"
#include "base/clock.h"
#include "base/wipe.h"
#include "crypto/pki/bundle.h"
#include "pli/certs.h"
#include "pli/cmds.h"
#include "pli/conf.h"
#include "pli/instance.h"
#include "pli/people.h"
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* ---- import ---- */

static int read_bundle(struct cmd *c, struct pki_bundle *b)
{
    int fd = openat(c->start_fd, c->pos[0], O_RDONLY | O_CLOEXEC);
    struct buf file = BUF_INIT;
    unsigned char piece[4096];
    char password[256] = "";
    struct err e;
    enum rc rc;
    ssize_t n;

    if (fd < 0)
        return cmd_sys(c, "%s cannot be read (%s)", c->pos[0], strerror(errno));
    buf_init_secret(&file);
    while (file.n <= PKI_BUNDLE_MAX && (n = read(fd, piece, sizeof piece)) > 0)
        buf_add(&file, piece, (size_t)n);
    close(fd);
    wipe(piece, sizeof piece);
    if (opt_get(c, "--password-stdin") && fgets(password, sizeof password, stdin))
        password[strcspn(password, "\r\n")] = 0;
    rc = pki_bundle_read(buf_span(&file), password[0] ? password : NULL, b, &e);
    wipe(password, sizeof password);
    buf_free(&file);
    return rc == RC_OK ? PLI_OK : cmd_why(c, PLI_FAILED, e.cause, "%s: %s", c->pos[0], e.log);
}

/* host: the domain, with --domain; of the outbox's it becomes the subject, for it needs no name of a host. */
static int check_and_put(struct cmd *c, const struct pki_bundle *b, char host[TRUST_DOMAIN_ROOM])
{
    struct cert_info info;
    struct err e;
    enum rc rc = opt_get(c, "--outbox")   ? certificate_import_outbox(c->root, b, &e)
                 : opt_get(c, "--domain") ? certificate_import_domain(c->root, b, host, &e)
                                          : certificate_import(c->root, b, host, opt_get(c, "--ldap") != NULL, &e);

    if (rc == RC_SYNTAX)
        return cmd_why(c, PLI_FAILED, e.cause, "%s: %s; nothing was changed", c->pos[0], e.log);
    if (rc == RC_OK && opt_get(c, "--outbox") && (rc = cert_info_der(buf_span(&b->cert_der), &info, &e)) == RC_OK)
        snprintf(host, TRUST_DOMAIN_ROOM, "%s", info.subject);
    return rc == RC_OK ? PLI_OK : cmd_err(c, &e);
}

/* In its one form; a running server must serve it. */
static int domain_option(struct cmd *c, char out[TRUST_DOMAIN_ROOM])
{
    const char *v = opt_get(c, "--domain");
    struct domain_entry d;
    struct err e;
    int answer = PLI_OK;

    if (!trust_domain_normal(span_str(v), out))
        return cmd_usage(c, "\"%.100s\" is not a mail domain", v);
    if (!inst_served(".", NULL))
        return PLI_OK;
    if (domain_get(inst_admin(c), span_str(out), &d, &e) != RC_OK)
        answer = cmd_err(c, &e);
    domain_entry_free(&d);
    return answer;
}

static int told(struct cmd *c, const struct pki_bundle *b, const char *host)
{
    const char *where = opt_get(c, "--ldap")     ? "the directory"
                        : opt_get(c, "--outbox") ? "the outbox"
                                                 : "the listeners",
               *domain = opt_get(c, "--domain");
    char until[32];
    bool running;
    int answer = certs_reload(c, opt_get(c, "--ldap") != NULL, &running);

    if (answer != PLI_OK)
        return answer;
    clock_iso(b->not_after * 1000, until);
    if (c->json)
        return out_json(json_pack("{s:s,s:s,s:s,s:i,s:b}", "host", host, "for", where, "not_after", until,
                                  "certificates", (int)b->certificates, "running", running));
    if (domain)
        printf("%s has a certificate of its own, good until %.10s (%u in the chain)%s\n", host, until, b->certificates,
               running ? "" : "; it is shown when pli serve runs");
    else
        printf("%s %s the new certificate of %s, good until %.10s (%u in the chain)%s\n", where,
               opt_get(c, "--ldap") || opt_get(c, "--outbox") ? "shows" : "show", host, until, b->certificates,
               running ? "" : " when pli serve runs");
    return PLI_OK;
}

int cmd_cert_import(struct cmd *c)
{
    struct pki_bundle b = {.certificates = 0};
    struct conf *conf = NULL;
    char host[TRUST_DOMAIN_ROOM];
    int answer = inst_conf(c, &conf);

    if (answer == PLI_OK &&
        (opt_get(c, "--domain") != NULL) + (opt_get(c, "--ldap") != NULL) + (opt_get(c, "--outbox") != NULL) > 1)
        answer = cmd_usage(c, "--domain or --ldap or --outbox: one of them");
    if (answer != PLI_OK)
        return answer;
    snprintf(host, sizeof host, "%s", conf_hostname(conf));
    conf_free(&conf);
    if (opt_get(c, "--domain"))
        answer = domain_option(c, host);
    if (answer == PLI_OK)
        answer = read_bundle(c, &b);
    if (answer == PLI_OK)
        answer = check_and_put(c, &b, host);
    if (answer == PLI_OK)
        answer = told(c, &b, host);
    pki_bundle_free(&b);
    return answer;
}

int cmd_cert_remove(struct cmd *c)
{
    const bool outbox = opt_get(c, "--outbox") != NULL;
    char domain[TRUST_DOMAIN_ROOM] = "";
    bool running;
    struct err e;
    int answer;

    if (outbox == (opt_get(c, "--domain") != NULL))
        return cmd_usage(c, "needs --domain DOMAIN or --outbox: whose certificate goes");
    if (!outbox && !trust_domain_normal(span_str(opt_get(c, "--domain")), domain))
        return cmd_usage(c, "\"%.100s\" is not a mail domain", opt_get(c, "--domain"));
    if ((outbox ? certificate_remove_outbox(c->root, &e) : certificate_remove_domain(c->root, domain, &e)) != RC_OK)
        return cmd_err(c, &e);
    answer = certs_reload(c, false, &running);
    if (answer != PLI_OK)
        return answer;
    if (c->json)
        return out_json(
            json_pack("{s:s?,s:s,s:b}", "domain", outbox ? NULL : domain, "done", "removed", "running", running));
    if (outbox)
        printf("the outbox has no certificate any more: it shows the national directory none\n");
    else
        printf("%s has no certificate of its own any more: the instance's is shown for it\n", domain);
    return PLI_OK;
}
