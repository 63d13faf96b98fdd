/* SPDX-License-Identifier: EUPL-1.2 */
/* relayd/main.c - pli-relayd: keeps watch over the queue. Messages to recipients elsewhere are queued, sealed, and seen with
 * "pli queue list"; this release holds them: sending (MX, mutual TLS, retries, reports) is not in it yet, and the log says so at each start.
 *
 * Process  relayd: its own sandbox, connections to stored only; SIGTERM ends it between two looks.
 */
#include "base/log.h"
#include "base/service.h"
#include "relayd/queue.h"

enum { LOOK_MS = 30 * 1000, PATIENCE_MS = 2000 };

static void look(struct store *st, struct queue_view *last)
{
    struct queue_view v;
    struct err e;

    if (queue_look(st, (uint64_t)clock_utc(), &v, &e) != RC_OK) {
        log_err(LOG_WARN_, "queue-unseen", &e);
        return;
    }
    if (memcmp(&v, last, sizeof v) != 0)
        log_ev(LOG_INFO_, "queue", "waiting=%llu due=%llu held=%llu failed=%llu octets=%llu oldest=%llu",
               (unsigned long long)v.by_state[Q_WAITING], (unsigned long long)v.due,
               (unsigned long long)v.by_state[Q_HELD], (unsigned long long)v.by_state[Q_FAILED],
               (unsigned long long)v.octets, (unsigned long long)v.oldest);
    *last = v;
}

static void run(void *daemon)
{
    struct queue_view last = {.oldest = UINT64_MAX};
    struct store *st = store_new(ROLE_RELAYD);

    (void)daemon;
    store_patience(st, PATIENCE_MS);
    log_ev(LOG_INFO_, "queue-held", "sending=no");
    do
        look(st, &last);
    while (service_wait(LOOK_MS));
    store_free(&st);
}

int main(int argc, char **argv)
{
    static const struct service relayd = {.name = "relayd", .sandbox = SB_RELAYD, .run = run};

    return service_main(&relayd, argc, argv);
}
