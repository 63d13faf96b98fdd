/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/cmd/trace.c - pli trace MESSAGE-ID: the story of one message, in order, from the lines of every process in the log and the older logs that
 * are kept, and what still waits in the queue. */
#include "base/clock.h"
#include "base/log.h"
#include "base/wipe.h"
#include "pli/cmds.h"
#include "pli/conf.h"
#include "pli/instance.h"
#include "pli/people.h"
#include "pli/queue_rows.h"
#include "pli/story.h"
#include "pli/super/log_key.h"
#include "pli/trace_gather.h"
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- what still waits ---- */
struct waiting {
    const struct trace *t;
    json_t *rows; /* NULL: lines for people */
    bool any;
};

static enum rc waits(const struct store_queue_item *it, const struct queued_envelope *env, void *ctx, struct err *e)
{
    struct waiting *w = ctx;
    char name[LOGGED_MAX], next[32];

    (void)e;
    logged_address(env->recipient, name);
    if (w->t->to[0] && strcmp(name, w->t->to) != 0)
        return RC_OK;
    w->any = true;
    clock_iso((int64_t)it->next_try * 1000, next);
    if (w->rows)
        json_array_append_new(w->rows, queue_item_json(it, env));
    else
        printf("  attend encore : n° %llu.%u pour %.*s, %s, %u essai(s), prochain essai %s\n",
               (unsigned long long)it->qid, it->rcpt, SPAN_ARG(env->recipient), queue_state_name(it->state),
               it->attempts, next);
    return RC_OK;
}

/* *rows_out: NULL for people. Nobody serves: the queue is not asked, and that is said. */
static int tell_queue(struct cmd *c, const struct trace *t, const struct told *m, json_t *rows)
{
    struct waiting w = {t, rows, false};
    struct err e;

    if (m->qid == 0)
        return PLI_OK;
    if (!inst_served(".", NULL)) {
        fprintf(stderr, "pli trace: pli serve is not running: the queue is not asked\n");
        return PLI_OK;
    }
    if (queue_each(inst_admin(c), &(struct queue_filter){.qid = m->qid}, waits, &w, &e) != RC_OK)
        return cmd_err(c, &e);
    if (!w.any && !rows)
        printf("  n'attend plus dans la file\n");
    return PLI_OK;
}

/* ---- telling ---- */
static json_t *pairs_json(const struct log_line *l)
{
    json_t *j = json_object();
    struct span rest = l->pairs;

    while (rest.n > 0) {
        ptrdiff_t eq = span_chr(rest, '=');
        struct span value;
        char key[40];

        if (eq <= 0 || eq >= (ptrdiff_t)sizeof key)
            break;
        snprintf(key, sizeof key, "%.*s", (int)eq, (const char *)rest.p);
        if (log_line_value(l, key, &value))
            json_object_set_new(j, key, json_text(value));
        rest = span_from(rest, (size_t)eq + 1);
        if (rest.n > 0 && rest.p[0] == '"') {
            ptrdiff_t quote = span_chr(span_from(rest, 1), '"');
            rest = span_from(rest, quote < 0 ? rest.n : (size_t)quote + 2);
        }
        eq = span_chr(rest, ' ');
        rest = span_from(rest, eq < 0 ? rest.n : (size_t)eq + 1);
    }
    return j;
}

static json_t *event_json(const struct log_line *l, struct span sentence)
{
    json_t *j = json_object();

    json_object_set_new(j, "time", json_text(l->when));
    json_object_set_new(j, "process", json_text(l->prog));
    json_object_set_new(j, "pid", json_integer(l->pid));
    json_object_set_new(j, "session", json_text(l->sid));
    json_object_set_new(j, "event", json_text(l->ev));
    json_object_set_new(j, "text", json_text(sentence));
    json_object_set_new(j, "fields", pairs_json(l));
    return j;
}

