/* SPDX-License-Identifier: EUPL-1.2 */
/* store/segments/run.c - appending: see segment.h. A place is reserved under the lock; writing and flushing are done without it. */
#include "store/db/os.h"
#include "store/segments/segment_int.h"
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

enum { BLOCK = 4096 };

static bool has_room(const struct segs *s, uint64_t len)
{
    const struct seg *g = s->current;

    return g && (g->tail + len <= s->conf.most || g->tail == SEG_HEAD);
}

/* The next segment, made by one thread while the others wait. The lock is held on entry and exit. */
static enum rc next_segment(struct segs *s, struct err *e)
{
    struct seg *g;
    enum rc rc;

    s->current = NULL;
    s->making = true;
    pthread_mutex_unlock(&s->lock);
    rc = seg_make(s, &g, e);
    pthread_mutex_lock(&s->lock);
    s->making = false;
    if (rc == RC_OK)
        s->current = g;
    pthread_cond_broadcast(&s->changed);
    return rc;
}

enum rc run_begin(struct segs *s, uint64_t len, struct run *out, struct err *e)
{
    enum rc rc = RC_OK;

    pthread_mutex_lock(&s->lock);
    while (rc == RC_OK && (s->making || !has_room(s, len)))
        if (s->making)
            pthread_cond_wait(&s->changed, &s->lock);
        else
            rc = next_segment(s, e);
    if (rc == RC_OK) {
        *out = (struct run){s, s->current, s->current->id.number, s->current->tail, len};
        s->current->tail += len;
        s->current->held++;
        s->current->writers++;
    }
    pthread_mutex_unlock(&s->lock);
    return rc;
}

static enum rc write_all(const struct seg *g, struct iovec *v, int n, uint64_t at, struct err *e)
{
    while (n > 0) {
        ssize_t got = os_seg_pwritev(g->fd, v, n, (off_t)at);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return err_sys(e, RC_TEMP, "store: segment %08x", (unsigned)g->id.number);
        at += (uint64_t)got;
        while (n > 0 && (size_t)got >= v->iov_len) {
            got -= (ssize_t)v->iov_len;
            v++;
            n--;
        }
        if (n > 0) {
            v->iov_base = (char *)v->iov_base + got;
            v->iov_len -= (size_t)got;
        }
    }
    return RC_OK;
}

enum rc run_write(const struct run *r, uint64_t at, const struct record *head, struct span body, struct err *e)
{
    unsigned char b[RECORD_HEAD];
    struct iovec v[2] = {{b, sizeof b}, {(void *)(uintptr_t)body.p, body.n}};

    if (!head)
        return write_all(r->seg, v + 1, body.n > 0, at, e);
    record_write(b, &r->seg->id, at - RECORD_HEAD, head);
    return write_all(r->seg, v, body.n > 0 ? 2 : 1, at - RECORD_HEAD, e);
}

enum rc run_flush(struct run *r, struct err *e)
{
    struct segs *s = r->s;
    struct seg *g = r->seg;
    uint64_t mine, target;
    bool done;
    int ret;

    pthread_mutex_lock(&s->lock);
    mine = ++g->arrived;
    while (g->flushed < mine && !g->broken) {
        if (g->leading) {
            pthread_cond_wait(&s->changed, &s->lock);
            continue;
        }
        g->leading = true;
        target = g->arrived; /* all of these have written */
        pthread_mutex_unlock(&s->lock);
        ret = os_seg_sync(g->fd);
        pthread_mutex_lock(&s->lock);
        g->leading = false;
        if (ret == 0) {
            g->flushed = target;
        } else {
            g->broken = true; /* INV-O3 */
            g->why = errno;
            s->current = s->current == g ? NULL : s->current;
        }
        pthread_cond_broadcast(&s->changed);
    }
    done = g->flushed >= mine;
    errno = g->why;
    pthread_mutex_unlock(&s->lock);
    return done ? RC_OK : err_sys(e, RC_TEMP, "store: segment %08x: flush", (unsigned)r->segment);
}

void run_end(struct run *r)
{
    if (!r->seg)
        return;
    pthread_mutex_lock(&r->s->lock);
    r->seg->writers--;
    pthread_mutex_unlock(&r->s->lock);
    seg_give(r->s, r->seg);
    r->seg = NULL;
}

void run_drop(struct run *r)
{
    struct err e;

    if (!r->seg)
        return;
    (void)seg_punch(r->s, r->segment, r->offset, r->len, &e);
    pthread_mutex_lock(&r->s->lock);
    r->seg->dropped += r->len;
    pthread_mutex_unlock(&r->s->lock);
    run_end(r);
}

/* ---- which one is current ---- */
enum rc segs_resume(struct segs *s, uint32_t number, struct err *e)
{
    struct stat st;
    struct seg *g;
    enum rc rc = seg_hold(s, number, &g, e);

    if (rc != RC_OK)
        return rc;
    if (fstat(g->fd, &st) != 0)
        rc = err_sys(e, RC_TEMP, "store: segment %08x", (unsigned)number);
    pthread_mutex_lock(&s->lock);
    if (rc == RC_OK && g->sound && (uint64_t)st.st_size < s->conf.most) {
        g->tail = ((uint64_t)st.st_size + BLOCK - 1) / BLOCK * BLOCK;
        s->current = g;
    }
    pthread_mutex_unlock(&s->lock);
    seg_give(s, g);
    return rc;
}

void segs_roll(struct segs *s, uint32_t number)
{
    pthread_mutex_lock(&s->lock);
    if (s->current && s->current->id.number == number)
        s->current = NULL;
    pthread_mutex_unlock(&s->lock);
}
