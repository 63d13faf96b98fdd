/* SPDX-License-Identifier: EUPL-1.2 */
/* base/ipc_fuzz.c - any bytes as an ipc message, list or error reply; what is accepted must encode to the same bytes. */
#include "base/ipc_int.h"

struct rich {
    uint8_t a;
    uint16_t b;
    uint32_t c;
    uint64_t d;
    unsigned char id[16];
    struct span text, list;
};
struct item {
    uint16_t n;
    struct span name;
};
static const struct ipc_field rich_f[] = {IPC_F_U8(rich, a),
                                          IPC_F_U16(rich, b),
                                          IPC_F_U32(rich, c),
                                          IPC_F_U64(rich, d),
                                          IPC_F_FIX(rich, id),
                                          IPC_F_BYTES(rich, text, 100),
                                          IPC_F_BYTES(rich, list, 60000),
                                          IPC_F_END};
static const struct ipc_field item_f[] = {IPC_F_U16(item, n), IPC_F_BYTES(item, name, 40), IPC_F_END};

static void same(struct buf *b, struct span in)
{
    if (!span_eq(buf_span(b), in))
        bug("encodes to other bytes than it was decoded from");
    buf_free(b);
}

static void walk_list(struct span list)
{
    struct span rest = list;
    struct buf b = BUF_INIT;
    struct item it;
    struct err e;
    enum rc rc;

    while ((rc = ipc_list_next(&rest, item_f, &it, &e)) == RC_OK)
        ipc_list_add(&b, item_f, &it);
    if (rc == RC_NOTFOUND)
        same(&b, list);
    buf_free(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    struct span in = span_of(p, n), body;
    struct rich m = {0};
    struct buf b = BUF_INIT;
    struct ipc_head h;
    struct err e;

    if (n == 0 || n > IPC_MSG_MAX)
        return 0;
    if (ipc_unhead(in, &h, &body) && h.flags & IPC_ERROR)
        (void)!ipc_unfailure(body, &e);
    if (ipc_decode(in, rich_f, &m, &e) == RC_OK) {
        walk_list(m.list);
        ipc_encode(&b, rich_f, &m);
        same(&b, in);
    }
    return 0;
}