static json_t *tell_lines(const struct told *m, bool json)
{
    json_t *events = json ? json_array() : NULL;
    struct buf sentence = BUF_INIT;
    struct log_line l;

    for (struct span rest = buf_span(&m->lines); rest.n > 0;) {
        ptrdiff_t nl = span_chr(rest, '\n');
        bool is_line = log_line_read(span_head(rest, (size_t)nl), &l);

        rest = span_from(rest, (size_t)nl + 1);
        buf_clear(&sentence);
        if (!is_line)
            continue;
        story_tell(&l, &sentence);
        if (events)
            json_array_append_new(events, event_json(&l, buf_span(&sentence)));
        else
            printf("%.*s  %-7.*s %.*s\n", SPAN_ARG(l.when), SPAN_ARG(l.prog), SPAN_ARG(buf_span(&sentence)));
    }
    buf_free(&sentence);
    return events;
}

static int tell_json(struct cmd *c, const struct trace *t)
{
    json_t *messages = json_array();
    bool complete = true;
    int answer = PLI_OK;

    for (size_t i = 0; i < t->n && answer == PLI_OK; i++) {
        json_t *queue = json_array();

        answer = tell_queue(c, t, &t->a[i], queue);
        complete = complete && t->a[i].begins;
        json_array_append_new(messages, json_pack("{s:s,s:b,s:o,s:o}", "mid", t->a[i].mid, "complete", t->a[i].begins,
                                                  "events", tell_lines(&t->a[i], true), "queue", queue));
    }
    if (answer == PLI_OK)
        return out_json(json_pack("{s:b,s:s,s:i,s:o}", "complete", complete, "oldest", t->logs.oldest, "logs",
                                  (int)t->logs.files, "messages", messages));
    json_decref(messages);
    return answer;
}

static int tell(struct cmd *c, const struct trace *t)
{
    int answer = PLI_OK;

    if (c->json)
        return tell_json(c, t);
    for (size_t i = 0; i < t->n && answer == PLI_OK; i++) {
        const struct told *m = &t->a[i];

        printf("%smessage %s\n", i > 0 ? "\n" : "", m->mid);
        if (!m->begins)
            printf("  le début manque : les journaux gardés commencent le %s\n", t->logs.oldest);
        (void)tell_lines(m, false);
        fflush(stdout);
        answer = tell_queue(c, t, m, NULL);
    }
    return answer;
}

/* ---- the question ---- */
static bool is_own(struct span id)
{
    for (size_t i = 0; i < id.n; i++)
        if (!strchr("0123456789abcdef", id.p[i]))
            return false;
    return id.n == 16; /* log_id_new() */
}

/* The log may have fewer lines than happened: one that says so is better than a story that looks whole. */
static void say_what_lacks(const struct cmd *c)
{
    struct conf *conf;
    int64_t level;

    if (inst_conf((struct cmd *)c, &conf) != PLI_OK)
        return;
    level = conf_num(conf, "log.level");
    conf_free(&conf);
    if (level > LOG_INFO_)
        fprintf(stderr, "pli trace: log.level keeps lines of level info out of the log: the story lacks them\n");
}

static int ask(struct cmd *c, struct trace *t)
{
    unsigned char key[LOGGED_KEY];
    struct span id = span_trim(span_str(c->pos[0]));
    const char *to = opt_get(c, "--recipient");
    struct err e;

    if (log_key_load(c->root, false, key, &e) != RC_OK)
        return cmd_err(c, &e);
    logged_key(key);
    wipe(key, sizeof key);
    if (strcmp(logged_message_id(id, t->msgid), "-") == 0)
        return cmd_usage(c, "needs a Message-ID, or the id that the log and Received fields have");
    if (is_own(id))
        snprintf(t->own, sizeof t->own, "%.*s", SPAN_ARG(id));
    if (to)
        logged_address(span_str(to), t->to);
    return PLI_OK;
}

int cmd_trace(struct cmd *c)
{
    struct trace t = {0};
    struct err e;
    enum rc rc;
    int answer = ask(c, &t);

    if (answer == PLI_OK && (rc = trace_gather(c->root, &t, &e)) != RC_OK)
        answer = rc == RC_MORE ? cmd_fail(c, "the log is turned over all the time: try again") : cmd_err(c, &e);
    if (answer == PLI_OK)
        say_what_lacks(c);
    if (answer == PLI_OK && t.n == 0)
        answer = cmd_fail(c, "no log that is kept tells of that message (the oldest line is of %s)",
                          t.logs.oldest[0] ? t.logs.oldest : "never");
    else if (answer == PLI_OK)
        answer = tell(c, &t);
    trace_free(&t);
    return answer;
}
