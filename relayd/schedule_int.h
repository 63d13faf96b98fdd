/* SPDX-License-Identifier: EUPL-1.2 */
/* relayd/schedule_int.h - what schedule.c (entries), schedule_place.c (places) and schedule_letter.c (letters) share.
 *
 * Lists    senders of a destination that have letters waiting form a ring; a destination that wants a place stands in one of three rings.
 *          A letter with a session is in no list and in no chain. Numbers, never pointers, are kept: tables move.
 * INV-1    waiting is the number of letters in the lists of a destination's senders; entries counts those with sessions too.
 * INV-2    a destination stands in a ring exactly when wants() says so; sched_settle() after each change keeps that.
 * INV-3    sessions is the sum of all .up and .connecting but those of the pool of failed destinations, which is probes.
 * Process  relayd scheduler.
 */
#pragma once
#include "relayd/heap.h"
#include "relayd/schedule.h"
#include "relayd/rows.h"

struct entry {
    struct rows_link link;
    uint64_t qid;
    uint32_t rcpt, letter, next, prev; /* in its letter */
    uint32_t stamp;                    /* next_try in the queue */
};
struct letter {
    struct rows_link link;
    uint64_t qid;
    uint32_t dest, sender, n, first, last; /* entries */
    uint32_t next, prev;                   /* among the sender's that wait */
    bool flying;                           /* with a session */
};
struct sender {
    struct rows_link link;
    uint64_t key;
    uint32_t dest, first, last, letters; /* letters that wait */
    uint32_t next, prev;                 /* in the destination's ring */
    uint32_t flying;
};
enum ring { RING_HUNGRY /* without a session */, RING_WORKING /* wants one more */, RING_FAILED, RING_NONE };
struct dest {
    struct rows_link link;
    uint32_t entries, waiting; /* letters that wait */
    uint32_t turn;             /* the sender who is next */
    uint32_t connecting, up, flying; /* sessions; letters with one */
    uint32_t limit, round;     /* sessions; letters taken since the limit last grew */
    uint32_t failures, rest;   /* in a row; until when it rests, 0: it does not */
    uint32_t next, prev;       /* in its ring */
    uint8_t ring;
    bool proven, hungry, probe; /* it worked once; it is counted in .hungry; its session is of the pool of failed ones */
    char domain[SCHEDULE_DOMAIN + 1];
};
struct schedule {
    struct schedule_limits limits;
    struct rows entries, letters, senders, dests;
    struct heap ages, rests;
    uint32_t ring[RING_NONE]; /* who is next */
    uint32_t sessions, probes, hungry, leaving, resting;
};

static inline struct entry *entry_at(const struct schedule *s, uint32_t i) { return rows_at(&s->entries, i); }
static inline struct letter *letter_at(const struct schedule *s, uint32_t i) { return rows_at(&s->letters, i); }
static inline struct sender *sender_at(const struct schedule *s, uint32_t i) { return rows_at(&s->senders, i); }
static inline struct dest *dest_at(const struct schedule *s, uint32_t i) { return rows_at(&s->dests, i); }
uint32_t sched_hash(uint64_t a, uint64_t b);
void sched_settle(struct schedule *s, uint32_t dest); /* after any change of it: in the right ring, or gone when nothing is left of it */
void sched_rest(struct schedule *s, uint32_t dest, uint64_t until); /* 0: no more */
/* letters in the lists */
uint32_t sched_letter_for(struct schedule *s, uint32_t dest, uint64_t sender, uint64_t qid); /* the one that waits, or a new one */
void sched_letter_queue(struct schedule *s, uint32_t letter, bool first);
void sched_letter_unqueue(struct schedule *s, uint32_t letter);
void sched_letter_append(struct schedule *s, uint32_t letter, uint32_t entry);
void sched_letter_remove(struct schedule *s, uint32_t entry); /* an empty letter that waits goes too */
void sched_letter_gone(struct schedule *s, uint32_t letter);
