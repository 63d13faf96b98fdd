/* SPDX-License-Identifier: EUPL-1.2 */
/* relayd/main.c - pli-relayd: the way out. This process becomes the scheduler (relayd/scheduler.h); the finder and the nursery are forked from it
 * before it holds anything secret.
 *
 * Process  relayd: its own sandbox (SB_RELAYD): sockets to its sibling daemons, no network, no files; SIGTERM ends it when the letters at hand are done.
 */
#include "base/log.h"
#include "base/service.h"
#include "flow/logged.h"
#include "relayd/scheduler_run.h"

static void *load(const struct boot *b)
{
    struct scheduler *s = scheduler_new(b);
    unsigned char key[LOGGED_KEY];

    boot_secret(b, "log.key", key, sizeof key);
    logged_key(key);
    return s;
}

static void start(void *daemon, const struct boot *b)
{
    (void)b;
    scheduler_start(daemon);
}

static void run(void *daemon)
{
    scheduler_run(daemon);
}

static void stop(void *daemon)
{
    struct scheduler *s = daemon;

    scheduler_free(&s);
}

int main(int argc, char **argv)
{
    static const struct service relayd = {
        .name = "relayd", .sandbox = SB_RELAYD, .load = load, .start = start, .run = run, .stop = stop};

    return service_main(&relayd, argc, argv);
}
