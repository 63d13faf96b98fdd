/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/cmd/account_import.c - pli account import: a file of accounts, admin/roster.h, and what it says of each row shown. */
#include "admin/roster.h"
#include "base/clock.h"
#include "base/prepare.h"
#include "crypto/pki/pki.h"
#include "pli/cmds.h"
#include "pli/conf.h"
#include "pli/input.h"
#include "pli/instance.h"
#include "pli/people.h"
#include "pli/sheet_file.h"
#include "pli/tally.h"
#include <jansson.h>
#include <stdio.h>
#include <unistd.h>

enum {
    WORKERS = 6 /* they wait for two disks and a slow hash; more were no faster on two cores (bench/provision.py) */
};

struct importing {
    struct cmd *c;
    struct roster roster;
    struct roster_defaults defaults;
    struct sheet_file sheets;
    json_t *rows; /* NULL: lines for people */
    struct tally tally;
    size_t told, pending, opened; /* pending, opened: were there already */
    bool dry, drawn;
    int64_t next_draw;
};

/* ---- the file ---- */
static int read_file(struct importing *im, const char *name)
{
    struct buf text = BUF_INIT;
    int answer = input_read(im->c, name, ROSTER_FILE_MOST, &text);
    struct err e;

    if (answer == PLI_OK && roster_read(buf_span(&text), opt_get(im->c, "--encoding"), &im->roster, &e) != RC_OK)
        answer = cmd_fail(im->c, "%s: %s", name, e.log);
    if (answer == PLI_OK && im->roster.unused.n > 0 && !im->c->json) {
        struct buf *unused = &im->roster.unused;

        buf_cut(unused, prepare_line((char *)unused->p, unused->n));
        fprintf(stderr, "attributes that are not used: %.*s\n", (int)unused->n, (const char *)unused->p);
    }
    buf_free(&text);
    return answer;
}

/* ---- rows, as they are told ---- */
static void wipe_bar(struct importing *im)
{
    if (im->drawn)
        fprintf(stderr, "\r\033[K");
    im->drawn = false;
}

static void draw_bar(struct importing *im)
{
    enum { CELLS = 30, EVERY_MS = 100 };
    size_t cells = im->told * CELLS / (im->roster.rows.n ? im->roster.rows.n : 1);

    if (im->c->json || !isatty(2) || (clock_mono() < im->next_draw && im->told < im->roster.rows.n))
        return;
    im->next_draw = deadline_in(EVERY_MS);
    fprintf(stderr, "\r\033[K[%.*s%*s] %zu of %u", (int)cells, "##############################", (int)(CELLS - cells),
            "", im->told, im->roster.rows.n);
    im->drawn = true;
}

/* A name that was read in the wrong encoding is seen. */
static void show_would(FILE *to, struct span name)
{
    fputs(name.n ? "(" : "", to);
    input_show(to, name);
    fprintf(to, "%swould be ", name.n ? ") " : "");
}

static void print_row(struct importing *im, const struct roster_result *r)
{
    FILE *to = r->outcome < ROSTER_REFUSED ? stdout : stderr;

    if (r->outcome == ROSTER_UNCHANGED)
        return;
    wipe_bar(im);
    fprintf(to, "line %u: ", r->line);
    input_show(to, span_head_text(r->address, 100));
    fprintf(to, " ");
    if (im->dry && r->outcome < ROSTER_UNCHANGED)
        show_would(to, r->name);
    fprintf(to, "%s%s", roster_outcomes[r->outcome], r->why[0] ? ": " : "");
    input_show(to, span_str(r->why));
    fprintf(to, "\n");
}

