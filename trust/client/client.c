/* SPDX-License-Identifier: EUPL-1.2 */
/* trust/client/client.c - see trust/client/client.h. */
#include "trust/client/client.h"
#include "base/ipc_link.h"
#include <poll.h>
#include <stdlib.h>

enum { PATIENCE_MS = 1000, CALL_MS = 20000, STEP_MS = 50, STEP_MOST_MS = 500 };
struct trust {
    struct ipc_link *link;
};

struct trust *trust_new(enum ipc_role role)
{
    struct trust *t = calloc(1, sizeof *t);

    if (t == NULL)
        die("out of memory");
    t->link = ipc_link_new(&(struct ipc_link_how){
        .socket = "trustd.sock", .proto = &trustd_proto, .role = role, .patience_ms = PATIENCE_MS, .call_ms = CALL_MS});
    return t;
}

void trust_free(struct trust **t)
{
    if (t == NULL || *t == NULL)
        return;
    ipc_link_free(&(*t)->link);
    free(*t);
    *t = NULL;
}

void trust_rest(struct trust *t)
{
    ipc_link_rest(t->link);
}

enum rc trust_check(struct trust *t, enum trust_purpose p, struct span chain, struct trustd_check_rep *out,
                    struct buf *mem, struct err *e)
{
    struct trustd_check_req rq = {(uint8_t)p, chain};

    return ipc_link_call(
        t->link, &(struct ipc_ask){.op = TRUSTD_CHECK, .req = &rq, .rep_out = out, .mem = mem, .req_fd = -1}, e);
}

enum rc trust_check_wait(struct trust *t, enum trust_purpose p, struct span chain, int wait_ms,
                         struct trustd_check_rep *out, struct buf *mem, struct err *e)
{
    int64_t until = deadline_in(wait_ms);
    int step = STEP_MS, left;
    enum rc rc;

    while ((rc = trust_check(t, p, chain, out, mem, e)) == RC_OK && out->state == TS_PENDING &&
           (left = deadline_left_ms(until)) > 0) {
        poll(NULL, 0, left < step ? left : step);
        step = step * 2 < STEP_MOST_MS ? step * 2 : STEP_MOST_MS;
    }
    if (rc == RC_OK && out->state == TS_PENDING)
        out->state = TS_UNKNOWN;
    return rc;
}
