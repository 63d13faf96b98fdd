/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/cmd/domain_import.c - pli domain import: a file of domains, admin/domain_roster.h, and what it says of each row shown. */
#include "admin/domain_roster.h"
#include "pli/cmds.h"
#include "pli/input.h"
#include "pli/instance.h"
#include "pli/people.h"
#include "pli/tally.h"
#include <jansson.h>
#include <stdio.h>

struct importing {
    const struct cmd *c;
    struct rows file;
    json_t *rows; /* NULL: lines for people */
    struct tally tally;
    bool dry;
};

static void print_row(const struct domain_result *r, const char *would, FILE *to)
{
    fprintf(to, "line %u: ", r->line);
    input_show(to, span_head_text(r->domain, 100));
    fprintf(to, " %s%s%s", would, roster_outcomes[r->outcome], r->why[0] ? ": " : "");
    input_show(to, span_str(r->why));
    fprintf(to, "\n");
}

static bool told(const struct domain_result *r, void *ctx)
{
    struct importing *im = ctx;
    bool well = r->outcome < ROSTER_REFUSED;

    im->tally.of[r->outcome]++;
    if (im->rows)
        json_array_append_new(im->rows,
                              json_pack("{s:i,s:o,s:s,s:o}", "line", (int)r->line, "domain", json_text(r->domain),
                                        "outcome", roster_outcomes[r->outcome], "why", json_words(r->why)));
    else if (r->outcome != ROSTER_UNCHANGED)
        print_row(r, im->dry && well ? "would be " : "", well ? stdout : stderr);
    return true;
}

static void sum_up(const struct importing *im)
{
    json_t *all;

    if (!im->rows) {
        tally_line(&im->tally, im->file.n, im->dry);
        return;
    }
    all = json_pack("{s:b,s:O}", "dry_run", im->dry, "rows", im->rows);
    tally_json(&im->tally, all);
    (void)out_json(all);
}

int cmd_domain_import(struct cmd *c)
{
    struct importing im = {.c = c, .dry = opt_get(c, "--dry-run") != NULL};
    struct buf text = BUF_INIT;
    struct err e;
    int answer = input_read(c, c->pos[0], DOMAIN_FILE_MOST, &text);

    if (answer == PLI_OK && domain_roster_read(buf_span(&text), opt_get(c, "--encoding"), &im.file, &e) != RC_OK)
        answer = cmd_fail(c, "%s: %s; nothing was changed", c->pos[0], e.log);
    buf_free(&text);
    if (answer == PLI_OK) {
        im.rows = c->json ? json_array() : NULL;
        setvbuf(stdout, NULL, _IOLBF, 0); /* what was done is seen when it was done, in a file or a pipe too */
        domain_roster_run(inst_admin(c), &im.file, im.dry, told, &im);
        sum_up(&im);
        json_decref(im.rows);
        answer = tally_answer(&im.tally);
    }
    rows_free(&im.file);
    return answer;
}
