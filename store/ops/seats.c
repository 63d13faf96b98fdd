/* SPDX-License-Identifier: EUPL-1.2 */
/* store/ops/seats.c - see seats.h. A hash table with one lock is enough, because it is asked twice per session. */
#include "store/ops/seats.h"
#include "base/err.h"
#include <pthread.h>
#include <stdlib.h>

enum { BUCKETS = 4096 };
struct box {
    struct box *next;
    uint64_t mbx;
    unsigned n;
};
struct seats {
    pthread_mutex_t lock;
    unsigned most;
    struct box *b[BUCKETS];
};

struct seats *seats_new(unsigned most)
{
    struct seats *s = calloc(1, sizeof *s);

    if (!s)
        die("out of memory");
    pthread_mutex_init(&s->lock, NULL);
    s->most = most;
    return s;
}

/* The pointer that leads to the mailbox's entry, or to the end of its bucket. */
static struct box **find(struct seats *s, uint64_t mbx)
{
    struct box **p = &s->b[(mbx * UINT64_C(0x9E3779B97F4A7C15) >> 32) % BUCKETS];

    while (*p && (*p)->mbx != mbx)
        p = &(*p)->next;
    return p;
}

bool seats_take(struct seats *s, uint64_t mbx)
{
    struct box **p;
    bool ok;

    pthread_mutex_lock(&s->lock);
    p = find(s, mbx);
    if (!*p) {
        *p = calloc(1, sizeof **p);
        if (!*p)
            die("out of memory");
        (*p)->mbx = mbx;
    }
    ok = (*p)->n < s->most;
    (*p)->n += ok;
    pthread_mutex_unlock(&s->lock);
    return ok;
}

bool seats_any(struct seats *s, uint64_t mbx)
{
    bool any;

    pthread_mutex_lock(&s->lock);
    any = *find(s, mbx) != NULL && (*find(s, mbx))->n > 0;
    pthread_mutex_unlock(&s->lock);
    return any;
}

void seats_leave(struct seats *s, uint64_t mbx)
{
    struct box **p, *gone;

    pthread_mutex_lock(&s->lock);
    p = find(s, mbx);
    if (!*p)
        bug("mailbox %llu has no session to end", (unsigned long long)mbx);
    if (--(*p)->n == 0) {
        gone = *p;
        *p = gone->next;
        free(gone);
    }
    pthread_mutex_unlock(&s->lock);
}
