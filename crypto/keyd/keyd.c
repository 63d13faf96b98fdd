/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/keyd/keyd.c - pli-keyd: the only place with private keys. No network, no file after start.
 *
 * Start    boot settings; keyring and credential read; locked memory; sandbox; then it answers on its socket until SIGTERM.
 * Threads  workers of ipc_serve(), and one ticker that forgets what is past its time.
 */
#include "base/sandbox.h"
#include "base/wipe.h"
#include "crypto/keyd/keyd_int.h"
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum { SWEEP_SECONDS = 30 };

/* index as in keyd_proto.ops; keyd_test.c keeps the two in step */
static enum rc (*const handlers[])(void *, struct ipc_peer *, const void *, int, struct ipc_reply *, struct err *) = {
    purpose_wrap, purpose_open,  purpose_box_new, purpose_rewrap, purpose_sign,
    purpose_tls,  purpose_issue, purpose_queue,   purpose_status,
};

static uid_t uid_of_role(void *daemon, enum ipc_role r)
{
    return ((struct state *)daemon)->uid[r];
}

static void on_term(int sig)
{
    (void)sig;
    ipc_stop();
}

/* All pages stay out of swap where we may; else the secrets alone, which secret_alloc() locks as far as the limit goes. With a
 * limit, a lock on everything would make a later allocation fail. */
static void lock_memory(void)
{
    struct rlimit all = {RLIM_INFINITY, RLIM_INFINITY};

    if (setrlimit(RLIMIT_MEMLOCK, &all) != 0 || mlockall(MCL_CURRENT | MCL_FUTURE) != 0)
        log_ev(LOG_WARN_, "memory-not-locked",
               "cause=\"the limit of locked memory is too small: swap should be encrypted or off\"");
}

/* Told to end by a condition, not by pthread_cancel(3): that one loads a library, which the sandbox forbids. */
static pthread_mutex_t tick_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t tick_end = PTHREAD_COND_INITIALIZER;
static bool tick_ended;

static void *tick(void *state)
{
    pthread_mutex_lock(&tick_lock);
    while (!tick_ended) {
        struct timespec until;
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_sec += SWEEP_SECONDS;
        if (pthread_cond_timedwait(&tick_end, &tick_lock, &until) == ETIMEDOUT) {
            pthread_mutex_unlock(&tick_lock);
            state_sweep(state);
            pthread_mutex_lock(&tick_lock);
        }
    }
    pthread_mutex_unlock(&tick_lock);
    return NULL;
}

static void ticker_stop(pthread_t t)
{
    pthread_mutex_lock(&tick_lock);
    tick_ended = true;
    pthread_cond_signal(&tick_end);
    pthread_mutex_unlock(&tick_lock);
    pthread_join(t, NULL);
}

static void ticker_start(struct state *s, pthread_t *t)
{
    sigset_t all, old;

    sigfillset(&all); /* signals are the main thread's */
    pthread_sigmask(SIG_SETMASK, &all, &old);
    if (pthread_create(t, NULL, tick, s) != 0)
        die("no thread for the ticker");
    pthread_sigmask(SIG_SETMASK, &old, NULL);
}

static enum rc serve(struct state *s, const struct boot *b, struct err *e)
{
    struct ipc_service v = {.proto = &keyd_proto,
                            .handlers = handlers,
                            .uid_of_role = uid_of_role,
                            .daemon = s,
                            .threads = (unsigned)boot_num(b, "keyd.threads", 4),
                            .max_peers = (unsigned)boot_num(b, "keyd.max_peers", 8000)};
    pthread_t ticker;
    enum rc rc;

    _Static_assert(sizeof handlers / sizeof *handlers == KEYD_STATUS - KEYD_WRAP + 1, "a handler for every operation");
    ticker_start(s, &ticker);
    rc = ipc_serve(&v, boot_fd(b, "ipc"), e);
    ticker_stop(ticker);
    return rc;
}

int keyd_main(void)
{
    struct boot *b;
    struct state *s;
    struct err e;

    log_open("keyd", LOG_INFO_);
    b = boot_load();
    no_dumps();
    lock_memory();
    if (boot_fd(b, "ipc") < 0)
        die("PLI_BOOT gives no ipc socket");
    seal_warm();
    s = state_new(b);
    signal(SIGTERM, on_term);
    signal(SIGINT, on_term);
    signal(SIGPIPE, SIG_IGN);
    if (sandbox_enter(&(struct sandbox_how){.kind = SB_KEYD,
                                            .uid = (uid_t)boot_num(b, "uid", 0),
                                            .root = boot_get(b, "run", NULL)},
                      &e) != RC_OK)
        die("%s", e.log);
    log_ev(LOG_INFO_, "ready", "threads=%lld", (long long)boot_num(b, "keyd.threads", 4));
    if (serve(s, b, &e) != RC_OK)
        die("%s", e.log);
    state_free(&s);
    boot_free(&b);
    return 0;
}
