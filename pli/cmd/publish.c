/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/cmd/publish.c - pli publish status, list, diff, show: what the national directory was told, and what it is to be told. */
#include "pli/cmds.h"
#include "pli/instance.h"
#include "pli/people.h"
#include "pli/publishing.h"
#include "pli/white_lists.h"
#include <stdio.h>

enum { SHOWN = 200 }; /* octets of a report in a list */

int cmd_publish_status(struct cmd *c)
{
    struct pubd_status_rep s = {0};
    struct buf mem = BUF_INIT;
    struct err e;
    int answer = publishing(c);

    if (answer == PLI_OK && publish_status(inst_admin(c), &s, &mem, &e) != RC_OK)
        answer = cmd_err(c, &e);
    else if (answer == PLI_OK && c->json)
        answer = out_json(publish_status_json(&s));
    else if (answer == PLI_OK)
        publish_status_lines(&s);
    buf_free(&mem);
    return answer;
}

/* ---- list, diff ---- */
static struct span begin_of(struct span report)
{
    size_t n = report.n < SHOWN ? report.n : SHOWN;

    while (n < report.n && n > 0 && (report.p[n] & 0xC0) == 0x80) /* not through a character */
        n--;
    return span_head(report, n);
}

static void add_line(const struct pub_row *r)
{
    char when[WHEN_TEXT];

    printf("%-17s %.*s", publish_word(r->kind, r->state, r->held), SPAN_ARG(r->address));
    if (r->attempts)
        printf(", tried %u times", r->attempts);
    if (r->state == PS_TRYING && r->next)
        printf(", again %s", when_text(r->next, when));
    printf("\n");
    if (r->report.n > 0 && r->state != PS_DONE && r->state != PS_PENDING)
        publish_report("                  ", begin_of(r->report));
}

static enum rc list_row(const struct pub_row *r, void *ctx, struct err *e)
{
    (void)e;
    if (ctx)
        json_array_append_new(ctx, publish_row_json(r));
    else
        add_line(r);
    return RC_OK;
}

static enum rc diff_row(const struct pub_row *r, void *ctx, struct err *e)
{
    (void)e;
    if (ctx)
        json_array_append_new(
            ctx, json_pack("{s:o,s:s}", "address", json_text(r->address), "event", publish_kind_word(r->kind)));
    else
        printf("%-9s %.*s\n", publish_kind_word(r->kind), SPAN_ARG(r->address));
    return RC_OK;
}

static int listed(struct cmd *c, json_t *rows, enum rc rc, const struct err *e)
{
    if (rc == RC_OK)
        return rows ? out_json(rows) : PLI_OK;
    json_decref(rows);
    return cmd_err(c, e);
}

int cmd_publish_list(struct cmd *c)
{
    enum pub_which which = opt_get(c, "--all") ? PW_ALL : opt_get(c, "--refused") ? PW_REFUSED : PW_OPEN;
    json_t *rows = NULL;
    struct err e;
    int answer = publishing(c);

    if (answer != PLI_OK)
        return answer;
    rows = c->json ? json_array() : NULL;
    return listed(c, rows, publish_each(inst_admin(c), which, list_row, rows, &e), &e);
}

int cmd_publish_diff(struct cmd *c)
{
    json_t *rows = NULL;
    struct err e;
    int answer = publishing(c);

    if (answer != PLI_OK)
        return answer;
    rows = c->json ? json_array() : NULL;
    return listed(c, rows, publish_diff(inst_admin(c), diff_row, rows, &e), &e);
}

/* ---- show ---- */
static json_t *facts_json(const struct pub_facts *f)
{
    static const char *const types[] = {[PT_PER] = "per", [PT_ORG] = "org", [PT_APP] = "app", [PT_CAB] = "cab"};

    return json_pack("{s:s,s:b,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:i,s:o}", "type",
                     f->type <= PT_CAB && types[f->type] ? types[f->type] : "?", "red_list", f->red_list, "rpps",
                     json_text(pub_rpps(f)), "adeli", json_text(pub_adeli(f)), "structure", json_text(f->structure),
                     "description", json_text(f->description), "service", json_text(f->service), "responsible",
                     json_text(f->responsible), "telephone", json_text(f->telephone), "rank", (int)f->rank, "paperless",
                     said_json(f->paperless));
}

static json_t *shown_json(const struct publish_shown *s)
{
    json_t *j = publish_row_json(&s->row);
    json_t *body = json_loadb((const char *)s->body.p, s->body.n, 0, NULL);

    json_object_set_new(j, "published", s->published ? facts_json(&s->is) : json_null());
    json_object_set_new(j, "wanted", s->wanted ? facts_json(&s->to) : json_null());
    json_object_set_new(j, "resource", json_text(s->resource));
    json_object_set_new(j, "query", json_text(s->query));
    json_object_set_new(j, "body", body ? body : json_null());
    return j;
}

static void facts_line(const char *what, bool there, const struct pub_facts *f)
{
    if (!there) {
        printf("%-13s nothing\n", what);
        return;
    }
    printf("%-13s %s%.*s%.*s%s\n", what,
           pub_rpps(f).n > 0 ? "RPPS "
           : f->person.n > 0 ? "ADELI "
                             : "structure ",
           SPAN_ARG(f->person), SPAN_ARG(f->structure), f->red_list ? ", red list" : "");
    if (f->description.n > 0)
        printf("              description %.*s\n", SPAN_ARG(f->description));
    if (f->service.n > 0)
        printf("              service %.*s\n", SPAN_ARG(f->service));
    if (f->responsible.n > 0)
        printf("              responsible %.*s\n", SPAN_ARG(f->responsible));
    if (f->telephone.n > 0)
        printf("              telephone %.*s\n", SPAN_ARG(f->telephone));
    if (f->rank > 0)
        printf("              rank %u\n", (unsigned)f->rank);
    if (f->paperless != SAID_NOTHING)
        printf("              paperless %s\n", said_word(f->paperless));
}

static void shown_lines(const struct publish_shown *s)
{
    char when[WHEN_TEXT];

    printf("%.*s: %s\n", SPAN_ARG(s->row.address), publish_word(s->row.kind, s->row.state, s->row.held));
    facts_line("published", s->published, &s->is);
    facts_line("to be", s->wanted, &s->to);
    if (s->row.done)
        printf("last taken    %s\n", when_text(s->row.done, when));
    if (s->row.attempts)
        printf("tried         %u times, key %.*s\n", s->row.attempts, SPAN_ARG(s->row.key));
    if (s->row.report.n > 0)
        publish_report("report        ", s->row.report);
    if (s->body.n > 0)
        printf("request       PATCH %.*s?%.*s\n%.*s\n", SPAN_ARG(s->resource), SPAN_ARG(s->query), SPAN_ARG(s->body));
}

int cmd_publish_show(struct cmd *c)
{
    struct publish_shown s;
    struct buf mem = BUF_INIT;
    struct err e;
    int answer = publishing(c);

    if (answer == PLI_OK && publish_show(inst_admin(c), span_str(c->pos[0]), &s, &mem, &e) != RC_OK)
        answer = cmd_err(c, &e);
    else if (answer == PLI_OK && c->json)
        answer = out_json(shown_json(&s));
    else if (answer == PLI_OK)
        shown_lines(&s);
    buf_free(&mem);
    return answer;
}
