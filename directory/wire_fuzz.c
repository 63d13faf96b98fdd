/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/wire_fuzz.c - any bytes against every table of dird's protocol: first byte picks the operation and the side.
 * What decodes is encoded again and must give the same bytes; lists are walked to their end.
 */
#include "directory/wire.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void walk_list(struct span list, const struct ipc_field *fields)
{
    union {
        struct dird_account account;
        struct dird_trust_entry entry;
    } rec;
    struct err e = {0};
    while (ipc_list_next(&list, fields, &rec, &e) == RC_OK)
        ;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    const struct ipc_op *op = &dird_proto.ops[(data[0] >> 1) % dird_proto.n_ops];
    const struct ipc_field *fields = data[0] & 1 ? op->rep : op->req;
    if (!fields)
        return 0;
    _Alignas(16) unsigned char msg[IPC_STRUCT_MAX] = {0};
    struct span in = span_of(data + 1, size - 1);
    struct err e = {0};
    if (ipc_decode(in, fields, msg, &e) == RC_OK) {
        struct buf again = BUF_INIT;
        ipc_encode(&again, fields, msg);
        if (!span_eq(buf_span(&again), in))
            abort();
        buf_free(&again);
    }
    walk_list(in, dird_account_f);
    walk_list(in, dird_trust_entry_f);
    return 0;
}
