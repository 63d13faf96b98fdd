/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/cmd/trust_crl.c - pli trust crl, sources: a revocation list brought by hand, and what there is to know about revoked certificates. */
#include "admin/revocation_lists.h"
#include "pli/cmds.h"
#include "pli/instance.h"
#include "pli/people.h"
#include "pli/white_lists.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int taken(const struct cmd *c, const struct trustd_crl_rep *r)
{
    char from[WHEN_TEXT], to[WHEN_TEXT];

    if (c->json)
        return out_json(json_pack("{s:o,s:I,s:I,s:I}", "issuer", json_text(r->issuer), "this_update",
                                  (json_int_t)r->this_update, "next_update", (json_int_t)r->next_update, "revoked",
                                  (json_int_t)r->revoked));
    printf("list of %.*s taken: %u revoked, of %s, next one due %s\n", SPAN_ARG(r->issuer), r->revoked,
           when_text(r->this_update, from), when_text(r->next_update, to));
    return PLI_OK;
}

int cmd_trust_crl(struct cmd *c)
{
    int fd = openat(c->start_fd, c->pos[0], O_RDONLY | O_CLOEXEC | O_NOCTTY), answer;
    struct trustd_crl_rep rep = {.revoked = 0};
    struct buf mem = BUF_INIT;
    struct err e;
    enum rc rc;

    if (fd < 0)
        return cmd_sys(c, "%s cannot be read (%s)", c->pos[0], strerror(errno));
    rc = revocation_list_take(inst_admin(c), fd, &rep, &mem, &e);
    close(fd);
    if (rc == RC_OK)
        answer = taken(c, &rep);
    else if (rc == RC_SYNTAX || rc == RC_DENIED)
        answer = cmd_fail(c, "%s is not taken: %s", c->pos[0], e.log);
    else
        answer = cmd_err(c, &e);
    buf_free(&mem);
    return answer;
}

static enum rc row(const struct trustd_source *s, void *ctx, struct err *e)
{
    json_t *rows = ctx;
    char when[WHEN_TEXT];

    (void)e;
    if (rows) {
        json_array_append_new(rows,
                              json_pack("{s:s,s:o,s:o,s:I,s:I,s:I,s:I,s:I,s:o}", "kind", s->ocsp ? "ocsp" : "crl",
                                        "address", json_text(s->url), "issuer", json_text(s->issuer), "this_update",
                                        (json_int_t)s->this_update, "next_update", (json_int_t)s->next_update,
                                        "next_fetch", (json_int_t)s->next_fetch, "failures", (json_int_t)s->failures,
                                        "revoked", (json_int_t)s->revoked, "last_error", json_text(s->last_error)));
        return RC_OK;
    }
    printf("%s  %.*s\n", s->ocsp ? "ocsp" : "crl ", SPAN_ARG(s->url));
    if (s->this_update)
        printf("      %u revoked by %.*s, next list due %s\n", s->revoked, SPAN_ARG(s->issuer),
               when_text(s->next_update, when));
    if (s->failures)
        printf("      failed %u times, again %s: %.*s\n", s->failures, when_text(s->next_fetch, when),
               SPAN_ARG(s->last_error));
    return RC_OK;
}

int cmd_trust_sources(struct cmd *c)
{
    json_t *rows = c->json ? json_array() : NULL;
    struct err e;

    if (revocation_sources_each(inst_admin(c), row, rows, &e) == RC_OK)
        return rows ? out_json(rows) : PLI_OK;
    json_decref(rows);
    return cmd_err(c, &e);
}
