/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/cmd/trust.c - pli trust add, show, remove: local entries of the trust space, which operator speaks for which domain. */
#include "base/ascii.h"
#include "pli/cmds.h"
#include "pli/instance.h"
#include "pli/people.h"
#include "policies/identifiers.h"
#include <jansson.h>
#include <stdio.h>
#include <string.h>

/* A DN as RFC 4514 writes it: attribute=value, at least one. What it names is compared by policies/trust.h. */
static bool dn_like(struct span dn)
{
    ptrdiff_t eq = span_chr(dn, '=');

    return eq > 0 && (size_t)eq + 1 < dn.n;
}

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

static int domain_of(struct cmd *c, char out[256])
{
    size_t n = strlen(c->pos[0]);

    if (n > 253 || !mail_domain_ok(span_str(c->pos[0])))
        return cmd_usage(c, "\"%.100s\" is not a mail domain", c->pos[0]);
    ascii_lower_all(span_of(c->pos[0], n + 1), out); /* with its NUL */
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
    char domain[256];
    struct dird_trust_entry rq = {.dn = dn_given(c), .note = span_str(opt_get(c, "--note"))};
    struct err e;
    int answer = domain_of(c, domain);

    if (answer != PLI_OK)
        return answer;
    if (!dn_like(rq.dn))
        return cmd_usage(c, "needs --dn DN, the subject of the operator's certificate: openssl x509 -noout -subject "
                            "-nameopt RFC2253 -in FILE");
    rq.domain = span_str(domain);
    if (dir_call(inst_dir(c), DIRD_TRUST_ADD, &rq, NULL, &e) != RC_OK)
        return cmd_err(c, &e);
    return done(c, domain, "added");
}

int cmd_trust_remove(struct cmd *c)
{
    char domain[256];
    struct dird_trust_entry rq = {.dn = dn_given(c)};
    struct err e;
    int answer = domain_of(c, domain);

    if (answer != PLI_OK)
        return answer;
    rq.domain = span_str(domain);
    if (dir_call(inst_dir(c), DIRD_TRUST_REMOVE, &rq, NULL, &e) != RC_OK)
        return e.rc == RC_NOTFOUND ? cmd_fail(c, "no such trust entry: pli trust show lists them") : cmd_err(c, &e);
    return done(c, domain, "removed");
}

static void entry(const struct cmd *c, const struct dird_trust_entry *t, json_t *rows)
{
    json_t *j;

    if (!c->json) {
        printf("%-30.*s %.*s\n", SPAN_ARG(t->domain), SPAN_ARG(t->dn));
        return;
    }
    j = json_object();
    json_object_set_new(j, "domain", json_text(t->domain));
    json_object_set_new(j, "dn", json_text(t->dn));
    json_object_set_new(j, "note", json_text(t->note));
    json_array_append_new(rows, j);
}

static int walk(struct cmd *c, const char *only, json_t *rows, size_t *shown)
{
    char after[256] = "";
    struct dird_trust_list_req rq;
    struct dird_list_rep rep = {.more = 1};
    struct dird_trust_entry t = {0};
    struct buf page = BUF_INIT;
    struct err e;
    int answer = PLI_OK;

    while (answer == PLI_OK && rep.more) {
        rq.after = span_str(after);
        rep = (struct dird_list_rep){0};
        t = (struct dird_trust_entry){0};
        if (dir_call_in(inst_dir(c), DIRD_TRUST_LIST, &rq, &rep, &page, &e) != RC_OK)
            answer = cmd_err(c, &e);
        for (struct span rest = rep.list; ipc_list_next(&rest, dird_trust_entry_f, &t, &e) == RC_OK;)
            if (!only || span_eq_str(t.domain, only)) {
                entry(c, &t, rows);
                (*shown)++;
            }
        if (rep.more && (t.domain.n == 0 || t.domain.n >= sizeof after))
            answer = cmd_fail(c, "the directory's answer is not understood");
        snprintf(after, sizeof after, "%.*s", SPAN_ARG(t.domain));
    }
    buf_free(&page);
    return answer;
}

int cmd_trust_show(struct cmd *c)
{
    char domain[256];
    json_t *rows = json_array();
    size_t shown = 0;
    int answer = c->n_pos ? domain_of(c, domain) : PLI_OK;

    if (answer == PLI_OK)
        answer = walk(c, c->n_pos ? domain : NULL, rows, &shown);
    if (answer == PLI_OK && c->n_pos && shown == 0)
        answer = cmd_fail(c, "%s is not in the trust space: pli trust add %s --dn DN", domain, domain);
    if (answer == PLI_OK && c->json)
        return out_json(rows);
    json_decref(rows);
    return answer;
}
