/* SPDX-License-Identifier: EUPL-1.2 */
/* base/ipc_stand_in_test.h - for tests: the list of handlers of a daemon's stand-in, which does some operations and answers all others alike.
 * Process  tests.
 */
#pragma once
#include "base/ipc.h"

/* some: rows ended by {0, NULL}. The list is good until the next call. */
static inline const struct ipc_bind *stand_in_handlers(const struct ipc_proto *p, const struct ipc_bind *some, ipc_handler others)
{
    static struct ipc_bind list[128];
    size_t n = 0;

    for (size_t i = 0; i < p->n_ops; i++) {
        ipc_handler run = others;

        for (const struct ipc_bind *b = some; b && b->run; b++)
            run = b->op == p->ops[i].op ? b->run : run;
        if (p->ops[i].roles != 0)
            list[n++] = (struct ipc_bind){p->ops[i].op, run};
    }
    list[n] = (struct ipc_bind){0, NULL};
    return list;
}
