/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/cmd/cert_list.c - pli cert list, expiring: the server's and the accounts' certificates, and the days they have left. */
#include "base/clock.h"
#include "pli/certs.h"
#include "pli/cmds.h"
#include "pli/instance.h"
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

struct listing {
    json_t *rows;   /* NULL: lines for people */
    int64_t within; /* days; INT64_MAX: all */
    unsigned n;
};

static enum rc row(const struct certificate_seen *s, void *ctx, struct err *e)
{
    struct listing *l = ctx;
    char until[32];

    (void)e;
    if (s->days_left > l->within)
        return RC_OK;
    l->n++;
    clock_iso(s->info.not_after * 1000, until);
    if (l->rows)
        json_array_append_new(l->rows,
                              json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:I}", "what", s->what, "address", s->name,
                                        "not_after", until, "subject", s->info.subject, "issuer", s->info.issuer,
                                        "serial", s->info.serial, "days_left", (json_int_t)s->days_left));
    else
        printf("%-36s until %.10s  %5lld days%s  %s\n", s->name, until, (long long)s->days_left,
               s->days_left < 0 ? " (past)" : "", s->info.subject);
    return RC_OK;
}

static int list(struct cmd *c, struct listing *l)
{
    struct err e;
    enum rc rc;

    l->rows = c->json ? json_array() : NULL;
    rc = certificates_of_server(c->root, row, l, &e);
    if (rc == RC_OK)
        rc = certificates_of_outbox(c->root, row, l, &e);
    if (rc == RC_OK)
        rc = certificates_of_domains(c->root, row, l, &e);
    if (rc == RC_OK)
        rc = certificates_of_accounts(inst_admin(c), row, l, &e);
    if (rc == RC_OK && c->json)
        return out_json(l->rows);
    json_decref(l->rows);
    return rc == RC_OK ? PLI_OK : cmd_err(c, &e);
}

int cmd_cert_list(struct cmd *c)
{
    struct listing l = {.within = INT64_MAX};

    return list(c, &l);
}

int cmd_cert_expiring(struct cmd *c)
{
    struct listing l = {.within = CERT_SOON_DAYS};
    int answer = cert_days(c, &l.within);

    if (answer == PLI_OK)
        answer = list(c, &l);
    if (answer == PLI_OK && l.n == 0 && !c->json)
        printf("no certificate ends within %lld days\n", (long long)l.within);
    return answer;
}

int cert_days(struct cmd *c, int64_t *days)
{
    const char *text = opt_get(c, "--days");
    char *end = NULL;
    long n = text ? strtol(text, &end, 10) : 0;

    if (text && (end == text || *end || n < 0 || n > 36500))
        return cmd_usage(c, "--days is a number of days, not \"%.40s\"", text);
    if (text)
        *days = n;
    return PLI_OK;
}
