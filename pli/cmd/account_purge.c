/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/cmd/account_purge.c - pli account purge: closed accounts whose time has passed are destroyed, or listed (--dry-run). pli serve calls it once a day. */
#include "admin/life.h"
#include "pli/cmds.h"
#include "pli/instance.h"
#include "pli/people.h"
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

struct purging {
    const struct cmd *c;
    json_t *rows; /* NULL: lines for people */
    size_t count[PURGE_OUTCOMES];
};

/* A day, for --at: from its beginning, UTC. */
static bool day_given(const char *v, uint64_t *out)
{
    struct tm tm = {0};
    const char *end = strptime(v, "%Y-%m-%d", &tm);

    *out = end && !*end ? (uint64_t)timegm(&tm) : 0;
    return *out > 0;
}

static void told_text(const struct purge_result *r, const char *until)
{
    static const char *const says[PURGE_OUTCOMES] = {"purged", "would be purged", "is on legal hold, and is kept",
                                                     "is kept", "was not purged"};

    fprintf(r->outcome == PURGE_FAILED ? stderr : stdout, "%s%.*s %s%s%.10s%s%s\n",
            r->outcome == PURGE_FAILED ? "pli account purge: " : "", SPAN_ARG(r->a->address), says[r->outcome],
            r->outcome == PURGE_WAITS ? " until " : "", r->outcome == PURGE_WAITS ? until : "", *r->why ? ": " : "",
            r->why);
}

static void told(const struct purge_result *r, void *ctx)
{
    struct purging *p = ctx;
    char until[32];

    p->count[r->outcome]++;
    moment_text(r->a->keep_until, until);
    if (p->rows)
        json_array_append_new(p->rows,
                              json_pack("{s:o,s:s,s:s,s:o}", "address", json_text(r->a->address), "outcome",
                                        purge_outcomes[r->outcome], "keep_until", until, "why", json_words(r->why)));
    else
        told_text(r, until);
}

int cmd_account_purge(struct cmd *c)
{
    struct purging p = {.c = c, .rows = c->json ? json_array() : NULL};
    struct purge how = {.dry = opt_get(c, "--dry-run") != NULL, .told = told, .ctx = &p};
    const char *at = opt_get(c, "--at");
    struct err e;
    int answer = PLI_OK;

    if (at && (!how.dry || !day_given(at, &how.at)))
        answer = cmd_usage(c, "--at is a day such as 2027-03-01, and goes with --dry-run alone");
    if (answer == PLI_OK && account_purge(inst_admin(c), &how, &e) != RC_OK)
        answer = cmd_err(c, &e);
    if (answer == PLI_OK && c->json)
        answer = out_json(json_incref(p.rows));
    json_decref(p.rows);
    return answer == PLI_OK && p.count[PURGE_FAILED] ? PLI_FAILED : answer;
}
