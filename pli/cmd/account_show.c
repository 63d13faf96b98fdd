/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/cmd/account_show.c - pli account show, list; pli directory search: what the directory has, for people and programs. */
#include "admin/national.h"
#include "admin/numbers.h"
#include "base/clock.h"
#include "base/prepare.h"
#include "pli/cmds.h"
#include "pli/conf.h"
#include "pli/instance.h"
#include "pli/people.h"
#include "policies/identifiers.h"
#include <jansson.h>
#include <stdio.h>
#include <string.h>

static void line(const char *label, struct span s)
{
    if (s.n)
        printf("%-12s %.*s\n", label, SPAN_ARG(s));
}

/* One a line, each under its label. */
static void lines(const char *label, struct span s)
{
    while (s.n > 0) {
        ptrdiff_t nl = span_chr(s, '\n');

        line(label, span_head(s, nl < 0 ? s.n : (size_t)nl));
        s = span_from(s, nl < 0 ? s.n : (size_t)nl + 1);
    }
}

/* "pending: nobody has opened it yet", "closed since 2026-11-29 by chef@chu.test: parti en retraite", "kept until 2027-02-27"; nothing of an active one. */
static void show_state(const struct dird_account *a)
{
    char since[32], until[32];

    moment_text(a->since, since);
    moment_text(a->keep_until, until);
    if (a->state == DA_PENDING)
        printf("%-12s pending: nobody has opened it yet\n", "state");
    else if (a->state != DA_ACTIVE)
        printf("%-12s %s%s%.10s%s%.*s%s%.*s\n", "state", state_name(a->state), since[0] ? " since " : "", since,
               a->by.n ? " by " : "", SPAN_ARG(a->by), a->reason.n ? ": " : "", SPAN_ARG(a->reason));
    if (until[0])
        printf("%-12s %.10s\n", "kept until", until);
}

static void show_code(const struct dird_account *a)
{
    char until[32];

    if (a->code_until)
        printf("%-12s a code, for choosing one, %s %s\n", "password",
               a->code_until > (uint64_t)clock_utc() ? "good until" : "which ended", moment_text(a->code_until, until));
}

static void show_text(const struct dird_account *a, const struct account_mailbox *box)
{
    char used[32], quota[32];

    line("address", a->address);
    printf("%-12s %s\n", "type", type_name(a->type));
    show_state(a);
    line("civility", a->civility);
    line("name", a->name);
    line("rpps", a->rpps);
    line("adeli", a->adeli);
    line("structure", a->structure);
    line("organisation", a->structure_name);
    line("town", a->town);
    line("profession", a->profession);
    line("specialty", a->specialty);
    line("service", a->service);
    line("responsible", a->responsible);
    line("description", a->description);
    line("telephone", a->telephone);
    if (a->rank)
        printf("%-12s %u\n", "rank", (unsigned)a->rank);
    if (a->paperless != SAID_NOTHING)
        printf("%-12s %s\n", "paperless", said_word(a->paperless));
    lines("alias", a->aliases);
    printf("%-12s %s\n", "signs", a->flags & DF_SIGN ? "always" : "never");
    printf("%-12s %s\n", "opened by",
           a->flags & DF_STRICT ? "its password only (strict)" : "the server, after sign-in");
    show_code(a);
    printf("%-12s %s\n", "red list", a->flags & DF_RED_LIST ? "yes" : "no");
    printf("%-12s %llu messages, %s of %s\n", "mailbox", (unsigned long long)box->messages, size_text(box->used, used),
           box->quota ? size_text(box->quota, quota) : "any size (no quota)");
    printf("%-12s %s\n", "\\Seen", box->seen_each ? "each person's own" : "once for all who open it");
}

/* ---- one account ---- */
struct holders {
    struct span rpps;
    struct buf all;
    char last[ADDRESS_ROOM];
    size_t n;
};

