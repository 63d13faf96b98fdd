/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/cmd/queue_stats.c - pli queue stats: how much waits, for which destinations, since when, and why. stored counts; one envelope a destination is
 * opened, for its name. */
#include "base/clock.h"
#include "pli/cmds.h"
#include "pli/instance.h"
#include "pli/people.h"
#include "pli/queue_rows.h"
#include "policies/causes.h"
#include <jansson.h>
#include <stdio.h>
#include <string.h>

struct totals {
    uint64_t entries, octets, oldest, by_state[UINT8_MAX + 1];
};
struct stats {
    struct totals all, here; /* here: the destination at hand */
    char domain[256];
    struct buf key; /* of the destination at hand, as stored has it */
    bool any;
    json_t *domains, *causes_here, *causes;
};

static const char *cause_word(uint16_t cause)
{
    return cause == 0 ? "none" : cause == QUEUE_CAUSE_REPLY ? "reply" : cause_name((enum cause)cause);
}

static void add(struct totals *t, const struct store_queue_sum *s)
{
    t->entries += s->entries;
    t->octets += s->octets;
    t->by_state[s->state] += s->entries;
    t->oldest = t->oldest == 0 || s->oldest < t->oldest ? s->oldest : t->oldest;
}

static void count_cause(json_t *causes, const struct store_queue_sum *s)
{
    const char *word = cause_word(s->cause);

    if (s->cause != 0)
        json_object_set_new(causes, word,
                            json_integer(json_integer_value(json_object_get(causes, word)) + (json_int_t)s->entries));
}

static json_t *totals_json(const struct totals *t)
{
    json_t *j = json_object(), *states = json_object();
    char when[32];

    for (uint8_t s = 1; s < UINT8_MAX; s++)
        if (queue_state_name(s)[0] != '?' && !queue_state_ends(s))
            json_object_set_new(states, queue_state_name(s), json_integer((json_int_t)t->by_state[s]));
    clock_iso((int64_t)t->oldest * 1000, when);
    json_object_set_new(j, "entries", json_integer((json_int_t)t->entries));
    json_object_set_new(j, "octets", json_integer((json_int_t)t->octets));
    json_object_set_new(j, "oldest", t->entries > 0 ? json_string(when) : json_null());
    json_object_set_new(j, "states", states);
    return j;
}

/* The sums of a destination come one behind the other: the next one's first ends it. */
static void end_domain(struct stats *s)
{
    json_t *j;

    if (!s->any)
        return;
    j = totals_json(&s->here);
    json_object_set_new(j, "domain", json_text(span_str(s->domain)));
    json_object_set_new(j, "causes", s->causes_here);
    json_array_append_new(s->domains, j);
    s->here = (struct totals){0};
}

static enum rc see(const struct store_queue_sum *sum, struct span domain, void *ctx, struct err *e)
{
    struct stats *s = ctx;

    (void)e;
    if (!s->any || !span_eq(buf_span(&s->key), sum->domain)) {
        end_domain(s);
        buf_clear(&s->key);
        buf_addspan(&s->key, sum->domain);
        snprintf(s->domain, sizeof s->domain, "%.*s", SPAN_ARG(domain));
        s->causes_here = json_object();
        s->any = true;
    }
    add(&s->all, sum);
    add(&s->here, sum);
    count_cause(s->causes, sum);
    count_cause(s->causes_here, sum);
    return RC_OK;
}

/* ---- for people ---- */
static void print_causes(json_t *causes, const char *before)
{
    const char *word;
    json_t *n;

    json_object_foreach(causes, word, n)
    {
        const struct cause_row *r = cause_row(cause_named(word));
        printf("%s%lld %s%s%s\n", before, (long long)json_integer_value(n), word, r && r->fr ? ": " : "",
               r && r->fr ? r->fr : "");
    }
}

static long long number(const json_t *j, const char *key)
{
    return (long long)json_integer_value(json_object_get(j, key));
}

static void print_domains(json_t *domains)
{
    json_t *d;
    size_t i;

    json_array_foreach(domains, i, d)
    {
        const char *name = json_string_value(json_object_get(d, "domain"));
        const json_t *states = json_object_get(d, "states");

        printf("%-40s %8lld waiting %6lld held %6lld dropped, since %.19s\n", name ? name : "(made under another key)",
               number(states, "waiting"), number(states, "held"), number(states, "dropped"),
               json_string_value(json_object_get(d, "oldest")));
        print_causes(json_object_get(d, "causes"), "        ");
    }
}

static void print_all(const struct stats *s)
{
    char size[32], age[24];

    if (s->all.entries == 0) {
        printf("the queue is empty\n");
        return;
    }
    printf("%llu recipients, %s, the oldest since %s: %llu waiting, %llu held, %llu dropped\n",
           (unsigned long long)s->all.entries, size_text(s->all.octets, size), queue_age(s->all.oldest, age),
           (unsigned long long)s->all.by_state[Q_WAITING], (unsigned long long)s->all.by_state[Q_HELD],
           (unsigned long long)s->all.by_state[Q_DROPPED]);
    print_domains(s->domains);
}

int cmd_queue_stats(struct cmd *c)
{
    struct stats s = {.domains = json_array(), .causes = json_object(), .key = BUF_INIT};
    struct err e;
    int answer = queue_count(inst_admin(c), see, &s, &e) == RC_OK ? PLI_OK : cmd_err(c, &e);

    end_domain(&s);
    buf_free(&s.key);
    if (answer == PLI_OK && c->json) {
        json_t *j = totals_json(&s.all);
        json_object_set_new(j, "causes", s.causes);
        json_object_set_new(j, "domains", s.domains);
        return out_json(j);
    }
    if (answer == PLI_OK)
        print_all(&s);
    json_decref(s.domains);
    json_decref(s.causes);
    return answer;
}
