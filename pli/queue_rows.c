/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/queue_rows.c - see pli/queue_rows.h. */
#include "pli/queue_rows.h"
#include "base/clock.h"
#include "pli/people.h"
#include "policies/causes.h"
#include "proto/smtp/path.h"
#include <jansson.h>
#include <stdio.h>

const char *queue_age(uint64_t since, char out[24])
{
    static const struct {
        int64_t least, unit;
        char letter;
    } units[] = {{2 * 86400, 86400, 'd'}, {7200, 3600, 'h'}, {120, 60, 'm'}, {0, 1, 's'}};
    int64_t s = clock_utc() - (int64_t)since;
    size_t i = 0;

    s = s < 0 ? 0 : s;
    while (s < units[i].least)
        i++;
    snprintf(out, 24, "%lld%c", (long long)(s / units[i].unit), units[i].letter);
    return out;
}

const char *queue_why(const struct store_queue_item *it, char out[QUEUE_WHY])
{
    struct store_queue_error q;
    const struct cause_row *r;
    int n = 0;

    out[0] = 0;
    if (!store_queue_error_read(it->last_error, &q))
        return out;
    r = cause_row((enum cause)q.cause);
    if (q.cause != CAUSE_NONE)
        n = snprintf(out, QUEUE_WHY, "%s (%s)", r && r->fr ? r->fr : "", cause_name((enum cause)q.cause));
    if (q.code > 0)
        n += snprintf(out + n, QUEUE_WHY - (size_t)n, "%sréponse %u", n > 0 ? ", " : "", q.code);
    if (q.esc.n > 0)
        snprintf(out + n, QUEUE_WHY - (size_t)n, "%s%.*s", n > 0 ? " " : "", SPAN_ARG(q.esc));
    return out;
}

static void add_error(json_t *j, const struct store_queue_item *it)
{
    struct store_queue_error q;
    char why[QUEUE_WHY];

    if (!store_queue_error_read(it->last_error, &q)) {
        json_object_set_new(j, "last_error", json_null());
        return;
    }
    json_object_set_new(j, "last_error",
                        json_pack("{s:s,s:i,s:o,s:o}", "cause", cause_name((enum cause)q.cause), "code", (int)q.code,
                                  "esc", json_text(q.esc), "text", json_text(span_str(queue_why(it, why)))));
}

json_t *queue_item_json(const struct store_queue_item *it, const struct queued_envelope *env)
{
    char received[32], next[32];
    int64_t age = clock_utc() - (int64_t)it->received;
    json_t *j;

    clock_iso((int64_t)it->received * 1000, received);
    clock_iso((int64_t)it->next_try * 1000, next);
    j = json_pack("{s:I,s:i,s:s,s:s,s:I,s:s,s:I,s:i}", "id", (json_int_t)it->qid, "rcpt", (int)it->rcpt, "state",
                  queue_state_name(it->state), "received", received, "age", (json_int_t)(age < 0 ? 0 : age), "next_try",
                  next, "size", (json_int_t)it->size, "attempts", (int)it->attempts);
    json_object_set_new(j, "sender", json_text(env->sender));
    json_object_set_new(j, "recipient", json_text(env->recipient));
    json_object_set_new(j, "domain", json_text(smtp_domain_of(env->recipient)));
    json_object_set_new(j, "mid", json_text(it->mid));
    add_error(j, it);
    return j;
}

void queue_item_print(const struct store_queue_item *it, const struct queued_envelope *env)
{
    char age[24], next[32], why[QUEUE_WHY];

    clock_iso((int64_t)it->next_try * 1000, next);
    printf("%llu.%u  %-8s %4s  %9llu  %.*s -> %.*s\n", (unsigned long long)it->qid, it->rcpt,
           queue_state_name(it->state), queue_age(it->received, age), (unsigned long long)it->size,
           SPAN_ARG(env->sender.n ? env->sender : SPAN_LIT("<>")), SPAN_ARG(env->recipient));
    if (it->attempts > 0 || it->last_error.n > 0)
        printf("    %u attempts, next %.19sZ%s%s\n", it->attempts, next, it->last_error.n ? ": " : "",
               queue_why(it, why));
}
