/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/cmd/account_passwd.c - pli account passwd: the passwords read or asked, then changed by admin/accounts.h.
 *
 * Input    --password-stdin: the old, then the new; without it the terminal is asked, unseen, the new one twice; --generate makes the new one
 *          and shows it once. One line is the new one alone, which an administrator may set for a default
 *          mailbox; a strict mailbox always needs the old. When a strict mailbox's password was changed elsewhere, the old line is the
 *          last one that opened it.
 */
#include "pli/cmds.h"
#include "pli/instance.h"
#include "pli/people.h"
#include <jansson.h>
#include <stdio.h>
#include <string.h>

/* Where the lines come from: standard input, or the terminal. Of a new one that is made only the old is read, of a default mailbox nothing. */
static int read_some(struct cmd *c, bool strict, struct passwords *pw)
{
    bool made = opt_get(c, "--generate") != NULL, given = opt_get(c, "--password-stdin") != NULL;

    if (made && !strict) {
        *pw = passwords_new();
        return PLI_OK;
    }
    return given ? passwords_read(c, made ? 1 : 2, pw) : passwords_ask(c, strict, !made, pw);
}

static int read_lines(struct cmd *c, const struct account *a, struct passwords *pw, struct account_password *asked)
{
    bool strict = a->is.flags & DF_STRICT;
    char address[ADDRESS_ROOM];
    int answer = read_some(c, strict, pw);

    if (answer != PLI_OK)
        return answer;
    if (opt_get(c, "--generate"))
        passwords_add_generated(pw);
    if (pw->n == 1 && strict)
        return cmd_usage(c,
                         "a strict mailbox opens with its old password only: give the old, then the new, one a line");
    asked->old_password = pw->n == 2 ? pw->line[0] : SPAN_NULL;
    asked->new_password = pw->line[pw->n - 1];
    snprintf(address, sizeof address, "%.*s", SPAN_ARG(a->is.address));
    return password_accepted(c, asked->new_password, address, &asked->password_min);
}

static int report(struct cmd *c, const struct account *a, struct span new_password)
{
    bool made = opt_get(c, "--generate") != NULL;
    json_t *j;

    if (!c->json) {
        printf("password of %.*s changed\n", SPAN_ARG(a->is.address));
        if (made)
            printf("password %.*s   (shown this once)\n", SPAN_ARG(new_password));
        return PLI_OK;
    }
    j = json_pack("{s:o,s:s}", "address", json_text(a->is.address), "done", "password changed");
    if (made)
        json_object_set_new(j, "password", json_text(new_password));
    return out_json(j);
}

static int change(struct cmd *c, const struct account *a)
{
    struct account_password asked = {.password_min = 0};
    struct passwords pw = {0};
    struct err e;
    int answer = read_lines(c, a, &pw, &asked);

    if (answer == PLI_OK && account_passwd(inst_admin(c), a, &asked, &e) != RC_OK)
        answer = cmd_err(c, &e);
    if (answer == PLI_OK)
        answer = report(c, a, asked.new_password);
    passwords_wipe(&pw);
    return answer;
}

int cmd_account_passwd(struct cmd *c)
{
    struct account a;
    int answer = account_of(c, c->pos[0], &a);

    if (answer == PLI_OK)
        answer = change(c, &a);
    account_free(&a);
    return answer;
}
