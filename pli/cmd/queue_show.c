/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/cmd/queue_show.c - pli queue show NUMBER: one message of the queue, recipient by recipient, with all that its envelope says. */
#include "base/clock.h"
#include "pli/cmds.h"
#include "pli/instance.h"
#include "pli/people.h"
#include "pli/queue_filter.h"
#include "pli/queue_rows.h"
#include "proto/smtp/param.h"
#include <jansson.h>
#include <stdio.h>

struct showing {
    json_t *rows; /* NULL: lines for people */
    size_t seen;
};

static const struct {
    uint16_t bit;
    const char *name;
} notifies[] = {
    {NOTIFY_NEVER, "NEVER"}, {NOTIFY_SUCCESS, "SUCCESS"}, {NOTIFY_FAILURE, "FAILURE"}, {NOTIFY_DELAY, "DELAY"}};
static const struct {
    uint8_t bit;
    const char *name;
} asked[] = {{QE_UTF8, "SMTPUTF8"}, {QE_8BIT, "8BITMIME"}, {QE_REQUIRETLS, "REQUIRETLS"}};
static const char *const rets[] = {"", "FULL", "HDRS"};

static json_t *notify_json(uint16_t notify)
{
    json_t *list = json_array();

    for (size_t i = 0; i < sizeof notifies / sizeof *notifies; i++)
        if (notify & notifies[i].bit)
            json_array_append_new(list, json_string(notifies[i].name));
    return list;
}

static json_t *asked_json(uint8_t flags)
{
    json_t *list = json_array();

    for (size_t i = 0; i < sizeof asked / sizeof *asked; i++)
        if (flags & asked[i].bit)
            json_array_append_new(list, json_string(asked[i].name));
    return list;
}

static json_t *whole_json(const struct store_queue_item *it, const struct queued_envelope *env)
{
    json_t *j = queue_item_json(it, env);

    json_object_set_new(j, "notify", notify_json(it->notify));
    json_object_set_new(j, "ret", env->ret > 0 && env->ret < 3 ? json_string(rets[env->ret]) : json_null());
    json_object_set_new(j, "envid", json_text(env->envid));
    json_object_set_new(j, "orcpt", json_text(env->orcpt));
    json_object_set_new(j, "asks", asked_json(env->flags));
    return j;
}

static void line(const char *name, struct span value)
{
    if (value.n > 0)
        printf("    %-10s %.*s\n", name, SPAN_ARG(value));
}

static void words(const char *name, json_t *list)
{
    struct buf text = BUF_INIT;

    for (size_t i = 0; i < json_array_size(list); i++)
        buf_addf(&text, "%s%s", i > 0 ? " " : "", json_string_value(json_array_get(list, i)));
    line(name, buf_span(&text));
    buf_free(&text);
    json_decref(list);
}

static void print_whole(const struct store_queue_item *it, const struct queued_envelope *env)
{
    char received[32];

    queue_item_print(it, env);
    clock_iso((int64_t)it->received * 1000, received);
    line("received", span_str(received));
    line("our id", it->mid);
    line("ENVID", env->envid);
    line("ORCPT", env->orcpt);
    words("NOTIFY", notify_json(it->notify));
    line("RET", span_str(env->ret < 3 ? rets[env->ret] : ""));
    words("asks for", asked_json(env->flags));
}

static enum rc row(const struct store_queue_item *it, const struct queued_envelope *env, void *ctx, struct err *e)
{
    struct showing *s = ctx;

    (void)e;
    s->seen++;
    if (s->rows)
        json_array_append_new(s->rows, whole_json(it, env));
    else
        print_whole(it, env);
    return RC_OK;
}

int cmd_queue_show(struct cmd *c)
{
    struct queue_filter f = {0};
    struct showing s = {0};
    struct err e;
    int answer = queue_number(c, c->pos[0], &f);

    if (answer != PLI_OK)
        return answer;
    s.rows = c->json ? json_array() : NULL;
    if (queue_each(inst_admin(c), &f, row, &s, &e) != RC_OK)
        answer = cmd_err(c, &e);
    else if (s.seen == 0)
        answer = cmd_fail(c, "no message %.40s in the queue", c->pos[0]);
    if (answer == PLI_OK && c->json)
        return out_json(s.rows);
    json_decref(s.rows);
    return answer;
}
