/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/cmd/queue.c - pli queue list, show: messages that wait for recipients elsewhere (admin/queue.h), for people and programs. */
#include "admin/queue.h"
#include "base/clock.h"
#include "pli/cmds.h"
#include "pli/instance.h"
#include "pli/people.h"
#include <jansson.h>
#include <stdio.h>
#include <string.h>

struct listing {
    json_t *rows; /* NULL: lines for people */
    bool whole;
    size_t seen;
};

static json_t *item_json(const struct store_queue_item *it, const struct queued_envelope *env)
{
    char received[32], next[32];
    json_t *j;

    clock_iso((int64_t)it->received * 1000, received);
    clock_iso((int64_t)it->next_try * 1000, next);
    j = json_pack("{s:I,s:i,s:s,s:s,s:s,s:I,s:i}", "id", (json_int_t)it->qid, "rcpt", (int)it->rcpt, "state",
                  queue_state_name(it->state), "received", received, "next_try", next, "size", (json_int_t)it->size,
                  "attempts", (int)it->attempts);
    json_object_set_new(j, "sender", json_text(env->sender));
    json_object_set_new(j, "recipient", json_text(env->recipient));
    json_object_set_new(j, "mid", json_text(it->mid));
    json_object_set_new(j, "last_error", json_text(it->last_error));
    return j;
}

static void item_text(const struct store_queue_item *it, const struct queued_envelope *env, bool whole)
{
    char received[32], next[32];

    clock_iso((int64_t)it->received * 1000, received);
    clock_iso((int64_t)it->next_try * 1000, next);
    printf("%llu.%u  %-8s %9llu  %.16s  %.*s -> %.*s\n", (unsigned long long)it->qid, it->rcpt,
           queue_state_name(it->state), (unsigned long long)it->size, received, SPAN_ARG(env->sender),
           SPAN_ARG(env->recipient));
    if (whole)
        printf("    mid %.*s, %u attempts, next %s%s%.*s%s%.*s\n", SPAN_ARG(it->mid), it->attempts, next,
               env->envid.n ? ", envelope id " : "", SPAN_ARG(env->envid), it->last_error.n ? ", last error " : "",
               SPAN_ARG(it->last_error));
}

static enum rc row(const struct store_queue_item *it, const struct queued_envelope *env, void *ctx, struct err *e)
{
    struct listing *l = ctx;

    (void)e;
    l->seen++;
    if (l->rows)
        json_array_append_new(l->rows, item_json(it, env));
    else
        item_text(it, env, l->whole);
    return RC_OK;
}

/* only: one message's entries; 0: all. */
static int list(struct cmd *c, uint64_t only)
{
    struct listing l = {.rows = c->json ? json_array() : NULL, .whole = only != 0};
    struct err e;
    int answer = queue_each(inst_admin(c), only, row, &l, &e) == RC_OK ? PLI_OK : cmd_err(c, &e);

    if (answer == PLI_OK && only && l.seen == 0)
        answer = cmd_fail(c, "no message %llu in the queue", (unsigned long long)only);
    if (answer == PLI_OK && c->json)
        return out_json(l.rows);
    json_decref(l.rows);
    if (answer == PLI_OK && l.seen == 0)
        printf("the queue is empty\n");
    return answer;
}

int cmd_queue_list(struct cmd *c)
{
    return list(c, 0);
}

int cmd_queue_show(struct cmd *c)
{
    uint64_t qid;

    if (!span_u64(span_head(span_str(c->pos[0]), strcspn(c->pos[0], ".")), UINT64_MAX, &qid) || qid == 0)
        return cmd_usage(c, "\"%.40s\" is no queue number: pli queue list shows them", c->pos[0]);
    return list(c, qid);
}
