/* SPDX-License-Identifier: EUPL-1.2 */
/* relayd/schedule.c - see relayd/schedule.h: entries, their ages, and what is seen from outside. */
#include "relayd/schedule_int.h"
#include <stdlib.h>
#include <string.h>

enum { AGAIN_S = 60 };

/* Fibonacci hashing of two words; who could choose them are our own senders and stored. */
uint32_t sched_hash(uint64_t a, uint64_t b)
{
    uint64_t h = (a ^ (b * 0x9e3779b97f4a7c15u)) * 0xff51afd7ed558ccdu;

    h ^= h >> 33;
    return (uint32_t)((h * 0xc4ceb9fe1a85ec53u) >> 32);
}

struct schedule *schedule_new(const struct schedule_limits *l)
{
    struct schedule *s = calloc(1, sizeof *s);

    if (!s)
        die("out of memory");
    s->limits = *l;
    rows_init(&s->entries, sizeof(struct entry));
    rows_init(&s->letters, sizeof(struct letter));
    rows_init(&s->senders, sizeof(struct sender));
    rows_init(&s->dests, sizeof(struct dest));
    return s;
}

void schedule_free(struct schedule **sp)
{
    struct schedule *s = *sp;

    if (!s)
        return;
    rows_free(&s->entries);
    rows_free(&s->letters);
    rows_free(&s->senders);
    rows_free(&s->dests);
    heap_free(&s->ages);
    heap_free(&s->rests);
    free(s);
    *sp = NULL;
}

/* ---- finding ---- */
static uint32_t small(uint64_t utc)
{
    return utc > UINT32_MAX ? UINT32_MAX : (uint32_t)utc;
}

static bool same_entry(const void *record, const void *key)
{
    const struct entry *a = record, *b = key;

    return a->qid == b->qid && a->rcpt == b->rcpt;
}

static uint32_t find(const struct schedule *s, uint64_t qid, uint32_t rcpt)
{
    struct entry key = {.qid = qid, .rcpt = rcpt};

    return rows_find(&s->entries, sched_hash(qid, rcpt), same_entry, &key);
}

static bool same_domain(const void *record, const void *key)
{
    return strcmp(((const struct dest *)record)->domain, key) == 0;
}

static uint32_t dest_of(struct schedule *s, struct span domain)
{
    char name[SCHEDULE_DOMAIN + 1] = "";
    uint64_t h = 1469598103934665603u;
    uint32_t d;

    for (size_t i = 0; i < domain.n && i < SCHEDULE_DOMAIN; i++) {
        name[i] = (char)domain.p[i];
        h = (h ^ domain.p[i]) * 1099511628211u;
    }
    d = rows_find(&s->dests, sched_hash(h, 0), same_domain, name);
    if (!d) {
        d = rows_new(&s->dests, sched_hash(h, 0));
        memcpy(dest_at(s, d)->domain, name, sizeof name);
        dest_at(s, d)->limit = SCHEDULE_START;
        dest_at(s, d)->ring = RING_NONE;
    }
    return d;
}

/* ---- entries ---- */
enum schedule_seen schedule_see(struct schedule *s, uint64_t qid, uint32_t rcpt, uint64_t next_try, uint64_t now)
{
    uint32_t i = find(s, qid, rcpt);
    struct entry *en;
    uint32_t d;

    if (!i)
        return SS_NEW;
    en = entry_at(s, i);
    if (en->stamp == small(next_try))
        return SS_KNOWN;
    en->stamp = small(next_try);
    d = letter_at(s, en->letter)->dest;
    if (next_try <= now)
        sched_rest(s, d, 0);
    sched_settle(s, d);
    return SS_CHANGED;
}

