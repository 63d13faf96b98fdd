/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/keyd/client/keyd_wire_fuzz.c - hostile requests and replies of every operation, and the lists within. The first byte chooses.
 * What decodes must encode to the same bytes.
 */
#include "crypto/keyd/client/wire.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void table(const struct ipc_field *f, struct span in, void *msg)
{
    struct buf again = BUF_INIT;
    struct err e;

    if (f != NULL && ipc_decode(in, f, msg, &e) == RC_OK) {
        ipc_encode(&again, f, msg);
        if (!span_eq(buf_span(&again), in))
            abort();
    }
    buf_free(&again);
}

static void list(const struct ipc_field *f, struct span in, void *rec)
{
    struct err e;

    for (struct span rest = in; ipc_list_next(&rest, f, rec, &e) == RC_OK;)
        if (rest.n >= in.n)
            abort(); /* no progress */
}

static void slots(struct span in)
{
    struct slot s;
    struct span sealed, cert;
    struct err e;

    while (slot_next(&in, &s, &e) == RC_OK)
        (void)!slot_signing_cert(s.body, &sealed, &cert, &e);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    _Alignas(16) unsigned char msg[IPC_STRUCT_MAX] = {0};
    const struct ipc_op *o;
    struct span in;

    if (n == 0)
        return 0;
    in = span_of(p + 1, n - 1);
    o = &keyd_proto.ops[p[0] / 2 % keyd_proto.n_ops];
    table(p[0] % 2 ? o->rep : o->req, in, msg);
    list(keyd_box_f, in, msg);
    list(keyd_wrapped_f, in, msg);
    slots(in);
    return 0;
}
