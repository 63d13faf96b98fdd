/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/cmd/queue.c - pli queue list, show: messages that wait for recipients elsewhere (admin/queue.h), for people and programs. */
#include "pli/cmds.h"
#include "pli/instance.h"
#include "pli/queue_rows.h"
#include <jansson.h>
#include <stdio.h>
#include <string.h>

struct listing {
    json_t *rows; /* NULL: lines for people */
    bool whole;
    size_t seen;
};

static enum rc row(const struct store_queue_item *it, const struct queued_envelope *env, void *ctx, struct err *e)
{
    struct listing *l = ctx;

    (void)e;
    l->seen++;
    if (l->rows)
        json_array_append_new(l->rows, queue_item_json(it, env));
    else
        queue_item_print(it, env);
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
