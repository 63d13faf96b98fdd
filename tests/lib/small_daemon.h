/* SPDX-License-Identifier: EUPL-1.2 */
/* tests/lib/small_daemon.h - what may be asked of tests/lib/small_daemon.c.
 * Process  tests.
 */
#pragma once
#include "base/ipc.h"

enum { SMALL_COUNT = IPC_OP_FIRST };
#define FIELDS_small_count(F, T) \
    F(T, U64, n) /* the answer is one more */
IPC_MESSAGE(small_count);
extern const struct ipc_proto small_proto;
int small_main(int argc, char **argv);
