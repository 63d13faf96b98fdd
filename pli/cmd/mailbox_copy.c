/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/cmd/mailbox_copy.c - pli mailbox import, export, statement: the places opened, admin/transfer.h, and what it says shown. */
#include "admin/transfer.h"
#include "base/clock.h"
#include "base/prepare.h"
#include "pli/cmds.h"
#include "pli/places.h"
#include <jansson.h>
#include <stdio.h>
#include <unistd.h>

struct show {
    struct cmd *c;
    json_t *folders, *refused;
    uint64_t brought;
    bool alone, drawn, whole; /* alone: a statement of one place */
    int64_t next_draw;
};

/* What is shown of a name, a file or a server's word: one line, no control. */
static json_t *printable(struct span s)
{
    struct buf out = BUF_SECRET_INIT;
    json_t *j;

    buf_addspan(&out, s);
    for (size_t i = 0; i < out.n; i++)
        if (out.p[i] < 0x20 || out.p[i] == 0x7f)
            out.p[i] = '?';
    buf_cut(&out, prepare_line((char *)out.p, out.n));
    j = json_text(buf_span(&out));
    buf_free(&out);
    return j ? j : json_string("");
}

static json_t *name_json(struct span folder)
{
    struct buf out = BUF_SECRET_INIT;
    json_t *j;

    place_name_printable(folder, &out);
    j = json_text(buf_span(&out));
    buf_free(&out);
    return j;
}

static const char *text_of(const json_t *j)
{
    const char *s = json_string_value(j);

    return s ? s : "";
}

/* ---- the bar ---- */
static void wipe_bar(struct show *s)
{
    if (s->drawn)
        fprintf(stderr, "\r\033[K");
    s->drawn = false;
}

static void progress(struct span folder, uint64_t done, uint64_t messages, uint64_t octets, void *ctx)
{
    enum { CELLS = 30, EVERY_MS = 100 };
    struct show *s = ctx;
    int cells = messages > 0 ? (int)(done * CELLS / messages) : CELLS;
    char size[32];
    json_t *name;

    if (clock_mono() < s->next_draw && done < messages)
        return;
    s->next_draw = deadline_in(EVERY_MS);
    name = name_json(folder);
    fprintf(stderr, "\r\033[K[%.*s%*s] %llu of %llu, %s  %.40s", cells > CELLS ? CELLS : cells,
            "##############################", cells > CELLS ? 0 : CELLS - cells, "", (unsigned long long)done,
            (unsigned long long)messages, size_text(octets, size), text_of(name));
    json_decref(name);
    s->drawn = true;
}

/* ---- what was left out ---- */
static void refused(struct span folder, const char *where, const char *why, void *ctx)
{
    struct show *s = ctx;
    json_t *name = name_json(folder), *at = printable(span_str(where)), *reason = printable(span_str(why));

    wipe_bar(s);
    if (!s->c->json)
        fprintf(stderr, "pli %s: %s%s%s: %s%s\n", s->c->def->words, text_of(name), where[0] ? ", " : "", text_of(at),
                text_of(reason), where[0] ? ": left out" : "");
    json_array_append_new(s->refused, json_pack("{s:o,s:o,s:o}", "folder", name, "message", at, "why", reason));
}

/* ---- statements ---- */
static void hex(const unsigned char *p, char out[2 * DIGEST_LEN + 1])
{
    for (size_t i = 0; i < DIGEST_LEN; i++)
        snprintf(out + 2 * i, 3, "%02x", p[i]);
}

static json_t *sums_json(const struct ledger_sums *g)
{
    char bodies[2 * DIGEST_LEN + 1], all[2 * DIGEST_LEN + 1];

    hex(g->bodies, bodies);
    hex(g->all, all);
    return json_pack("{s:I,s:I,s:s,s:s}", "messages", (json_int_t)g->messages, "octets", (json_int_t)g->octets,
                     "bodies", bodies, "all", all);
}

static void keep(struct show *s, const struct statement *st)
{
    json_t *j = sums_json(&st->here);

    json_object_set_new(j, "name", name_json(st->name));
    json_object_set_new(j, "role", json_string(place_role_name(st->role)));
    json_object_set_new(j, "left_out", json_integer((json_int_t)st->refused));
    if (!s->alone) {
        json_object_set_new(j, "there", sums_json(&st->there));
        json_object_set_new(j, "brought", json_integer((json_int_t)st->brought));
        json_object_set_new(j, "missing", json_integer((json_int_t)st->missing));
        json_object_set_new(j, "other_flags", json_integer((json_int_t)st->marked));
        json_object_set_new(j, "extra", json_integer((json_int_t)st->extra));
    }
    json_array_append_new(s->folders, j);
}

