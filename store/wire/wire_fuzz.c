/* SPDX-License-Identifier: EUPL-1.2 */
/* store/wire/wire_fuzz.c - the first byte picks a table of the protocol, the rest is decoded with it: as a message, and as a
 * list of records. What decodes must encode to the same bytes. */
#include "store/wire/wire.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct ipc_field *const records[] = {store_place_f,  store_remote_f, store_placed_f,  store_folder_f,
                                                  store_rename_f, store_entry_f,  store_keyword_f, store_queue_item_f};
enum { RECORDS = sizeof records / sizeof records[0] };

static void whole(const struct ipc_field *f, struct span in)
{
    unsigned char msg[IPC_STRUCT_MAX] = {0};
    struct buf out = BUF_INIT;
    struct err e;

    if (ipc_decode(in, f, msg, &e) == RC_OK) {
        ipc_encode(&out, f, msg);
        if (!span_eq(buf_span(&out), in))
            abort();
    }
    buf_free(&out);
}

static void list(const struct ipc_field *f, struct span in)
{
    unsigned char rec[IPC_STRUCT_MAX] = {0};
    struct err e;

    while (ipc_list_next(&in, f, rec, &e) == RC_OK)
        ;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span in = span_of(data, size);
    const struct ipc_op *o;

    if (size == 0)
        return 0;
    o = &stored_proto.ops[data[0] % stored_proto.n_ops];
    in = span_from(in, 1);
    if (o->req)
        whole(o->req, in);
    if (o->rep)
        whole(o->rep, in);
    whole(records[data[0] % RECORDS], in);
    list(records[data[0] % RECORDS], in);
    return 0;
}
