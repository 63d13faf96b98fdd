/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/publishing.c - see pli/publishing.h. */
#include "pli/publishing.h"
#include "pli/conf.h"
#include "pli/input.h"
#include "pli/instance.h"
#include "pli/people.h"
#include "pli/super/procs.h"
#include "pli/white_lists.h"
#include <stdio.h>

int publishing(struct cmd *c)
{
    struct conf *conf = NULL;
    int answer = inst_conf(c, &conf);

    if (answer == PLI_OK && proc_off(conf, P_PUBD))
        answer =
            cmd_fail(c, "nothing is published: publish.backend is off (pli.conf(5)); set it and start pli serve again");
    conf_free(&conf);
    return answer;
}

/* ---- words ---- */
const char *publish_kind_word(uint8_t kind)
{
    static const char *const words[] = {"none", "create", "update", "red-list", "delete"};

    return kind < sizeof words / sizeof *words ? words[kind] : "?";
}

static const char *state_word(uint8_t state)
{
    static const char *const words[] = {"done", "pending", "trying", "refused"};

    return state < sizeof words / sizeof *words ? words[state] : "?";
}

const char *publish_word(uint8_t kind, uint8_t state, bool held)
{
    static char text[64];

    snprintf(text, sizeof text, "%s %s", publish_kind_word(kind), held ? "held" : state_word(state));
    return state == PS_DONE ? "published" : text;
}

static const struct {
    const char *word, *says;
} modes[] = {
    [PM_RUNNING] = {"running", ""},
    [PM_FIRST] =
        {"first",
         "nothing is sent before you say what the national directory has: see pli publish diff, then pli publish "
         "begin --nothing or --everything"},
    [PM_COPY] = {"copy",
                 "this state was written in another folder or on another machine: when the outbox there has ended, "
                 "pli publish begin --here"},
    [PM_DAMAGED] =
        {"damaged",
         "publish/state does not read: see pli publish diff, then pli publish begin --nothing or --everything"},
};
enum { MODES = sizeof modes / sizeof *modes };

const char *publish_mode_word(uint8_t mode)
{
    return mode < MODES && modes[mode].word ? modes[mode].word : "?";
}

const char *publish_mode_says(uint8_t mode)
{
    return mode < MODES && modes[mode].says ? modes[mode].says : "";
}

/* ---- shown ---- */
json_t *publish_row_json(const struct pub_row *r)
{
    return json_pack("{s:o,s:s,s:s,s:b,s:I,s:I,s:I,s:I,s:o,s:o}", "address", json_text(r->address), "event",
                     publish_kind_word(r->kind), "state", state_word(r->state), "held", r->held, "attempts",
                     (json_int_t)r->attempts, "since", (json_int_t)r->since, "next", (json_int_t)r->next, "done",
                     (json_int_t)r->done, "key", json_text(r->key), "report", json_text(r->report));
}

json_t *publish_status_json(const struct pubd_status_rep *s)
{
    return json_pack("{s:s,s:b,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:o}", "mode",
                     publish_mode_word(s->mode), "away", s->away, "published", (json_int_t)s->published, "pending",
                     (json_int_t)s->pending, "trying", (json_int_t)s->trying, "refused", (json_int_t)s->refused, "held",
                     (json_int_t)s->held, "left_out", (json_int_t)s->left_out, "oldest", (json_int_t)s->oldest,
                     "compared", (json_int_t)s->compared, "sent", (json_int_t)s->sent, "last_sent",
                     (json_int_t)s->last_sent, "pause_until", (json_int_t)s->pause_until, "due", (json_int_t)s->due,
                     "last_error", json_text(s->last_error));
}

void publish_report(const char *label, struct span report)
{
    printf("%s", label);
    while (report.n > 0) {
        input_show(stdout, span_cut(&report, '\n'));
        printf("\n");
        if (report.n > 0)
            printf("%*s", (int)strlen(label), "");
    }
}

void publish_status_lines(const struct pubd_status_rep *s)
{
    char when[WHEN_TEXT];

    printf("published     %llu mailboxes; compared %s\n", (unsigned long long)s->published,
           when_text(s->compared, when));
    printf("events        %llu wait, %llu tried without an answer, %llu refused; %llu sent since the start\n",
           (unsigned long long)s->pending, (unsigned long long)s->trying, (unsigned long long)s->refused,
           (unsigned long long)s->sent);
    if (s->oldest)
        printf("oldest        waits since %s\n", when_text(s->oldest, when));
    if (s->left_out)
        printf("left out      %llu mailboxes without an RPPS number, or without a structure's\n",
               (unsigned long long)s->left_out);
    if (s->held)
        printf(
            "held          %llu deletions: more than a day may bring; see pli publish list, then pli publish confirm\n",
            (unsigned long long)s->held);
    if (s->pause_until)
        printf("pause         until %s: the last error says why\n", when_text(s->pause_until, when));
    if (s->last_error.n > 0)
        publish_report("last error    ", s->last_error);
    if (s->away)
        printf("directory     cannot be read just now\n");
    if (s->mode != PM_RUNNING)
        printf("%-14s%s\n", publish_mode_word(s->mode), publish_mode_says(s->mode));
}
