/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/cmd/trust.c - pli trust add, show, remove: local entries of the trust space, which operator speaks for which domain (admin/trust.h). */
#include "admin/trust.h"
#include "pli/cmds.h"
#include "pli/instance.h"
#include "pli/people.h"
#include <jansson.h>
#include <stdio.h>
#include <string.h>

/* openssl writes "subject=" before the DN that it prints: whoever copies the whole line means what stands behind it. */
static struct span dn_given(const struct cmd *c)
{
    struct span dn = span_trim(span_str(opt_get(c, "--dn")));

    if (span_istarts(dn, "subject="))
        dn = span_trim(span_from(dn, sizeof "subject=" - 1));
    else if (span_istarts(dn, "subject ="))
        dn = span_trim(span_from(dn, sizeof "subject =" - 1));
    return dn;
}

static int domain_of(struct cmd *c, char out[TRUST_DOMAIN_ROOM])
{
    if (!trust_domain_normal(span_str(c->pos[0]), out))
        return cmd_usage(c, "\"%.100s\" is not a mail domain", c->pos[0]);
    return PLI_OK;
}

static int done(const struct cmd *c, const char *domain, const char *what)
{
    if (c->json)
        return out_json(json_pack("{s:s,s:s}", "domain", domain, "done", what));
    printf("trust entry of %s %s\n", domain, what);
    return PLI_OK;
}

int cmd_trust_add(struct cmd *c)
{
    char domain[TRUST_DOMAIN_ROOM];
    struct dird_trust_entry rq = {.dn = dn_given(c), .note = span_str(opt_get(c, "--note"))};
    struct err e;
    int answer = domain_of(c, domain);

    if (answer != PLI_OK)
        return answer;
    if (!trust_dn_like(rq.dn))
        return cmd_usage(c, "needs --dn DN, the subject of the operator's certificate: openssl x509 -noout -subject "
                            "-nameopt RFC2253 -in FILE");
    rq.domain = span_str(domain);
    if (trust_add(inst_admin(c), &rq, &e) != RC_OK)
        return cmd_err(c, &e);
    return done(c, domain, "added");
}

int cmd_trust_remove(struct cmd *c)
{
    char domain[TRUST_DOMAIN_ROOM];
    struct err e;
    enum rc rc;
    int answer = domain_of(c, domain);

    if (answer != PLI_OK)
        return answer;
    rc = trust_remove(inst_admin(c), span_str(domain), dn_given(c), &e);
    if (rc == RC_NOTFOUND)
        return cmd_fail(c, "no such trust entry: pli trust show lists them");
    return rc == RC_OK ? done(c, domain, "removed") : cmd_err(c, &e);
}

struct listing {
    const char *only; /* NULL: all domains */
    json_t *rows;     /* NULL: lines for people */
    size_t shown;
};

static enum rc row(const struct dird_trust_entry *t, void *ctx, struct err *e)
{
    struct listing *l = ctx;
    json_t *j;

    (void)e;
    if (l->only && !span_eq_str(t->domain, l->only))
        return RC_OK;
    l->shown++;
    if (!l->rows) {
        printf("%-30.*s %.*s\n", SPAN_ARG(t->domain), SPAN_ARG(t->dn));
        return RC_OK;
    }
    j = json_object();
    json_object_set_new(j, "domain", json_text(t->domain));
    json_object_set_new(j, "dn", json_text(t->dn));
    json_object_set_new(j, "note", json_text(t->note));
    json_array_append_new(l->rows, j);
    return RC_OK;
}

int cmd_trust_show(struct cmd *c)
{
    char domain[TRUST_DOMAIN_ROOM];
    struct listing l = {.only = c->n_pos ? domain : NULL};
    struct err e;
    int answer = c->n_pos ? domain_of(c, domain) : PLI_OK;

    if (answer != PLI_OK)
        return answer;
    l.rows = c->json ? json_array() : NULL;
    if (trust_each(inst_admin(c), row, &l, &e) != RC_OK)
        answer = cmd_err(c, &e);
    else if (l.only && l.shown == 0)
        answer = cmd_fail(c, "%s is not in the trust space: pli trust add %s --dn DN", domain, domain);
    if (answer == PLI_OK && c->json)
        return out_json(l.rows);
    json_decref(l.rows);
    return answer;
}
