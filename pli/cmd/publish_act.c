/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/cmd/publish_act.c - pli publish run, retry, confirm, begin: what an administrator does to the outbox. */
#include "pli/cmds.h"
#include "pli/instance.h"
#include "pli/publishing.h"
#include <jansson.h>
#include <stdio.h>

enum { WAIT_MS = 3600 * 1000 };

int cmd_publish_run(struct cmd *c)
{
    struct pubd_status_rep s = {0};
    struct buf mem = BUF_INIT;
    struct err e;
    int answer = publishing(c);

    if (answer == PLI_OK && publish_run(inst_admin(c), WAIT_MS, &s, &mem, &e) != RC_OK)
        answer = cmd_err(c, &e);
    else if (answer == PLI_OK && c->json)
        out_json(publish_status_json(&s));
    else if (answer == PLI_OK)
        publish_status_lines(&s);
    if (answer == PLI_OK && (s.mode != PM_RUNNING || s.pending + s.trying + s.refused > 0))
        answer = PLI_FAILED; /* not all is published; the lines say why */
    buf_free(&mem);
    return answer;
}

static int counted(struct cmd *c, uint32_t n, const char *says)
{
    if (c->json)
        return out_json(json_pack("{s:I}", "entries", (json_int_t)n));
    printf("%u %s\n", n, says);
    return PLI_OK;
}

int cmd_publish_retry(struct cmd *c)
{
    struct err e;
    uint32_t n = 0;
    int answer;

    if ((c->n_pos == 0) == (opt_get(c, "--all") == NULL))
        return cmd_usage(c, "an address, or --all");
    answer = publishing(c);
    if (answer != PLI_OK)
        return answer;
    if (publish_retry(inst_admin(c), c->n_pos ? span_str(c->pos[0]) : SPAN_NULL, &n, &e) != RC_OK)
        return cmd_err(c, &e);
    return counted(c, n, "events are tried now");
}

int cmd_publish_confirm(struct cmd *c)
{
    struct err e;
    uint32_t n = 0;
    int answer = publishing(c);

    if (answer != PLI_OK)
        return answer;
    if (publish_confirm(inst_admin(c), &n, &e) != RC_OK)
        return cmd_err(c, &e);
    return counted(c, n, "deletions go");
}

int cmd_publish_begin(struct cmd *c)
{
    static const char *const ways[] = {
        [PB_NOTHING] = "--nothing", [PB_EVERYTHING] = "--everything", [PB_HERE] = "--here"};
    int how = 0, given = 0, answer;
    struct err e;

    for (int i = PB_NOTHING; i <= PB_HERE; i++)
        if (opt_get(c, ways[i])) {
            how = i;
            given++;
        }
    if (given != 1)
        return cmd_usage(c, "one of --nothing, --everything, --here");
    answer = publishing(c);
    if (answer != PLI_OK)
        return answer;
    if (publish_begin(inst_admin(c), (enum pub_begin)how, &e) != RC_OK)
        return cmd_err(c, &e);
    if (c->json)
        return out_json(json_pack("{s:s}", "mode", publish_mode_word(PM_RUNNING)));
    printf("mailboxes are published from now on\n");
    return PLI_OK;
}
