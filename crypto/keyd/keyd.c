/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/keyd/keyd.c - pli-keyd: the only place with private keys. No network, no file after start. On the skeleton of base/service.h.
 *
 * Start    locked memory; keyring and credential read; sandbox; then it answers on its socket until SIGTERM.
 * Threads  workers of ipc_serve(), and one ticker that forgets what is past its time.
 */
#include "base/service.h"
#include "base/wipe.h"
#include "crypto/keyd/keyd_int.h"
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <time.h>

enum { SWEEP_SECONDS = 30 };

const struct ipc_bind keyd_handlers[] = {
    {KEYD_WRAP, purpose_wrap},         {KEYD_OPEN_BOX, purpose_open},        {KEYD_BOX_NEW, purpose_box_new},
    {KEYD_REWRAP, purpose_rewrap},     {KEYD_SIGN_MAIL, purpose_sign},       {KEYD_TLS_SIGN, purpose_tls},
    {KEYD_ISSUE_TRIAL, purpose_issue}, {KEYD_QUEUE_OPEN, purpose_queue},     {KEYD_STATUS, purpose_status},
    {KEYD_DELEGATE, purpose_delegate}, {KEYD_SIGN_PROFILE, purpose_profile}, {0, NULL},
};

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

static pthread_t ticker;

static void *load(const struct boot *b)
{
    lock_memory();
    seal_warm();
    return state_new(b);
}

static void start(void *daemon, const struct boot *b)
{
    (void)b;
    ticker_start(daemon, &ticker);
}

static void stop(void *daemon)
{
    struct state *s = daemon;

    ticker_stop(ticker);
    state_free(&s);
}

int keyd_main(int argc, char **argv)
{
    static const struct service keyd = {.name = "keyd",
                                        .sandbox = SB_KEYD,
                                        .load = load,
                                        .start = start,
                                        .stop = stop,
                                        .ipc = {.proto = &keyd_proto, .handlers = keyd_handlers}};

    return service_main(&keyd, argc, argv);
}