static void print(const struct show *s, const struct statement *st)
{
    json_t *name = name_json(st->name);
    char size[32], digest[2 * DIGEST_LEN + 1];

    hex(st->here.all, digest);
    printf("%-32s %-9s %8llu messages %8s  %.16s", text_of(name), place_role_name(st->role),
           (unsigned long long)st->here.messages, size_text(st->here.octets, size), digest);
    if (!s->alone) {
        printf("  %llu brought, %s", (unsigned long long)st->brought,
               !statement_whole(st) ? "NOT the same"
               : st->extra > 0      ? "all there"
                                    : "the same");
        if (st->missing > 0)
            printf(", %llu missing", (unsigned long long)st->missing);
        if (st->marked > 0)
            printf(", %llu with other flags", (unsigned long long)st->marked);
        if (st->extra > 0)
            printf(", %llu more there", (unsigned long long)st->extra);
    }
    if (st->refused > 0)
        printf(", %llu left out", (unsigned long long)st->refused);
    printf("\n");
    json_decref(name);
}

static void folder(const struct statement *st, void *ctx)
{
    struct show *s = ctx;

    wipe_bar(s);
    s->brought += st->brought;
    s->whole = s->whole && statement_whole(st);
    if (s->c->json)
        keep(s, st);
    else
        print(s, st);
}

/* ---- the three commands ---- */
static int told(struct show *s, enum rc rc, const struct err *e)
{
    int answer = rc == RC_OK && s->whole ? PLI_OK : PLI_FAILED;

    wipe_bar(s);
    if (rc != RC_OK)
        answer = cmd_why(s->c, PLI_FAILED, e->cause, "%s%s", e->log,
                         s->alone ? "" : " (what was copied stays; the same command goes on)");
    else if (s->c->json)
        (void)out_json(json_pack("{s:O,s:O,s:b,s:I}", "folders", s->folders, "left_out", s->refused, "whole", s->whole,
                                 "brought", (json_int_t)s->brought));
    else if (!s->alone)
        printf("%llu messages brought%s\n", (unsigned long long)s->brought,
               s->whole ? ": every folder was read again and holds them" : "; not all is there: see the lines above");
    json_decref(s->folders);
    json_decref(s->refused);
    return answer;
}

/* The mailbox here first; then, for a place that is not ours, without root's rights. */
static int open_both(struct cmd *c, const char *own, const char *other, const struct passwords *pw, bool make,
                     struct place *out[2])
{
    int answer = places_step_down(c, own, false);

    if (answer == PLI_OK)
        answer = place_of(c, own, pw->line[0], false, &out[0]);
    if (answer == PLI_OK && other)
        answer = places_step_down(c, other, make);
    return answer == PLI_OK && other ? place_of(c, other, pw->line[1], make, &out[1]) : answer;
}

/* make: from own into other; else the other way. other NULL: looked at alone. */
static int copy(struct cmd *c, const char *own, const char *other, const struct passwords *pw, bool make)
{
    struct show s = {.c = c, .folders = json_array(), .refused = json_array(), .alone = !other, .whole = true};
    struct transfer_watch w = {isatty(2) && !c->json ? progress : NULL, refused, folder, &s};
    struct place *two[2] = {NULL, NULL};
    struct err e = {0};
    enum rc rc;
    int answer = open_both(c, own, other, pw, make, two);

    if (answer == PLI_OK) {
        rc = other && !make ? transfer(two[1], two[0], &w, &e) : transfer(two[0], two[1], &w, &e);
        answer = told(&s, rc, &e);
    } else {
        json_decref(s.folders);
        json_decref(s.refused);
    }
    place_close(&two[0]);
    place_close(&two[1]);
    return answer;
}

static int with_passwords(struct cmd *c, const char *own, const char *other, bool make)
{
    const char *const words[] = {own, other, NULL};
    struct passwords pw = {0};
    int answer = places_passwords(c, words, &pw);

    if (answer == PLI_OK)
        answer = copy(c, own, other, &pw, make);
    passwords_wipe(&pw);
    return answer;
}

static int not_own(struct cmd *c)
{
    return cmd_usage(c, "the first word is the address of a mailbox here, the second a place elsewhere");
}

int cmd_mailbox_import(struct cmd *c)
{
    if (place_kind_of(c->pos[0]) != PLACE_OWN || place_kind_of(c->pos[1]) == PLACE_OWN)
        return not_own(c);
    return with_passwords(c, c->pos[0], c->pos[1], false);
}

int cmd_mailbox_export(struct cmd *c)
{
    if (place_kind_of(c->pos[0]) != PLACE_OWN || place_kind_of(c->pos[1]) == PLACE_OWN)
        return not_own(c);
    return with_passwords(c, c->pos[0], c->pos[1], true);
}

int cmd_mailbox_statement(struct cmd *c)
{
    return with_passwords(c, c->pos[0], NULL, false);
}