static enum rc note_holder(const struct dird_account *a, void *ctx, struct err *e)
{
    struct holders *h = ctx;

    (void)e;
    if (!span_eq(a->rpps, h->rpps))
        return RC_OK;
    buf_addf(&h->all, "%s%.*s", h->n++ ? ", " : "", SPAN_ARG(a->address));
    snprintf(h->last, sizeof h->last, "%.*s", SPAN_ARG(a->address));
    return RC_OK;
}

/* The one account of that RPPS number; a professional may hold several: then they are named. */
static int address_of_rpps(struct cmd *c, struct span rpps, char out[ADDRESS_ROOM])
{
    struct holders h = {.rpps = rpps};
    struct err e;
    int answer = PLI_OK;

    if (account_search(inst_admin(c), rpps, note_holder, &h, &e) != RC_OK)
        answer = cmd_err(c, &e);
    else if (h.n == 0)
        answer = cmd_fail(c, "no account has the RPPS number %.*s", SPAN_ARG(rpps));
    else if (h.n > 1)
        answer = cmd_fail(c, "%zu accounts have this RPPS number, name one of them: %s", h.n, buf_cstr(&h.all));
    else
        memcpy(out, h.last, sizeof h.last);
    buf_free(&h.all);
    return answer;
}

/* Whatever names it: its address, an alias, an RPPS number. Only for showing: what changes an account wants its address. */
static int address_shown(struct cmd *c, char out[ADDRESS_ROOM])
{
    struct span asked = span_str(c->pos[0]);
    char number[NUMBER_ROOM];
    struct err e = {0};

    if (number_is(asked, rpps_ok))
        return address_of_rpps(c, number_normal(asked, number), out);
    if (account_address(inst_admin(c), asked, out, &e) == RC_OK)
        return PLI_OK;
    if (e.rc != RC_SYNTAX)
        return cmd_err(c, &e);
    return cmd_usage(c, "\"%.100s\" is neither an address nor an RPPS number (11 digits, the last a check digit)",
                     c->pos[0]);
}

static int show(struct cmd *c, const struct dird_account *a)
{
    struct account_mailbox box;
    struct err e;
    json_t *j;

    if (account_mailbox(inst_admin(c), a->mbx, &box, &e) != RC_OK)
        return cmd_err(c, &e);
    if (!c->json) {
        show_text(a, &box);
        return PLI_OK;
    }
    j = account_json(a);
    json_object_set_new(j, "used", json_integer((json_int_t)box.used));
    json_object_set_new(j, "messages", json_integer((json_int_t)box.messages));
    json_object_set_new(j, "seen", json_string(box.seen_each ? "each" : "shared"));
    json_object_set_new(j, "quota", json_integer((json_int_t)box.quota));
    return out_json(j);
}

int cmd_account_show(struct cmd *c)
{
    struct account a = {.mem = BUF_INIT};
    char address[ADDRESS_ROOM];
    int answer = address_shown(c, address);

    if (answer == PLI_OK)
        answer = account_of(c, address, &a);
    if (answer == PLI_OK)
        answer = show(c, &a.is);
    account_free(&a);
    return answer;
}

/* ---- lists ---- */
enum { SEARCH_MOST = 100 }; /* of the national copy */
struct listing {
    json_t *rows; /* NULL: lines for people */
    size_t n;
    bool of_state; /* only those in that state */
    uint8_t state;
};

static enum rc row(const struct dird_account *a, void *ctx, struct err *e)
{
    struct listing *l = ctx;

    (void)e;
    if (l->of_state && a->state != l->state)
        return RC_OK;
    l->n++;
    if (l->rows)
        json_array_append_new(l->rows, account_json(a));
    else
        printf("%-36.*s %-4s %-9s %.*s%s%.*s\n", SPAN_ARG(a->address), type_name(a->type),
               a->state == DA_ACTIVE ? "" : state_name(a->state), SPAN_ARG(a->name), a->service.n ? ", " : "",
               SPAN_ARG(a->service));
    return RC_OK;
}

