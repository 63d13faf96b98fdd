/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/queue_change.c - see pli/queue_change.h. */
#include "pli/queue_change.h"
#include "pli/instance.h"
#include "pli/queue_filter.h"
#include "proto/smtp/path.h"
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

enum { DOMAINS_SHOWN = 5, DOMAIN_MOST = 256 };
struct picking {
    struct queue_pick *p;
    struct {
        char name[DOMAIN_MOST];
        size_t n;
    } domains[DOMAINS_SHOWN];
    size_t others;
    uint64_t last_qid;
};

/* ---- which ---- */
static void count_domain(struct picking *g, struct span address)
{
    size_t i = 0;

    address = smtp_domain_of(address);
    while (i < DOMAINS_SHOWN && g->domains[i].n > 0 && !span_ieq_str(address, g->domains[i].name))
        i++;
    if (i == DOMAINS_SHOWN) {
        g->others++;
        return;
    }
    if (g->domains[i].n++ == 0)
        snprintf(g->domains[i].name, DOMAIN_MOST, "%.*s", SPAN_ARG(address));
}

static enum rc take(const struct store_queue_item *it, const struct queued_envelope *env, void *ctx, struct err *e)
{
    struct picking *g = ctx;
    struct queue_pick *p = g->p;

    (void)e;
    if (p->n % 1024 == 0 && !(p->a = realloc(p->a, (p->n + 1024) * sizeof *p->a)))
        die("out of memory");
    p->a[p->n++] = (struct store_queue_item){.qid = it->qid, .rcpt = it->rcpt, .next_try = it->next_try};
    p->messages += it->qid != g->last_qid;
    g->last_qid = it->qid;
    p->oldest = p->oldest == 0 || it->received < p->oldest ? it->received : p->oldest;
    count_domain(g, env->recipient);
    return RC_OK;
}

static int take_all(struct cmd *c, struct queue_filter *f, enum queue_act act, struct picking *g)
{
    struct err e;

    f->states = f->states == 0 ? queue_act_states(act) : f->states & queue_act_states(act);
    if (f->states == 0) /* none can be: --state held and hold */
        return PLI_OK;
    return queue_each(inst_admin(c), f, take, g, &e) == RC_OK ? PLI_OK : cmd_err(c, &e);
}

static int take_numbers(struct cmd *c, const struct queue_filter *options, enum queue_act act, struct picking *g)
{
    int answer = PLI_OK;

    for (size_t i = 0; i < c->n_pos && answer == PLI_OK; i++) {
        struct queue_filter f = *options;
        size_t before = g->p->n;

        answer = queue_number(c, c->pos[i], &f);
        if (answer == PLI_OK)
            answer = take_all(c, &f, act, g);
        if (answer == PLI_OK && g->p->n == before)
            answer = cmd_fail(c, "%.40s: nothing of that number is in a state for this: pli queue show %.40s",
                              c->pos[i], c->pos[i]);
    }
    return answer;
}

static void name_domains(struct picking *g)
{
    struct buf *to = &g->p->to;

    for (size_t i = 0; i < DOMAINS_SHOWN && g->domains[i].n > 0; i++)
        buf_addf(to, "%s%s %zu", i > 0 ? ", " : "", g->domains[i].name, g->domains[i].n);
    if (g->others > 0)
        buf_addf(to, ", others %zu", g->others);
}

int queue_pick(struct cmd *c, enum queue_act act, struct queue_pick *out)
{
    struct picking g = {.p = out};
    struct queue_filter f;
    int answer = queue_filter_read(c, &f);

    *out = (struct queue_pick){.to = BUF_INIT};
    if (answer != PLI_OK)
        return answer;
    if (c->n_pos == 0 && !queue_filter_given(c) && !opt_get(c, "--all"))
        return cmd_usage(c, "say for which: NUMBER ..., options such as --domain, or --all");
    answer = c->n_pos > 0 ? take_numbers(c, &f, act, &g) : take_all(c, &f, act, &g);
    name_domains(&g);
    return answer;
}

void queue_pick_free(struct queue_pick *p)
{
    free(p->a);
    buf_free(&p->to);
    *p = (struct queue_pick){0};
}

/* ---- the act ---- */
int queue_change(struct cmd *c, const struct queue_pick *p, enum queue_act act, const char *done)
{
    size_t n = 0, missed = 0;
    enum rc rc = RC_OK;
    struct err e;

    for (size_t i = 0; i < p->n && rc == RC_OK; i++) {
        enum queue_done what;

        rc = queue_act(inst_admin(c), &p->a[i], act, &what, &e);
        n += rc == RC_OK && what == QUEUE_DONE;
        missed += rc == RC_OK && what == QUEUE_MISSED;
    }
    if (rc != RC_OK && n > 0 && !c->json)
        printf("%zu of %zu recipients %s before that:\n", n, p->n, done);
    if (rc != RC_OK)
        return cmd_err(c, &e);
    if (c->json)
        return out_json(
            json_pack("{s:s,s:I,s:I}", "done", done, "recipients", (json_int_t)n, "missed", (json_int_t)missed));
    printf("%zu recipient%s %s", n, n == 1 ? "" : "s", done);
    if (missed > 0)
        printf("; %zu ended or changed meanwhile", missed);
    putchar('\n');
    return PLI_OK;
}

int queue_pick_and_change(struct cmd *c, enum queue_act act, const char *done)
{
    struct queue_pick p;
    int answer = queue_pick(c, act, &p);

    if (answer == PLI_OK)
        answer = queue_change(c, &p, act, done);
    queue_pick_free(&p);
    return answer;
}
