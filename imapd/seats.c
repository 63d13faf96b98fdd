/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/seats.c - see imapd/seats.h. A seat is claimed by setting its process id from 0; the mailbox is written after, so that a seat is
 * counted late rather than for the wrong mailbox. Two sign-ins at the very same moment may both get the last seat: a limit, not a lock. */
#include "imapd/seats.h"
#include "base/err.h"
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>

struct seat {
    _Atomic pid_t pid;
    _Atomic uint64_t mbx;
};
struct seats {
    struct seat *at;
    size_t n;
};

struct seats *seats_new(size_t n)
{
    struct seats *s = malloc(sizeof *s);
    void *p = mmap(NULL, n * sizeof *s->at, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    if (s == NULL || p == MAP_FAILED)
        die("out of memory for %zu seats", n);
    s->at = p;
    s->n = n;
    return s;
}

void seats_free(struct seats **sp)
{
    struct seats *s = *sp;

    if (s == NULL)
        return;
    *sp = NULL;
    munmap(s->at, s->n * sizeof *s->at);
    free(s);
}

static unsigned count(const struct seats *s, uint64_t mbx)
{
    unsigned n = 0;

    for (size_t i = 0; i < s->n; i++)
        n += atomic_load(&s->at[i].pid) != 0 && atomic_load(&s->at[i].mbx) == mbx;
    return n;
}

bool seats_take(struct seats *s, uint64_t mbx, unsigned most, pid_t me)
{
    if (count(s, mbx) >= most)
        return false;
    for (size_t i = 0; i < s->n; i++) {
        pid_t nobody = 0;

        if (!atomic_compare_exchange_strong(&s->at[i].pid, &nobody, me))
            continue;
        atomic_store(&s->at[i].mbx, mbx);
        break;
    }
    return true;
}

static void leave(struct seat *at)
{
    atomic_store(&at->mbx, 0);
    atomic_store(&at->pid, 0);
}

void seats_give_back(struct seats *s, pid_t me)
{
    for (size_t i = 0; i < s->n; i++)
        if (atomic_load(&s->at[i].pid) == me)
            leave(&s->at[i]);
}

void seats_sweep(struct seats *s)
{
    for (size_t i = 0; i < s->n; i++) {
        pid_t pid = atomic_load(&s->at[i].pid);

        if (pid != 0 && kill(pid, 0) < 0 && errno == ESRCH)
            leave(&s->at[i]);
    }
}