void schedule_add(struct schedule *s, struct span domain, uint64_t sender, const struct schedule_item *it)
{
    uint32_t i, letter, d = dest_of(s, domain);

    if (find(s, it->qid, it->rcpt))
        bug("schedule: entry %llu.%u is there", (unsigned long long)it->qid, it->rcpt);
    letter = sched_letter_for(s, d, sender, it->qid);
    i = rows_new(&s->entries, sched_hash(it->qid, it->rcpt));
    entry_at(s, i)->qid = it->qid;
    entry_at(s, i)->rcpt = it->rcpt;
    entry_at(s, i)->stamp = small(it->next_try);
    sched_letter_append(s, letter, i);
    dest_at(s, d)->entries++;
    heap_set(&s->ages, i, small(it->age_at));
    sched_settle(s, d);
}

void schedule_end(struct schedule *s, uint64_t qid, uint32_t rcpt)
{
    uint32_t i = find(s, qid, rcpt), d;

    if (!i)
        return;
    d = letter_at(s, entry_at(s, i)->letter)->dest;
    sched_letter_remove(s, i);
    heap_drop(&s->ages, i);
    rows_drop(&s->entries, i);
    dest_at(s, d)->entries--;
    sched_settle(s, d);
}

void schedule_stamp(struct schedule *s, uint64_t qid, uint32_t rcpt, uint64_t next_try)
{
    uint32_t i = find(s, qid, rcpt);

    if (i)
        entry_at(s, i)->stamp = small(next_try);
}

void schedule_age(struct schedule *s, uint64_t qid, uint32_t rcpt, uint64_t at)
{
    uint32_t i = find(s, qid, rcpt);

    if (i)
        heap_set(&s->ages, i, small(at));
}

bool schedule_old(struct schedule *s, uint64_t now, uint64_t *qid_out, uint32_t *rcpt_out, uint32_t *dest_out)
{
    uint32_t at, i;

    while ((i = heap_first(&s->ages, &at)) != 0 && at <= now) {
        const struct entry *en = entry_at(s, i);
        const struct letter *l = letter_at(s, en->letter);

        heap_set(&s->ages, i, small(now + AGAIN_S));
        if (l->flying)
            continue;
        *qid_out = en->qid;
        *rcpt_out = en->rcpt;
        *dest_out = l->dest;
        return true;
    }
    return false;
}

bool schedule_flying(const struct schedule *s, uint64_t qid, uint32_t rcpt)
{
    uint32_t i = find(s, qid, rcpt);

    return i && letter_at(s, entry_at(s, i)->letter)->flying;
}

/* ---- seen from outside ---- */
const char *schedule_domain(const struct schedule *s, uint32_t dest)
{
    return dest_at(s, dest)->domain;
}

void schedule_count(const struct schedule *s, struct schedule_counts *out)
{
    *out = (struct schedule_counts){.entries = s->entries.n,
                                    .letters = s->letters.n,
                                    .destinations = s->dests.n,
                                    .resting = s->resting,
                                    .sessions = s->sessions,
                                    .probes = s->probes,
                                    .memory = sizeof *s + rows_memory(&s->entries) + rows_memory(&s->letters) +
                                              rows_memory(&s->senders) + rows_memory(&s->dests) +
                                              heap_memory(&s->ages) + heap_memory(&s->rests)};
}

uint64_t schedule_wake(const struct schedule *s)
{
    uint32_t a = UINT32_MAX, r = UINT32_MAX;

    heap_first(&s->ages, &a);
    heap_first(&s->rests, &r);
    return a == UINT32_MAX && r == UINT32_MAX ? UINT64_MAX : a < r ? a : r;
}

size_t schedule_first(const struct schedule *s, uint32_t dest, struct schedule_item *out, size_t most)
{
    uint32_t first = dest_at(s, dest)->turn, snd = first;
    size_t n = 0;

    if (!first)
        return 0;
    do
        for (uint32_t l = sender_at(s, snd)->first; l && n < most; l = letter_at(s, l)->next)
            for (uint32_t i = letter_at(s, l)->first; i && n < most; i = entry_at(s, i)->next) {
                const struct entry *en = entry_at(s, i);

                out[n++] = (struct schedule_item){.qid = en->qid, .rcpt = en->rcpt, .next_try = en->stamp};
            }
    while (n < most && (snd = sender_at(s, snd)->next) != first);
    return n;
}
