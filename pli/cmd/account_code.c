/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/cmd/account_code.c - pli account code: for each account named a code on a sheet of paper, with which its holder chooses a password (decision 0053);
 * what was before, code or password, ends. */
#include "base/wipe.h"
#include "directory/drawn.h"
#include "pli/cmds.h"
#include "pli/conf.h"
#include "pli/instance.h"
#include "pli/people.h"
#include "pli/sheet_file.h"
#include <jansson.h>
#include <stdio.h>

/* Before anything is changed: a typing mistake in the last address would leave the first ones with another code, and nobody told of it. */
static int look(struct cmd *c, size_t at, uint64_t *mbx)
{
    const char *address = c->pos[at];
    struct account a;
    struct err e;
    int answer = account_of(c, address, &a);

    mbx[at] = answer == PLI_OK ? a.is.mbx : 0;
    for (size_t i = 0; answer == PLI_OK && i < at; i++)
        if (mbx[i] == mbx[at]) /* the code of the first sheet would be good for nothing */
            answer = cmd_usage(c, "%s and %s are one account", c->pos[i], address);
    if (answer == PLI_OK && account_passwd_would(inst_admin(c), &a, &e) != RC_OK)
        answer = cmd_err(c, &e);
    if (answer == PLI_OK && a.is.flags & DF_STRICT)
        answer =
            cmd_fail(c, "%s is strict: its holder's password alone opens it, so nobody can give it another", address);
    account_free(&a);
    return answer;
}

/* The sheet is written first: a password that stands nowhere would lock its holder out. */
static int give(struct cmd *c, const char *address, int64_t least, struct sheet_file *sheets, char *code)
{
    struct account a;
    struct account_password asked = {
        .new_password = span_of(code, DRAWN_SIZE), .password_min = least, .code_until = sheets->code_until};
    struct err e;
    int answer = account_of(c, address, &a);

    drawn_make(code);
    if (answer == PLI_OK && !sheet_file_add(sheets, a.is.name, a.is.address, asked.new_password))
        answer = cmd_fail(c, "%s: its sheet could not be written; the password is as it was", address);
    if (answer == PLI_OK && account_passwd(inst_admin(c), &a, &asked, &e) != RC_OK)
        answer = cmd_err(c, &e);
    account_free(&a);
    return answer;
}

static int report(struct cmd *c, const char *file, size_t n, uint64_t until)
{
    char when[32];

    moment_text(until, when);
    if (c->json)
        return out_json(
            json_pack("{s:s,s:i,s:o}", "file", file, "sheets", (int)n, "code_until", json_text(span_str(when))));
    printf("%s: %zu sheet%s%s%.10s\n", file, n, n == 1 ? "" : "s", until ? ", codes good until " : "", when);
    return PLI_OK;
}

int cmd_account_code(struct cmd *c)
{
    const char *file = opt_get(c, "--sheets");
    char *code = secret_alloc(DRAWN_SIZE);
    struct sheet_file sheets = {.fd = -1};
    struct conf *conf = NULL;
    uint64_t mbx[CMD_POS_MAX];
    size_t n = 0;
    int answer, closed;

    answer = file ? inst_conf(c, &conf) : cmd_usage(c, "needs --sheets FILE, where the sheets go");
    for (size_t i = 0; answer == PLI_OK && i < c->n_pos; i++)
        answer = look(c, i, mbx);
    if (answer == PLI_OK)
        answer = sheet_file_open(c, file, conf, &sheets);
    for (; answer == PLI_OK && n < c->n_pos; n++)
        answer = give(c, c->pos[n], conf_num(conf, "dird.password_min"), &sheets, code);
    closed = sheet_file_close(c, &sheets);
    answer = answer == PLI_OK ? closed : answer;
    if (answer == PLI_OK)
        answer = report(c, file, n, sheets.code_until);
    conf_free(&conf);
    secret_free(code, DRAWN_SIZE);
    return answer;
}
