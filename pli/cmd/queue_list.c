/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/cmd/queue_list.c - pli queue list: messages that wait for recipients elsewhere, one recipient a line, the oldest first. */
#include "pli/cmds.h"
#include "pli/instance.h"
#include "pli/queue_filter.h"
#include "pli/queue_rows.h"
#include <jansson.h>
#include <stdio.h>

struct listing {
    json_t *rows; /* NULL: lines for people */
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

/* What lies on a page that cannot be read is not in the list, and whoever reads the list must know. */
static void note_damage(struct cmd *c)
{
    static const char *const tables[] = {"queue.db", "due.db"};
    struct store_damage_rep d = {0};
    struct buf mem = BUF_INIT;
    struct err e;

    if (store_call_in(inst_store(c), STORE_DAMAGE, NULL, -1, &d, &mem, &e) == RC_OK)
        for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
            if (span_find(d.list, span_str(tables[i])) >= 0)
                fprintf(stderr, "pages of %s cannot be read: recipients may be missing here; see pli doctor\n",
                        tables[i]);
    buf_free(&mem);
}

int cmd_queue_list(struct cmd *c)
{
    struct listing l = {0};
    struct queue_filter f;
    struct err e;
    int answer = queue_filter_read(c, &f);

    if (answer != PLI_OK)
        return answer;
    l.rows = c->json ? json_array() : NULL;
    if (queue_each(inst_admin(c), &f, row, &l, &e) != RC_OK)
        answer = cmd_err(c, &e);
    if (answer == PLI_OK)
        note_damage(c);
    if (answer == PLI_OK && c->json)
        return out_json(l.rows);
    json_decref(l.rows);
    if (answer == PLI_OK && l.seen == 0)
        printf("%s\n", queue_filter_given(c) ? "nothing of that kind waits" : "the queue is empty");
    return answer;
}
