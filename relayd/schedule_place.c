/* SPDX-License-Identifier: EUPL-1.2 */
/* relayd/schedule_place.c - places: which destination gets the next session, and how many one may have. See relayd/schedule.h. */
#include "relayd/schedule_int.h"

/* ---- rings ---- */
static void join(struct schedule *s, uint32_t i, enum ring r)
{
    struct dest *d = dest_at(s, i);
    uint32_t *head = &s->ring[r];

    d->ring = (uint8_t)r;
    if (!*head) {
        *head = d->next = d->prev = i;
        return;
    }
    d->next = *head;
    d->prev = dest_at(s, *head)->prev;
    dest_at(s, d->prev)->next = i;
    dest_at(s, d->next)->prev = i;
}

static void leave(struct schedule *s, uint32_t i)
{
    struct dest *d = dest_at(s, i);
    uint32_t *head = &s->ring[d->ring];

    if (*head == i)
        *head = d->next == i ? 0 : d->next;
    dest_at(s, d->prev)->next = d->next;
    dest_at(s, d->next)->prev = d->prev;
    d->ring = RING_NONE;
}

static enum ring wants(const struct dest *d)
{
    uint32_t cap = d->failures || !d->proven ? 1 : d->limit;

    uint32_t free =
        d->up > d->flying ? d->up - d->flying : 0; /* sessions that are about to ask for a letter, or idle */

    if (d->rest || d->waiting <= d->connecting + free || d->connecting + d->up >= cap)
        return RING_NONE;
    if (d->failures)
        return RING_FAILED;
    return d->connecting + d->up == 0 ? RING_HUNGRY : RING_WORKING;
}

void sched_settle(struct schedule *s, uint32_t dest)
{
    struct dest *d = dest_at(s, dest);
    enum ring r = wants(d);
    bool hungry = r == RING_HUNGRY;

    if (d->ring != r && d->ring != RING_NONE)
        leave(s, dest);
    if (d->ring != r)
        join(s, dest, r);
    s->hungry += hungry;
    s->hungry -= d->hungry;
    d->hungry = hungry;
    if (d->entries == 0 && d->connecting == 0 && d->up == 0 && !d->rest)
        rows_drop(&s->dests, dest);
}

void sched_rest(struct schedule *s, uint32_t dest, uint64_t until)
{
    struct dest *d = dest_at(s, dest);
    uint32_t at = until > UINT32_MAX ? UINT32_MAX : (uint32_t)until;

    s->resting += at != 0;
    s->resting -= d->rest != 0;
    d->rest = at;
    if (at)
        heap_set(&s->rests, dest, at);
    else
        heap_drop(&s->rests, dest);
}

static void wake(struct schedule *s, uint64_t now)
{
    uint32_t at, i;

    while ((i = heap_first(&s->rests, &at)) != 0 && at <= now) {
        sched_rest(s, i, 0);
        sched_settle(s, i);
    }
}

/* ---- places ---- */
static uint32_t pool_of_failed(const struct schedule *s)
{
    return s->limits.sessions < 4 ? 1 : s->limits.sessions / 4;
}

static void give(struct schedule *s, uint32_t i, enum ring r)
{
    struct dest *d = dest_at(s, i);

    s->ring[r] = d->next; /* the next one's turn */
    d->connecting++;
    d->probe = r == RING_FAILED;
    s->probes += d->probe;
    s->sessions += !d->probe;
    sched_settle(s, i);
}

bool schedule_place(struct schedule *s, uint64_t now, uint32_t *dest_out)
{
    enum ring r = RING_NONE;

    wake(s, now);
    if (s->sessions < s->limits.sessions && (s->ring[RING_HUNGRY] || s->ring[RING_WORKING]))
        r = s->ring[RING_HUNGRY] ? RING_HUNGRY : RING_WORKING;
    else if (s->ring[RING_FAILED] && s->probes < pool_of_failed(s))
        r = RING_FAILED;
    if (r == RING_NONE)
        return false;
    *dest_out = s->ring[r];
    give(s, *dest_out, r);
    return true;
}

/* Its session counts among the others from now on: a failed destination that answers works. */
static void out_of_pool(struct schedule *s, struct dest *d)
{
    if (!d->probe)
        return;
    d->probe = false;
    s->probes--;
    s->sessions++;
}

void schedule_up(struct schedule *s, uint32_t dest)
{
    struct dest *d = dest_at(s, dest);

    out_of_pool(s, d);
    d->connecting--;
    d->up++;
    d->proven = true;
    d->failures = 0;
    sched_settle(s, dest);
}

static void give_back(struct schedule *s, struct dest *d, bool was_up)
{
    if (d->probe) {
        d->probe = false;
        s->probes--;
    } else
        s->sessions--;
    if (was_up)
        d->up--;
    else
        d->connecting--;
    if (s->leaving)
        s->leaving--;
}

void schedule_closed(struct schedule *s, uint32_t dest, bool was_up)
{
    give_back(s, dest_at(s, dest), was_up);
    sched_settle(s, dest);
}

bool schedule_failed(struct schedule *s, uint32_t dest, bool was_up, uint64_t now, uint64_t until)
{
    struct dest *d = dest_at(s, dest);
    bool rests = false;

    give_back(s, d, was_up);
    d->limit = d->limit > 1 ? d->limit / 2 : 1;
    d->round = 0;
    if (d->rest == 0 && d->up == 0) {
        rests = true;
        d->failures++;
        sched_rest(s, dest, until > now ? until : now + 1);
    } else if (d->rest == 0)
        sched_rest(s, dest, now + SCHEDULE_PAUSE_S);
    sched_settle(s, dest);
    return rests;
}

void schedule_success(struct schedule *s, uint32_t dest)
{
    struct dest *d = dest_at(s, dest);

    if (++d->round < d->limit || d->limit >= s->limits.per_domain)
        return;
    d->limit++;
    d->round = 0;
    sched_settle(s, dest);
}

uint32_t schedule_failures(const struct schedule *s, uint32_t dest)
{
    return dest_at(s, dest)->failures;
}
