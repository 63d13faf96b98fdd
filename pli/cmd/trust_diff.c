/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/cmd/trust_diff.c - pli trust diff: what another white list would change. It is verified as for use, and not taken into use. */
#include "pli/cmds.h"
#include "pli/instance.h"
#include "pli/people.h"
#include "pli/white_lists.h"
#include <stdio.h>

static enum rc one(void *ctx, const struct index_change *ch, struct err *e)
{
    json_t *rows = ctx;

    (void)e;
    if (rows)
        json_array_append_new(rows,
                              json_pack("{s:s#,s:o}", "change", &ch->what, (int)1, "domain", json_text(ch->domain)));
    else
        printf("%c %.*s\n", ch->what, SPAN_ARG(ch->domain));
    return RC_OK;
}

static int compare(struct cmd *c, const struct white_list_named *named)
{
    struct trust_index *now = NULL, *then = NULL;
    struct trustd_update_rep rep = {0};
    struct trustd_index_rep in_use = {0};
    struct buf mem = BUF_INIT;
    json_t *rows = c->json ? json_array() : NULL;
    struct admin *ad = inst_admin(c);
    struct err e;
    enum rc rc = white_list_in_use(ad, &in_use, &now, &e);

    if (rc == RC_OK)
        rc = white_list_take(ad, &named->from, TU_TRY | TU_ACCEPT_LOSS, buf_span(&named->signer_pem), &rep, &mem, &then,
                             &e);
    if (rc == RC_OK && then)
        rc = index_diff(now, then, one, rows, &e);
    index_close(&now);
    index_close(&then);
    buf_free(&mem);
    if (rc != RC_OK) {
        json_decref(rows);
        return white_list_refused(c, &e);
    }
    return rows ? out_json(rows) : PLI_OK;
}

int cmd_trust_diff(struct cmd *c)
{
    struct white_list_named named;
    int answer = white_list_name(c, c->pos[0], &named);

    if (answer == PLI_OK)
        answer = compare(c, &named);
    white_list_named_free(&named);
    return answer;
}
