/* SPDX-License-Identifier: EUPL-1.2 */
/* publish/client.c - see publish/client.h. */
#include "publish/client.h"
#include "base/ipc_link.h"
#include <stdlib.h>

enum { PATIENCE_MS = 5000, CALL_MS = 60 * 1000 /* DIFF reads a page of the directory */ };

struct pub {
    struct ipc_link *link;
};

struct pub *pub_new(enum ipc_role role)
{
    struct pub *p = calloc(1, sizeof *p);

    if (!p)
        die("out of memory");
    p->link = ipc_link_new(&(struct ipc_link_how){
        .socket = "pubd.sock", .proto = &pubd_proto, .role = role, .patience_ms = PATIENCE_MS, .call_ms = CALL_MS});
    return p;
}

void pub_free(struct pub **p)
{
    if (!p || !*p)
        return;
    ipc_link_free(&(*p)->link);
    free(*p);
    *p = NULL;
}

enum rc pub_call(struct pub *p, enum pubd_op op, const void *req, void *rep_out, struct buf *mem, struct err *e)
{
    struct ipc_ask q = {.op = (uint16_t)op, .req = req, .rep_out = rep_out, .mem = mem, .req_fd = -1};

    return ipc_link_call(p->link, &q, e);
}
