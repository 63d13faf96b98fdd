/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/cmd/trust.c - pli trust add, show, remove: which operator speaks for which domain, by the administrator's own entries (admin/trust.h) and by the
 * white list (admin/white_list.h). */
#include "admin/trust.h"
#include "pli/cmds.h"
#include "pli/instance.h"
#include "pli/people.h"
#include "pli/white_lists.h"
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

/* ---- the white list ---- */
static void show_entry(const struct index_entry *t, json_t *rows)
{
    char when[WHEN_TEXT];

    if (!rows) {
        printf("%-30.*s %.*s\n    %.*s; %.*s; support %.*s; updated %s\n", SPAN_ARG(t->domain), SPAN_ARG(t->dn),
               SPAN_ARG(t->description), SPAN_ARG(t->responsible), SPAN_ARG(t->support), when_text(t->updated, when));
        return;
    }
    json_array_append_new(rows, json_pack("{s:o,s:o,s:o,s:o,s:o,s:I,s:s}", "domain", json_text(t->domain), "dn",
                                          json_text(t->dn), "description", json_text(t->description), "responsible",
                                          json_text(t->responsible), "support", json_text(t->support), "updated",
                                          (json_int_t)t->updated, "from", "white list"));
}

static size_t show_listed(const struct trust_index *x, const char *domain, json_t *rows)
{
    struct index_entry t;
    size_t first, n;

    if (!x || !index_find(x, span_str(domain), &first, &n))
        return 0;
    for (size_t i = 0; i < n && index_entry(x, first + i, &t); i++)
        show_entry(&t, rows);
    return n;
}

static void show_state(const struct trustd_status_rep *s)
{
    char when[WHEN_TEXT];

    if (s->generation == 0) {
        printf("no white list: pli trust update FILE|URL, or trust.url in pli.conf\n");
        if (s->failures)
            printf("the last fetch failed: %.*s\n", SPAN_ARG(s->last_error));
        return;
    }
    printf("white list generated %s\n", when_text(s->generated, when));
    printf("seen to be the newest %s%s\n", when_text(s->taken, when),
           s->alarm == 2 ? ": TOO OLD, not relied on"
           : s->alarm    ? ": older than trust.alarm_age, or soon too old by its own date"
                         : "");
    if (s->good_until)
        printf("relied on until %s\n", when_text(s->good_until, when));
    printf("%llu domains, %llu entries, %llu operators; signed by %.*s\n", (unsigned long long)s->domains,
           (unsigned long long)s->entries, (unsigned long long)s->operators, SPAN_ARG(s->signer));
    if (s->next_fetch)
        printf("next fetch %s%s%.*s\n", when_text(s->next_fetch, when), s->failures ? "; last one failed: " : "",
               SPAN_ARG(s->last_error));
}

static json_t *json_state(const struct trustd_status_rep *s)
{
    return json_pack("{s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:i,s:i,s:o,s:o}", "generation", (json_int_t)s->generation,
                     "generated", (json_int_t)s->generated, "taken", (json_int_t)s->taken, "good_until",
                     (json_int_t)s->good_until, "domains", (json_int_t)s->domains, "entries", (json_int_t)s->entries,
                     "operators", (json_int_t)s->operators, "next_fetch", (json_int_t)s->next_fetch, "last_try",
                     (json_int_t)s->last_try, "failures", (int)s->failures, "alarm", (int)s->alarm, "signer",
                     json_text(s->signer), "last_error", json_text(s->last_error));
}

/* What both say of one domain. */
static int show_domain(struct cmd *c, const char *domain, json_t *rows)
{
    struct listing l = {.only = domain, .rows = rows};
    struct trust_index *x = NULL;
    struct trustd_index_rep in_use;
    struct err e;
    enum rc rc = trust_each(inst_admin(c), row, &l, &e);

    if (rc == RC_OK)
        rc = white_list_in_use(inst_admin(c), &in_use, &x, &e);
    if (rc == RC_OK)
        l.shown += show_listed(x, domain, rows);
    index_close(&x);
    if (rc != RC_OK)
        return cmd_err(c, &e);
    return l.shown > 0 ? PLI_OK : cmd_fail(c, "%s is not in the trust space: pli trust add %s --dn DN", domain, domain);
}

static int show_all(struct cmd *c)
{
    struct listing l = {.rows = c->json ? json_array() : NULL};
    struct trustd_status_rep st = {0};
    struct buf mem = BUF_INIT;
    struct err e;
    enum rc rc = trust_status(inst_admin(c)->trust, &st, &mem, &e);

    if (rc == RC_OK && !c->json)
        show_state(&st);
    if (rc == RC_OK)
        rc = trust_each(inst_admin(c), row, &l, &e);
    if (rc != RC_OK) {
        buf_free(&mem);
        json_decref(l.rows);
        return cmd_err(c, &e);
    }
    if (c->json)
        (void)out_json(json_pack("{s:o,s:o}", "white_list", json_state(&st), "entries", l.rows));
    buf_free(&mem);
    return PLI_OK;
}

int cmd_trust_show(struct cmd *c)
{
    char domain[TRUST_DOMAIN_ROOM];
    json_t *rows;
    int answer;

    if (!c->n_pos)
        return show_all(c);
    if ((answer = domain_of(c, domain)) != PLI_OK)
        return answer;
    rows = c->json ? json_array() : NULL;
    answer = show_domain(c, domain, rows);
    if (answer == PLI_OK && rows)
        return out_json(rows);
    json_decref(rows);
    return answer;
}
