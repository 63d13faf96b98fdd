/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/cmd/account_code.c - pli account code: another password for each account named, on sheets of paper. For who lost the first one, or never had it. */
#include "base/wipe.h"
#include "pli/cmds.h"
#include "pli/conf.h"
#include "pli/instance.h"
#include "pli/people.h"
#include "pli/sheet_file.h"
#include <jansson.h>
#include <stdio.h>

/* The sheet is written first: a password that stands nowhere would lock its holder out. */
static int give(struct cmd *c, const char *address, int64_t least, struct sheet_file *sheets, char *code)
{
    struct account a;
    struct account_password asked = {.new_password = span_of(code, PASSWORD_MADE), .password_min = least};
    struct err e;
    int answer = account_of(c, address, &a);

    password_make(code);
    if (answer == PLI_OK && a.is.flags & DF_STRICT)
        answer =
            cmd_fail(c, "%s is strict: its holder's password alone opens it, so nobody can give it another", address);
    if (answer == PLI_OK && !sheet_file_add(sheets, a.is.name, a.is.address, asked.new_password))
        answer = cmd_fail(c, "%s: its sheet could not be written; the password is as it was", address);
    if (answer == PLI_OK && account_passwd(inst_admin(c), &a, &asked, &e) != RC_OK)
        answer = cmd_err(c, &e);
    account_free(&a);
    return answer;
}

int cmd_account_code(struct cmd *c)
{
    const char *file = opt_get(c, "--sheets");
    char *code = secret_alloc(PASSWORD_MADE);
    struct sheet_file sheets = {.fd = -1};
    struct conf *conf = NULL;
    size_t n = 0;
    int answer, closed;

    if (!file)
        answer = cmd_usage(c, "needs --sheets FILE, where the sheets go");
    else if ((answer = inst_conf(c, &conf)) == PLI_OK)
        answer = sheet_file_open(c, file, conf, &sheets);
    for (; answer == PLI_OK && n < c->n_pos; n++)
        answer = give(c, c->pos[n], conf_num(conf, "dird.password_min"), &sheets, code);
    closed = sheet_file_close(c, &sheets);
    answer = answer == PLI_OK ? closed : answer;
    if (answer == PLI_OK && c->json)
        answer = out_json(json_pack("{s:s,s:i}", "file", file, "sheets", (int)n));
    else if (answer == PLI_OK)
        printf("%s: %zu sheets\n", file, n);
    conf_free(&conf);
    secret_free(code, PASSWORD_MADE);
    return answer;
}
