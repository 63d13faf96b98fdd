/* SPDX-License-Identifier: EUPL-1.2 */
/* store/wire/queue_error.c - see store/wire/queue_error.h. */
#include "store/wire/queue_error.h"
#include "base/cause.h"

/* "4.2.2": what an enhanced status code is written with (RFC 3463). A peer's word in its place could be anything. */
static bool is_esc(struct span esc)
{
    for (size_t i = 0; i < esc.n; i++)
        if (esc.p[i] != '.' && (esc.p[i] < '0' || esc.p[i] > '9'))
            return false;
    return esc.n <= STORE_ESC;
}

void store_queue_error_write(struct buf *out, enum cause cause, uint16_t code, struct span esc)
{
    struct store_queue_error q = {.cause = (uint16_t)cause, .code = code, .esc = is_esc(esc) ? esc : SPAN_NULL};

    buf_clear(out);
    ipc_encode(out, store_queue_error_f, &q);
}

bool store_queue_error_read(struct span last_error, struct store_queue_error *out)
{
    struct store_queue_error q = {0};
    struct err e;

    *out = q;
    if (last_error.n == 0 || ipc_decode(last_error, store_queue_error_f, &q, &e) != RC_OK || q.cause >= CAUSES_ ||
        !is_esc(q.esc))
        return false;
    *out = q;
    return true;
}
