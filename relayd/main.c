/* SPDX-License-Identifier: EUPL-1.2 */
/* relayd/main.c - pli-relayd: keeps watch over the queue. Messages to recipients elsewhere are queued, sealed, and seen with
 * "pli queue list"; this release holds them: sending (MX, mutual TLS, retries, reports) is not in it yet, and the log says so at each start.
 *
 * Process  relayd: its own sandbox, connections to stored only; SIGTERM ends it between two looks.
 */
#include "base/boot.h"
#include "base/log.h"
#include "base/sandbox.h"
#include "base/wipe.h"
#include "relayd/queue.h"
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>

enum { LOOK_MS = 30 * 1000, PATIENCE_MS = 2000 };
static volatile sig_atomic_t told_to_stop;

static void on_signal(int sig)
{
    (void)sig;
    told_to_stop = 1;
}

/* Signals are blocked but while it waits: none is missed between the question and the wait. */
static void signals(sigset_t *waiting)
{
    struct sigaction sa = {.sa_handler = on_signal};
    sigset_t block;

    sigaction(SIGTERM, &sa, NULL);
    sigaction(SIGINT, &sa, NULL);
    sigemptyset(&block);
    sigaddset(&block, SIGTERM);
    sigaddset(&block, SIGINT);
    sigprocmask(SIG_BLOCK, &block, waiting);
    sigdelset(waiting, SIGTERM);
    sigdelset(waiting, SIGINT);
}

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

static void serve(void)
{
    struct boot *b = boot_load();
    struct sandbox_how how = {.kind = SB_RELAYD, .root = "."};
    struct timespec pause = {LOOK_MS / 1000, 0};
    struct queue_view last = {.oldest = UINT64_MAX};
    struct store *st;
    sigset_t waiting;
    struct err e;

    log_open("relayd", LOG_INFO_);
    how.uid = (uid_t)boot_num(b, "uid", 0);
    no_dumps();
    signals(&waiting);
    if (sandbox_enter(&how, &e) != RC_OK)
        die("sandbox: %s", e.log);
    st = store_new(ROLE_RELAYD);
    store_patience(st, PATIENCE_MS);
    log_ev(LOG_INFO_, "ready", "sending=no queue=held");
    while (!told_to_stop) {
        look(st, &last);
        (void)ppoll(NULL, 0, &pause, &waiting);
    }
    store_free(&st);
    log_ev(LOG_INFO_, "stopped", "why=signal");
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "--version") == 0) {
        printf("pli-relayd %s\n", PLI_VERSION);
        return 0;
    }
    if (argc != 1) {
        fprintf(stderr, "usage: pli-relayd [--version]; it is started by pli serve\n");
        return 2;
    }
    serve();
    return 0;
}
