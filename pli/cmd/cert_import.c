/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/cmd/cert_import.c - pli cert import, renew: the certificates that listeners and slapd show, and the accounts' of the trial authority. A
 * running server goes on: who is connected stays, who comes next sees the new ones (pli/super/renew.c). */
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

static int check_and_put(struct cmd *c, const struct pki_bundle *b, const char *host)
{
    struct err e;

    if (pki_bundle_check(b, host, &e) != RC_OK)
        return cmd_why(c, PLI_FAILED, e.cause, "%s: %s; nothing was changed", c->pos[0], e.log);
    if (keyring_import(c->root, b, opt_get(c, "--ldap") != NULL, &e) != RC_OK)
        return cmd_err(c, &e);
    return PLI_OK;
}

static int told(struct cmd *c, const struct pki_bundle *b, const char *host)
{
    const char *where = opt_get(c, "--ldap") ? "the directory" : "the listeners";
    char until[32];
    bool running;
    int answer = certs_reload(c, opt_get(c, "--ldap") != NULL, &running);

    if (answer != PLI_OK)
        return answer;
    clock_iso(b->not_after * 1000, until);
    if (c->json)
        return out_json(json_pack("{s:s,s:s,s:s,s:i,s:b}", "host", host, "for", where, "not_after", until,
                                  "certificates", (int)b->certificates, "running", running));
    printf("%s %s the new certificate of %s, good until %.10s (%u in the chain)%s\n", where,
           opt_get(c, "--ldap") ? "shows" : "show", host, until, b->certificates,
           running ? "" : " when pli serve runs");
    return PLI_OK;
}

int cmd_cert_import(struct cmd *c)
{
    struct pki_bundle b = {.certificates = 0};
    struct conf *conf = NULL;
    char host[256];
    int answer = inst_conf(c, &conf);

    if (answer != PLI_OK)
        return answer;
    snprintf(host, sizeof host, "%s", conf_hostname(conf));
    conf_free(&conf);
    answer = read_bundle(c, &b);
    if (answer == PLI_OK)
        answer = check_and_put(c, &b, host);
    if (answer == PLI_OK)
        answer = told(c, &b, host);
    pki_bundle_free(&b);
    return answer;
}

/* ---- renew ---- */

struct renewal {
    int64_t within; /* days */
    char issuer[256];
    unsigned accounts, server;
    bool server_due, ldap /* slapd's certificate is the trial authority's: it is made anew with the listeners' */;
};

static int note_server(struct cmd *c, const struct cert_seen *s, void *ctx)
{
    struct renewal *r = ctx;

    (void)c;
    if (strcmp(s->name, "ca.pem") == 0)
        snprintf(r->issuer, sizeof r->issuer, "%s", s->info.subject);
    else if (strcmp(s->info.issuer, r->issuer) == 0) {
        r->server_due = r->server_due || s->days_left <= r->within;
        r->ldap = r->ldap || strcmp(s->name, "tls/slapd.pem") == 0;
    }
    return PLI_OK;
}

static int renew_account(struct cmd *c, const struct cert_seen *s, void *ctx)
{
    struct renewal *r = ctx;
    struct cert_info info;
    char address[256];
    int answer;

    if (strcmp(s->what, "account") != 0 || strcmp(s->info.issuer, r->issuer) != 0 || s->days_left > r->within)
        return PLI_OK;
    answer = cert_issue_account(c, s->name, CERT_AS_IT_WAS, address, &info);
    r->accounts += answer == PLI_OK;
    return answer;
}

static int renew_server(struct cmd *c, struct renewal *r)
{
    struct keyring_spec spec = {.dir = c->root};
    struct conf *conf = NULL;
    bool running;
    struct err e;
    int answer = inst_conf(c, &conf);

    if (answer != PLI_OK)
        return answer;
    spec.domain = conf_get(conf, "instance.domain");
    spec.host = conf_hostname(conf);
    answer = keyring_renew(&spec, &r->server, &e) == RC_OK ? PLI_OK : cmd_err(c, &e);
    conf_free(&conf);
    return answer == PLI_OK ? certs_reload(c, r->ldap, &running) : answer;
}

int cmd_cert_renew(struct cmd *c)
{
    bool server = opt_get(c, "--server") != NULL, accounts = opt_get(c, "--accounts") != NULL;
    struct renewal r = {.within = CERT_SOON_DAYS};
    int answer = cert_days(c, &r.within);

    if (answer == PLI_OK && opt_get(c, "--all") && opt_get(c, "--days"))
        return cmd_usage(c, "--all or --days N, not both");
    if (opt_get(c, "--all"))
        r.within = INT64_MAX;
    if (!server && !accounts)
        server = accounts = true;
    if (answer == PLI_OK && accounts && !inst_served(".", NULL))
        return cmd_fail(
            c, "accounts' certificates are renewed by the running server: start pli serve, or ask with --server alone");
    if (answer == PLI_OK)
        answer = certs_each(c, false, note_server, &r);
    if (answer == PLI_OK && accounts)
        answer = certs_each(c, true, renew_account, &r);
    if (answer == PLI_OK && server && r.server_due) /* last: the directory starts again, and accounts are kept in it */
        answer = renew_server(c, &r);
    if (answer != PLI_OK)
        return answer;
    if (c->json)
        return out_json(json_pack("{s:i,s:i}", "server", (int)r.server, "accounts", (int)r.accounts));
    if (r.server + r.accounts == 0)
        printf("nothing to renew: no certificate of the trial authority %s (another authority's: pli cert import)\n",
               opt_get(c, "--all") ? "is there" : "ends so soon (--days N, --all)");
    else
        printf("renewed: %u of the server, %u of accounts\n", r.server, r.accounts);
    return PLI_OK;
}
