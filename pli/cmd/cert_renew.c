/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/cmd/cert_renew.c - pli cert renew: what the trial authority issued is made anew. A running server goes on, as after pli cert import. */
#include "admin/trust.h"
#include "pli/certs.h"
#include "pli/cmds.h"
#include "pli/conf.h"
#include "pli/instance.h"
#include <jansson.h>
#include <stdio.h>

/* ---- which, and how soon ---- */
static int read_domain(struct cmd *c, struct renewal *r, char domain[TRUST_DOMAIN_ROOM])
{
    const char *v = opt_get(c, "--domain");

    if (!v)
        return PLI_OK;
    if (!trust_domain_normal(span_str(v), domain))
        return cmd_usage(c, "\"%.100s\" is not a mail domain", v);
    if (r->domains)
        return cmd_usage(c, "--domain DOMAIN or --domains: one of them");
    r->domains = true;
    r->of_domain = domain;
    return PLI_OK;
}

static int read_which(struct cmd *c, struct renewal *r, char domain[TRUST_DOMAIN_ROOM])
{
    int answer;

    r->server = opt_get(c, "--server") != NULL;
    r->accounts = opt_get(c, "--accounts") != NULL;
    r->domains = opt_get(c, "--domains") != NULL;
    r->outbox = opt_get(c, "--outbox") != NULL;
    answer = read_domain(c, r, domain);
    if (!r->server && !r->accounts && !r->domains && !r->outbox)
        r->server = r->accounts = r->domains = r->outbox = true;
    return answer;
}

/* Accounts' are for the running server alone. */
static int read_wish(struct cmd *c, struct renewal *r, char domain[TRUST_DOMAIN_ROOM])
{
    int answer = cert_days(c, &r->within);

    if (answer == PLI_OK && opt_get(c, "--all") && opt_get(c, "--days"))
        return cmd_usage(c, "--all or --days N, not both");
    if (opt_get(c, "--all"))
        r->within = INT64_MAX;
    if (answer == PLI_OK)
        answer = read_which(c, r, domain);
    if (answer == PLI_OK && r->accounts && !inst_served(".", NULL))
        return cmd_fail(
            c, "accounts' certificates are renewed by the running server: start pli serve, or ask with --server alone");
    return answer;
}

/* ---- done ---- */
/* What was made is shown, after a failure too. */
static int renew(struct cmd *c, struct renewal *r, struct renewed *out)
{
    struct conf *conf = NULL;
    bool running;
    struct err e;
    int answer = r->server ? inst_conf(c, &conf) : PLI_OK, told = PLI_OK;

    if (answer != PLI_OK)
        return answer;
    r->root = c->root;
    r->domain = conf ? conf_get(conf, "instance.domain") : NULL;
    r->host = conf ? conf_hostname(conf) : NULL;
    answer = certificates_renew(inst_admin(c), r, out, &e) == RC_OK ? PLI_OK : cmd_err(c, &e);
    conf_free(&conf);
    if (out->listeners)
        told = certs_reload(c, out->directory, &running);
    return answer == PLI_OK ? told : answer;
}

static void say(struct cmd *c, const struct renewed *made)
{
    if (made->server + made->accounts + made->domains + made->outbox == 0) {
        printf("nothing to renew: no certificate of the trial authority %s (another authority's: pli cert import)\n",
               opt_get(c, "--all") ? "is there" : "ends so soon (--days N, --all)");
        return;
    }
    printf("renewed: %u of the server, %u of accounts", made->server, made->accounts);
    if (made->domains > 0)
        printf(", %u of domains", made->domains);
    printf("%s\n", made->outbox > 0 ? ", that of the outbox" : "");
}

int cmd_cert_renew(struct cmd *c)
{
    struct renewal r = {.within = CERT_SOON_DAYS};
    struct renewed made = {.server = 0};
    char domain[TRUST_DOMAIN_ROOM];
    int answer = read_wish(c, &r, domain);

    if (answer == PLI_OK)
        answer = renew(c, &r, &made);
    if (answer != PLI_OK)
        return answer;
    if (c->json)
        return out_json(json_pack("{s:i,s:i,s:i,s:i}", "server", (int)made.server, "accounts", (int)made.accounts,
                                  "domains", (int)made.domains, "publication", (int)made.outbox));
    say(c, &made);
    return PLI_OK;
}