/* A disk that takes no more sheets ends the run: an account whose password nobody has is of no use. */
static bool told(const struct roster_result *result, void *ctx)
{
    struct importing *im = ctx;
    struct roster_result r = *result;
    bool written = r.code.n == 0 || sheet_file_add(&im->sheets, r.name, r.address, r.code);

    if (!written)
        r.why = "its sheet could not be written: pli account code makes another password";
    im->tally.of[r.outcome]++;
    if (r.outcome == ROSTER_UNCHANGED || r.outcome == ROSTER_CHANGED) {
        im->pending += r.was == DA_PENDING;
        im->opened += r.was != DA_PENDING && r.was < DA_CLOSED;
    }
    im->told++;
    if (im->rows)
        json_array_append_new(im->rows, json_pack("{s:i,s:o,s:o,s:s,s:o}", "line", (int)r.line, "address",
                                                  json_text(r.address), "name", json_text(r.name), "outcome",
                                                  roster_outcomes[r.outcome], "why", json_words(r.why)));
    else
        print_row(im, &r);
    draw_bar(im);
    return written;
}

/* ---- the end ---- */
static void sum_up(struct importing *im)
{
    json_t *all;

    if (!im->rows) {
        wipe_bar(im);
        tally_line(&im->tally, im->roster.rows.n, im->dry);
        if (im->tally.of[ROSTER_ADDED] && !im->dry && !im->sheets.name)
            printf("nobody knows the passwords of the new accounts: pli account code ADDRESS --sheets FILE makes "
                   "others\n");
        if (im->pending)
            printf(
                "%zu were there already and nobody has opened them (pli account list --state pending): whose sheet is "
                "missing, as after a run that was cut off, gets another code by pli account code ADDRESS --sheets "
                "FILE\n",
                im->pending);
        if (im->opened && im->sheets.name && !im->sheets.code_until)
            printf("%zu were there already and stand on no sheet of this file: who is on no earlier sheet either, as "
                   "after a run that was cut off, gets another password by pli account code ADDRESS --sheets FILE "
                   "--code-days 0\n",
                   im->opened);
        return;
    }
    all = json_pack("{s:b,s:O,s:o}", "dry_run", im->dry, "rows", im->rows, "unused",
                    json_words(buf_cstr(&im->roster.unused)));
    json_object_set_new(all, "pending", json_integer((json_int_t)im->pending));
    json_object_set_new(all, "opened", json_integer((json_int_t)im->opened));
    tally_json(&im->tally, all);
    (void)out_json(all);
}

static int run(struct importing *im)
{
    struct roster_run r = {.roster = &im->roster,
                           .defaults = &im->defaults,
                           .role = ROLE_ADMIN,
                           .acting = buf_span(&inst_admin(im->c)->acting),
                           .dry = im->dry,
                           .workers = WORKERS,
                           .told = told,
                           .ctx = im};
    struct err e;

    setvbuf(stdout, NULL, _IOLBF, 0); /* what was done is seen when it was done, in a file or a pipe too */
    if (roster_run(&r, &e) != RC_OK)
        return cmd_err(im->c, &e);
    sum_up(im);
    return tally_answer(&im->tally);
}

int cmd_account_import(struct cmd *c)
{
    struct importing im = {.c = c, .rows = c->json ? json_array() : NULL, .dry = opt_get(c, "--dry-run") != NULL};
    struct conf *conf = NULL;
    int answer = inst_conf(c, &conf), closed;

    if (answer == PLI_OK) {
        im.defaults = (struct roster_defaults){.quota = (uint64_t)conf_num(conf, "stored.quota"),
                                               .sign = true,
                                               .algorithm = PKI_P256,
                                               .password_min = conf_num(conf, "dird.password_min")};
        answer = read_file(&im, c->pos[0]);
    }
    if (answer == PLI_OK &&
        (answer = sheet_file_open(c, im.dry ? NULL : opt_get(c, "--sheets"), conf, &im.sheets)) == PLI_OK) {
        im.defaults.code_until = im.sheets.code_until;
        answer = run(&im);
        closed = sheet_file_close(c, &im.sheets);
        answer = answer == PLI_OK ? closed : answer;
    }
    roster_free(&im.roster);
    json_decref(im.rows);
    conf_free(&conf);
    return answer;
}
