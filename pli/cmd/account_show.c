/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/cmd/account_show.c - pli account show, list; pli directory search: what the directory has, for people and programs. */
#include "pli/cmds.h"
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

static void show_text(const struct dird_account *a, const struct store_box_rep *box)
{
    char used[32], quota[32];

    line("address", a->address);
    printf("%-12s %s%s\n", "type", type_name(a->type), a->disabled ? " (disabled)" : "");
    line("name", a->name);
    line("rpps", a->rpps);
    line("structure", a->structure);
    line("profession", a->profession);
    line("specialty", a->specialty);
    line("service", a->service);
    line("responsible", a->responsible);
    lines("alias", a->aliases);
    printf("%-12s %s\n", "signs", a->flags & DF_SIGN ? "always" : "never");
    printf("%-12s %s\n", "opened by",
           a->flags & DF_STRICT ? "its password only (strict)" : "the server, after sign-in");
    printf("%-12s %s\n", "red list", a->flags & DF_RED_LIST ? "yes" : "no");
    printf("%-12s %llu messages, %s of %s\n", "mailbox", (unsigned long long)box->messages, size_text(box->used, used),
           box->quota ? size_text(box->quota, quota) : "any size (no quota)");
}

/* The one account of that RPPS number; a professional may hold several: then they are named. */
static int address_of_rpps(struct cmd *c, struct span rpps, char out[256])
{
    struct dird_list_req rq = {SPAN_NULL, rpps};
    struct dird_list_rep rep = {0};
    struct dird_account a = {0};
    struct buf all = BUF_INIT, mem = BUF_INIT;
    struct err e;
    size_t n = 0;
    int answer = PLI_OK;

    if (dir_call_in(inst_dir(c), DIRD_SEARCH, &rq, &rep, &mem, &e) != RC_OK)
        return cmd_err(c, &e);
    for (struct span rest = rep.list; ipc_list_next(&rest, dird_account_f, &a, &e) == RC_OK;)
        if (span_eq(a.rpps, rpps)) {
            buf_addf(&all, "%s%.*s", n++ ? ", " : "", SPAN_ARG(a.address));
            snprintf(out, 256, "%.*s", SPAN_ARG(a.address));
        }
    if (n == 0)
        answer = cmd_fail(c, "no account has the RPPS number %.*s", SPAN_ARG(rpps));
    else if (n > 1)
        answer = cmd_fail(c, "%zu accounts have this RPPS number, name one of them: %s", n, buf_cstr(&all));
    buf_free(&all);
    buf_free(&mem);
    return answer;
}

/* Whatever names it: its address, an alias, an RPPS number. Only for showing: what changes an account wants its address. */
static int address_shown(struct cmd *c, char out[256])
{
    struct span asked = span_str(c->pos[0]);
    struct dird_lookup_rep rep = {0};
    struct buf mem = BUF_INIT;
    struct span domain;
    struct err e;

    if (rpps_ok(asked))
        return address_of_rpps(c, asked, out);
    if (!address_normal(c->pos[0], out, &domain))
        return cmd_usage(c, "\"%.100s\" is neither an address nor an RPPS number (11 digits, the last a check digit)",
                         c->pos[0]);
    if (dir_lookup(inst_dir(c), span_str(out), &rep, &mem, &e) == RC_OK && rep.address.n > 0)
        snprintf(out, 256, "%.*s", SPAN_ARG(rep.address));
    buf_free(&mem);
    return PLI_OK;
}

static int show(struct cmd *c, const struct dird_account *a)
{
    struct store_box_rep box = {0};
    struct store_mbx_msg rq = {a->mbx};
    struct buf mem = BUF_INIT;
    struct err e;
    json_t *j;
    enum rc rc = store_call_in(inst_store(c), STORE_BOX_GET, &rq, -1, &box, &mem, &e);

    buf_free(&mem); /* the counts are wanted, not the slots */
    if (rc != RC_OK)
        return cmd_err(c, &e);
    if (!c->json) {
        show_text(a, &box);
        return PLI_OK;
    }
    j = account_json(a);
    json_object_set_new(j, "used", json_integer((json_int_t)box.used));
    json_object_set_new(j, "messages", json_integer((json_int_t)box.messages));
    json_object_set_new(j, "quota", json_integer((json_int_t)box.quota));
    return out_json(j);
}

int cmd_account_show(struct cmd *c)
{
    struct dird_account a;
    struct buf mem = BUF_INIT;
    char address[256];
    int answer = address_shown(c, address);

    if (answer == PLI_OK)
        answer = account_get(c, address, &a, &mem);
    if (answer == PLI_OK)
        answer = show(c, &a);
    buf_free(&mem);
    return answer;
}

/* ---- lists ---- */
static void row(const struct cmd *c, const struct dird_account *a, json_t *list)
{
    if (c->json)
        json_array_append_new(list, account_json(a));
    else
        printf("%-36.*s %-4s %-8s %.*s%s%.*s\n", SPAN_ARG(a->address), type_name(a->type),
               a->disabled ? "disabled" : "", SPAN_ARG(a->name), a->service.n ? ", " : "", SPAN_ARG(a->service));
}

/* Page by page: the last address of one asks for the next. */
static int each_page(struct cmd *c, enum dird_op op, const char *text, json_t *list, size_t *n)
{
    char after[256] = "";
    struct dird_list_req rq = {SPAN_NULL, span_str(text)};
    struct dird_list_rep rep = {.more = 1};
    struct dird_account a = {0};
    struct buf page = BUF_INIT;
    struct err e;
    int answer = PLI_OK;

    while (answer == PLI_OK && rep.more) {
        rq.after = span_str(after);
        rep = (struct dird_list_rep){0};
        a = (struct dird_account){0};
        if (dir_call_in(inst_dir(c), op, &rq, &rep, &page, &e) != RC_OK)
            answer = cmd_err(c, &e);
        for (struct span rest = rep.list; ipc_list_next(&rest, dird_account_f, &a, &e) == RC_OK; ++*n)
            row(c, &a, list);
        if (rep.more && (a.address.n == 0 || a.address.n >= sizeof after))
            answer = cmd_fail(c, "the directory's answer is not understood");
        snprintf(after, sizeof after, "%.*s", SPAN_ARG(a.address));
    }
    buf_free(&page);
    return answer;
}

static int list(struct cmd *c, enum dird_op op, const char *text)
{
    json_t *rows = json_array();
    size_t n = 0;
    int answer = each_page(c, op, text, rows, &n);

    if (c->json && answer == PLI_OK)
        return out_json(rows);
    json_decref(rows);
    if (answer == PLI_OK && n == 0 && op == DIRD_SEARCH)
        fprintf(stderr, "pli directory search: nothing found\n");
    return answer;
}

int cmd_account_list(struct cmd *c)
{
    return list(c, DIRD_ACCOUNT_LIST, "");
}

int cmd_directory_search(struct cmd *c)
{
    char text[512];
    size_t n = 0;

    for (size_t i = 0; i < c->n_pos; i++) {
        int add = snprintf(text + n, sizeof text - n, "%s%s", i ? " " : "", c->pos[i]);
        if (add < 0 || (size_t)add >= sizeof text - n)
            return cmd_usage(c, "the words to search for are longer than %zu bytes", sizeof text - 1);
        n += (size_t)add;
    }
    return list(c, DIRD_SEARCH, text);
}
