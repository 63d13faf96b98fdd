/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/cmd/trust_update.c - pli trust update: another white list, verified by trustd and taken into use. */
#include "pli/cmds.h"
#include "pli/instance.h"
#include "pli/people.h"
#include "pli/white_lists.h"
#include <stdio.h>

static int show(const struct cmd *c, const struct trustd_update_rep *r)
{
    char when[WHEN_TEXT];

    if (c->json)
        return out_json(json_pack("{s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:b,s:o,s:I,s:o}", "generation",
                                  (json_int_t)r->generation, "generated", (json_int_t)r->generated, "entries",
                                  (json_int_t)r->entries, "domains", (json_int_t)r->domains, "gained",
                                  (json_int_t)r->gained, "lost", (json_int_t)r->lost, "changed", (json_int_t)r->changed,
                                  "unchanged", r->unchanged, "signer", json_text(r->signer), "signer_until",
                                  (json_int_t)r->signer_until, "remark", json_text(r->remark)));
    printf("white list of %s: %llu domains, %llu entries\n", when_text(r->generated, when),
           (unsigned long long)r->domains, (unsigned long long)r->entries);
    printf("signed by %.*s, whose certificate ends %s\n", SPAN_ARG(r->signer), when_text(r->signer_until, when));
    if (r->remark.n > 0)
        printf("remark: %.*s\n", SPAN_ARG(r->remark));
    if (r->unchanged)
        printf("it is the list in use already\n");
    else
        printf("in use now: %llu domains gained, %llu lost, %llu with other certificates\n",
               (unsigned long long)r->gained, (unsigned long long)r->lost, (unsigned long long)r->changed);
    return PLI_OK;
}

int cmd_trust_update(struct cmd *c)
{
    struct trustd_update_rep rep = {0};
    struct white_list_named named;
    struct buf mem = BUF_INIT;
    struct err e;
    int answer = white_list_name(c, c->n_pos ? c->pos[0] : NULL, &named);

    if (answer == PLI_OK) {
        uint32_t flags = opt_get(c, "--accept-loss") ? TU_ACCEPT_LOSS : 0;

        answer = white_list_take(inst_admin(c), &named.from, flags, buf_span(&named.signer_pem), &rep, &mem, NULL,
                                 &e) == RC_OK
                     ? show(c, &rep)
                     : white_list_refused(c, &e);
    }
    white_list_named_free(&named);
    buf_free(&mem);
    return answer;
}
