/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/dird/white_list.c - see directory/dird/white_list.h. */
#include "directory/dird/white_list.h"
#include "base/clock.h"
#include "base/log.h"
#include "trust/client/client.h"
#include "trust/index/index.h"
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

enum { AGAIN_MS = 500, STOP_S = 1 };

struct white_list {
    pthread_rwlock_t lock; /* guards the next five */
    struct trust_index *index;
    uint64_t generation;
    bool heard, expected;
    uint64_t good_until; /* UTC s; 0: no end */
    pthread_t thread;
    atomic_bool asking; /* the thread may be waiting for trustd's answer */
    int stop_fd;
};

static void exchange(struct white_list *w, struct trust_index *x, const struct trustd_index_rep *rep)
{
    struct trust_index *old = NULL;

    pthread_rwlock_wrlock(&w->lock);
    w->heard = true;
    w->expected = rep->configured != 0;
    if (rep->generation > 0) /* else trustd has lost its list, and ours is the last good one */
        w->good_until = rep->good_until;
    if (x) {
        old = w->index;
        w->index = x;
        w->generation = rep->generation;
    }
    pthread_rwlock_unlock(&w->lock);
    index_close(&old);
}

/* Asks for another index than the one in use. False: trustd did not answer. */
static bool pull(struct white_list *w, struct trust *t)
{
    struct trustd_index_rep rep = {0};
    struct trust_index *x = NULL;
    struct err e;
    int fd = -1;
    enum rc rc = trust_get_index(t, w->generation, &rep, &fd, &e);

    if (rc == RC_OK && fd >= 0)
        rc = index_open(fd, &x, &e);
    if (fd >= 0)
        close(fd);
    if (rc != RC_OK) {
        if (rc != RC_TEMP)
            log_err(LOG_ERROR_, "white-list", &e);
        return false;
    }
    exchange(w, x, &rep);
    if (x)
        log_ev(LOG_INFO_, "white-list", "generation=%llu domains=%zu entries=%zu", (unsigned long long)rep.generation,
               index_domains(x), index_entries(x));
    return true;
}

/* Until there is news, or it is time to look, or the end (false). */
static bool rest(struct white_list *w, struct trust *t, bool heard)
{
    struct pollfd p[2] = {{w->stop_fd, POLLIN, 0}, {trust_event_fd(t), POLLIN, 0}};
    int64_t until = deadline_in(heard ? WHITE_LIST_LOOK_S * 1000 : AGAIN_MS);
    uint64_t generation;
    struct err e;

    while (poll(p, heard ? 2 : 1, deadline_left_ms(until)) < 0 && errno == EINTR)
        ;
    while (heard && trust_event_fd(t) >= 0 && trust_event(t, &generation, &e) == RC_OK)
        ;
    return !(p[0].revents & POLLIN);
}

static void *keep(void *ctx)
{
    struct white_list *w = ctx;
    struct trust *t = trust_new(ROLE_DIRD);
    bool heard;

    do {
        atomic_store(&w->asking, true);
        heard = pull(w, t);
        atomic_store(&w->asking, false);
    } while (rest(w, t, heard));
    trust_free(&t);
    return NULL;
}

struct white_list *white_list_start(void)
{
    struct white_list *w = calloc(1, sizeof *w);

    if (!w)
        die("out of memory");
    pthread_rwlock_init(&w->lock, NULL);
    w->stop_fd = eventfd(0, EFD_CLOEXEC);
    if (w->stop_fd < 0 || pthread_create(&w->thread, NULL, keep, w) != 0)
        die("no thread for the white list");
    return w;
}

void white_list_stop(struct white_list **wp)
{
    struct white_list *w = *wp;
    struct timespec until;
    uint64_t one = 1;

    if (!w)
        return;
    *wp = NULL;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += STOP_S;
    if (write(w->stop_fd, &one, sizeof one) != sizeof one || atomic_load(&w->asking) ||
        pthread_timedjoin_np(w->thread, NULL, &until) != 0)
        return; /* it waits for a trustd that stops at the same time: this process ends without it */
    close(w->stop_fd);
    index_close(&w->index);
    pthread_rwlock_destroy(&w->lock);
    free(w);
}

static enum rc no_list(const struct white_list *w, enum dird_trusted *answer_out, struct err *e)
{
    if (!w->heard || w->expected)
        return err_cause(e, RC_TEMP, CAUSE_LIST_MISSING, "the white list is not loaded");
    *answer_out = DTR_UNKNOWN_DOMAIN;
    return RC_OK;
}

enum rc white_list_ask(struct white_list *w, struct span domain, struct span dn, enum dird_trusted *answer_out,
                       struct err *e)
{
    static const enum dird_trusted of[] = {
        [IX_YES] = DTR_YES, [IX_UNKNOWN_DOMAIN] = DTR_UNKNOWN_DOMAIN, [IX_OTHER_DN] = DTR_OTHER_DN};
    enum rc rc = RC_OK;

    *answer_out = DTR_UNKNOWN_DOMAIN;
    if (!w)
        return RC_OK;
    pthread_rwlock_rdlock(&w->lock);
    if (!w->index)
        rc = no_list(w, answer_out, e);
    else if (w->good_until > 0 && (uint64_t)clock_utc() > w->good_until)
        rc = err_cause(e, RC_TEMP, CAUSE_LIST_STALE, "the white list is older than trust.max_age");
    else
        *answer_out = of[index_ask(w->index, domain, dn)];
    pthread_rwlock_unlock(&w->lock);
    return rc;
}

uint64_t white_list_generation(struct white_list *w)
{
    uint64_t g = 0;

    if (w) {
        pthread_rwlock_rdlock(&w->lock);
        g = w->index ? w->generation : 0;
        pthread_rwlock_unlock(&w->lock);
    }
    return g;
}