static int listed(struct cmd *c, struct listing *l, enum rc rc, const struct err *e)
{
    if (rc == RC_OK && c->json)
        return out_json(l->rows);
    json_decref(l->rows);
    return rc == RC_OK ? PLI_OK : cmd_err(c, e);
}

int cmd_account_list(struct cmd *c)
{
    struct listing l = {.of_state = opt_get(c, "--state") != NULL};
    struct err e;

    if (l.of_state && !state_of(span_str(opt_get(c, "--state")), &l.state))
        return cmd_usage(c, "--state is active, pending, suspended or closed");
    l.rows = c->json ? json_array() : NULL;
    return listed(c, &l, account_each(inst_admin(c), row, &l, &e), &e);
}

/* The national file's words are kept as they came. */
static void print_national(const struct national_found *f)
{
    struct buf line = BUF_INIT;

    buf_addf(&line, "%-36.*s %-4.*s %-9s %.*s%s%.*s%s%.*s", SPAN_ARG(f->address), SPAN_ARG(f->type), "national",
             SPAN_ARG(f->name), f->profession.n ? ", " : "", SPAN_ARG(f->profession), f->town.n ? ", " : "",
             SPAN_ARG(f->town));
    buf_cut(&line, prepare_line((char *)line.p, line.n));
    printf("%s\n", buf_cstr(&line));
    buf_free(&line);
}

static void national_row(const struct national_found *f, void *ctx)
{
    struct listing *l = ctx;

    l->n++;
    if (l->rows)
        json_array_append_new(
            l->rows, json_pack("{s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:b}", "address", json_text(f->address), "type",
                               json_text(f->type), "name", json_text(f->name), "rpps", json_text(f->rpps), "profession",
                               json_text(f->profession), "structure", json_text(f->structure), "service",
                               json_text(f->service), "town", json_text(f->town), "national", 1));
    else
        print_national(f);
}

/* A site's own slapd (directory.uri) has no national copy. */
static bool elsewhere(struct cmd *c)
{
    struct conf *conf = NULL;
    bool site = inst_conf(c, &conf) == PLI_OK && conf_get(conf, "directory.uri")[0];

    conf_free(&conf);
    return site;
}

/* Ours, then the national copy, where there is one and who asks may look into it: only then is nothing said of it. A copy that could not be looked into
 * is no copy without such an entry. */
static enum rc found(struct cmd *c, struct span text, struct listing *l, struct err *e)
{
    enum rc rc = account_search(inst_admin(c), text, row, l, e);

    if (rc != RC_OK)
        return rc;
    rc = national_search(text, SEARCH_MOST, national_row, l, e);
    if (rc == RC_MORE && !l->rows)
        fprintf(stderr, "pli directory search: the first %d of the national copy are shown\n", SEARCH_MOST);
    return rc == RC_MORE || rc == RC_NOTFOUND || rc == RC_DENIED || (rc == RC_TEMP && elsewhere(c)) ? RC_OK : rc;
}

int cmd_directory_search(struct cmd *c)
{
    struct listing l = {.rows = c->json ? json_array() : NULL};
    struct err e;
    char text[512];
    size_t n = 0;
    int answer;

    for (size_t i = 0; i < c->n_pos; i++) {
        int add = snprintf(text + n, sizeof text - n, "%s%s", i ? " " : "", c->pos[i]);
        if (add < 0 || (size_t)add >= sizeof text - n)
            return cmd_usage(c, "the words to search for are longer than %zu bytes", sizeof text - 1);
        n += (size_t)add;
    }
    answer = listed(c, &l, found(c, span_str(text), &l, &e), &e);
    if (answer == PLI_OK && l.n == 0 && !c->json)
        fprintf(stderr, "pli directory search: nothing found\n");
    return answer;
}
