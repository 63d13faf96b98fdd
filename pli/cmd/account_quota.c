/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/cmd/account_quota.c - pli account quota: what a mailbox takes and what it may take, in octets and in messages; and both set, at once. */
#include "pli/cmds.h"
#include "pli/instance.h"
#include "pli/people.h"
#include <jansson.h>
#include <stdio.h>

enum { MESSAGES_MOST = INT32_MAX }; /* UIDs are of 32 bits (RFC 9051 2.3.1.1) */

static int read_change(struct cmd *c, struct account_change *ch)
{
    int answer = PLI_OK;

    if (opt_get(c, "--storage") && size_option(c, "--storage", &ch->quota, &answer))
        ch->what |= CHANGE_QUOTA;
    if (answer == PLI_OK && opt_get(c, "--messages") &&
        number_option(c, "--messages", MESSAGES_MOST, &ch->most, &answer))
        ch->what |= CHANGE_MOST;
    return answer;
}

/* ---- shown ---- */
/* " (91 %)"; empty without a limit */
static const char *share(uint64_t used, uint64_t most, char out[32])
{
    snprintf(out, 32, " (%.0f %%)", most ? (double)used * 100 / (double)most : 0);
    return most ? out : "";
}

static void show_text(const struct account *a, const struct account_mailbox *box)
{
    char used[32], most[32], per[32], number[32];

    snprintf(number, sizeof number, "%llu", (unsigned long long)box->most);
    printf("%.*s\n", SPAN_ARG(a->is.address));
    printf("%-12s %s of %s%s\n", "storage", size_text(box->used, used),
           box->quota ? size_text(box->quota, most) : "any size (no quota)", share(box->used, box->quota, per));
    printf("%-12s %llu of %s%s%s\n", "messages", (unsigned long long)box->messages,
           box->most ? number : "any number (no quota)", share(box->messages, box->most, per),
           box->own_most || !box->most ? "" : ", as stored.max_messages says");
}

static int show(struct cmd *c, const struct account *a)
{
    struct account_mailbox box;
    struct err e;

    if (account_mailbox(inst_admin(c), a->is.mbx, &box, &e) != RC_OK)
        return cmd_err(c, &e);
    if (c->json)
        return out_json(json_pack("{s:o,s:I,s:I,s:I,s:I,s:b}", "address", json_text(a->is.address), "used",
                                  (json_int_t)box.used, "quota", (json_int_t)box.quota, "messages",
                                  (json_int_t)box.messages, "messages_quota", (json_int_t)box.most, "messages_own",
                                  (int)box.own_most));
    show_text(a, &box);
    return PLI_OK;
}

int cmd_account_quota(struct cmd *c)
{
    struct account_change ch = {.what = 0};
    struct account a;
    struct err e;
    int answer = account_of(c, c->pos[0], &a);

    if (answer == PLI_OK)
        answer = read_change(c, &ch);
    if (answer == PLI_OK && ch.what && account_change(inst_admin(c), &a, &ch, &e) != RC_OK)
        answer = cmd_err(c, &e);
    if (answer == PLI_OK)
        answer = show(c, &a);
    account_free(&a);
    return answer;
}
