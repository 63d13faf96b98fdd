/* SPDX-License-Identifier: EUPL-1.2 */
/* tests/lib/small_daemon.c - a whole daemon: one message, one operation, its handler and a table (base/service.h). It shows what the next daemon
 * costs; base/service_test.c starts it, asks it, kills it and starts it again under its asker.
 * Process  tests. */
#include "tests/lib/small_daemon.h"
#include "base/log.h"
#include "base/service.h"

IPC_TABLE(small_count);
static const struct ipc_op ops[] = {{SMALL_COUNT, "count", ROLE_SMTPD, small_count_f, small_count_f, IPC_AGAIN}};
const struct ipc_proto small_proto = {"small", 0x534d4c31, 1, ops, sizeof ops / sizeof *ops};

static enum rc count(void *daemon, struct ipc_peer *p, const void *req, int fd, struct ipc_reply *r, struct err *e)
{
    const struct small_count *q = req;
    struct small_count *a = r->msg;

    (void)daemon, (void)p, (void)fd, (void)e;
    log_ev(LOG_DEBUG_, "count", "n=%llu", (unsigned long long)q->n);
    a->n = q->n + 1;
    return RC_OK;
}

int small_main(int argc, char **argv)
{
    static const struct ipc_bind handlers[] = {{SMALL_COUNT, count}, {0, NULL}};
    static const struct service small = {
        .name = "small",
        .sandbox = SB_KEYD,
        .ipc = {.proto = &small_proto, .handlers = handlers, .threads = 1, .max_peers = 16}};

    return service_main(&small, argc, argv);
}
