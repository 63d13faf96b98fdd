/* SPDX-License-Identifier: EUPL-1.2 */
/* relayd/schedule_letter.c - letters: in the lists of their senders, and with sessions. See relayd/schedule.h. */
#include "relayd/schedule_int.h"
#include <string.h>

/* ---- the lists ---- */
struct sender_key {
    uint64_t key;
    uint32_t dest;
};
static bool same_sender(const void *record, const void *key)
{
    const struct sender *a = record;
    const struct sender_key *b = key;

    return a->key == b->key && a->dest == b->dest;
}

static uint32_t sender_for(struct schedule *s, uint32_t dest, uint64_t key)
{
    struct sender_key k = {key, dest};
    uint32_t i = rows_find(&s->senders, sched_hash(key, dest), same_sender, &k);

    if (!i) {
        i = rows_new(&s->senders, sched_hash(key, dest));
        sender_at(s, i)->key = key;
        sender_at(s, i)->dest = dest;
    }
    return i;
}

/* A sender whose first letter came stands behind all others of the destination's ring. */
static void sender_joins(struct schedule *s, uint32_t i)
{
    struct sender *me = sender_at(s, i);
    struct dest *d = dest_at(s, me->dest);

    if (!d->turn) {
        d->turn = me->next = me->prev = i;
        return;
    }
    me->next = d->turn;
    me->prev = sender_at(s, d->turn)->prev;
    sender_at(s, me->prev)->next = i;
    sender_at(s, me->next)->prev = i;
}

static void sender_leaves(struct schedule *s, uint32_t i)
{
    struct sender *me = sender_at(s, i);
    struct dest *d = dest_at(s, me->dest);

    if (d->turn == i)
        d->turn = me->next == i ? 0 : me->next;
    sender_at(s, me->prev)->next = me->next;
    sender_at(s, me->next)->prev = me->prev;
    me->next = me->prev = 0;
}

static void sender_settle(struct schedule *s, uint32_t i)
{
    if (sender_at(s, i)->letters == 0 && sender_at(s, i)->flying == 0)
        rows_drop(&s->senders, i);
}

struct letter_key {
    uint64_t qid;
    uint32_t dest, sender;
};
static bool same_letter(const void *record, const void *key)
{
    const struct letter *a = record;
    const struct letter_key *b = key;

    return a->qid == b->qid && a->dest == b->dest && a->sender == b->sender;
}

uint32_t sched_letter_for(struct schedule *s, uint32_t dest, uint64_t sender, uint64_t qid)
{
    uint32_t from = sender_for(s, dest, sender), hash = sched_hash(qid, dest);
    struct letter_key k = {qid, dest, from};
    uint32_t i = rows_find(&s->letters, hash, same_letter, &k);

    if (i)
        return i;
    i = rows_new(&s->letters, hash);
    letter_at(s, i)->qid = qid;
    letter_at(s, i)->dest = dest;
    letter_at(s, i)->sender = from;
    sched_letter_queue(s, i, false);
    return i;
}

void sched_letter_queue(struct schedule *s, uint32_t i, bool first)
{
    struct letter *l = letter_at(s, i);
    struct sender *from = sender_at(s, l->sender);

    l->next = first ? from->first : 0;
    l->prev = first ? 0 : from->last;
    *(l->prev ? &letter_at(s, l->prev)->next : &from->first) = i;
    *(l->next ? &letter_at(s, l->next)->prev : &from->last) = i;
    dest_at(s, l->dest)->waiting++;
    if (from->letters++ == 0)
        sender_joins(s, l->sender);
}

void sched_letter_unqueue(struct schedule *s, uint32_t i)
{
    struct letter *l = letter_at(s, i);
    struct sender *from = sender_at(s, l->sender);

    *(l->prev ? &letter_at(s, l->prev)->next : &from->first) = l->next;
    *(l->next ? &letter_at(s, l->next)->prev : &from->last) = l->prev;
    l->next = l->prev = 0;
    dest_at(s, l->dest)->waiting--;
    if (--from->letters == 0)
        sender_leaves(s, l->sender);
}

void sched_letter_append(struct schedule *s, uint32_t letter, uint32_t i)
{
    struct letter *l = letter_at(s, letter);
    struct entry *en = entry_at(s, i);

    en->letter = letter;
    en->next = 0;
    en->prev = l->last;
    *(l->last ? &entry_at(s, l->last)->next : &l->first) = i;
    l->last = i;
    l->n++;
}

static void unlink_entry(struct schedule *s, uint32_t i)
{
    struct entry *en = entry_at(s, i);
    struct letter *l = letter_at(s, en->letter);

    *(en->prev ? &entry_at(s, en->prev)->next : &l->first) = en->next;
    *(en->next ? &entry_at(s, en->next)->prev : &l->last) = en->prev;
    l->n--;
}

void sched_letter_remove(struct schedule *s, uint32_t i)
{
    uint32_t letter = entry_at(s, i)->letter;

    unlink_entry(s, i);
    if (letter_at(s, letter)->n > 0 || letter_at(s, letter)->flying)
        return;
    sched_letter_unqueue(s, letter);
    sched_letter_gone(s, letter);
}

void sched_letter_gone(struct schedule *s, uint32_t letter)
{
    uint32_t from = letter_at(s, letter)->sender;

    rows_drop(&s->letters, letter);
    sender_settle(s, from);
}

/* ---- with sessions ---- */
/* A letter with more recipients than go in one transaction: the first ones become a letter of their own. */
static uint32_t split(struct schedule *s, uint32_t letter)
{
    uint32_t part = rows_new(&s->letters, letter_at(s, letter)->link.hash), first;

    rows_hide(&s->letters, part);
    letter_at(s, part)->qid = letter_at(s, letter)->qid;
    letter_at(s, part)->dest = letter_at(s, letter)->dest;
    letter_at(s, part)->sender = letter_at(s, letter)->sender;
    while (letter_at(s, part)->n < s->limits.rcpts) {
        first = letter_at(s, letter)->first;
        unlink_entry(s, first);
        sched_letter_append(s, part, first);
    }
    return part;
}

static void fly(struct schedule *s, uint32_t letter, struct schedule_letter *out)
{
    struct letter *l = letter_at(s, letter);

    l->flying = true;
    sender_at(s, l->sender)->flying++;
    dest_at(s, l->dest)->flying++;
    *out = (struct schedule_letter){.letter = letter, .qid = l->qid};
    for (uint32_t i = l->first; i; i = entry_at(s, i)->next)
        out->rcpt[out->n++] = entry_at(s, i)->rcpt;
}

static bool must_leave(const struct schedule *s, const struct dest *d, uint32_t served)
{
    if (served >= s->limits.letters)
        return true;
    return s->sessions >= s->limits.sessions && s->hungry > s->leaving &&
           (d->waiting == 0 || d->up > 1 || served >= SCHEDULE_TURN);
}

enum schedule_taken schedule_take(struct schedule *s, uint32_t dest, uint32_t served, struct schedule_letter *out)
{
    struct dest *d = dest_at(s, dest);
    uint32_t from = d->turn, letter;

    if (must_leave(s, d, served)) {
        s->leaving++;
        return ST_LEAVE;
    }
    if (d->waiting == 0)
        return ST_NONE;
    d->turn = sender_at(s, from)->next;
    letter = sender_at(s, from)->first;
    if (letter_at(s, letter)->n > s->limits.rcpts)
        letter = split(s, letter);
    else {
        sched_letter_unqueue(s, letter);
        rows_hide(&s->letters, letter);
    }
    fly(s, letter, out);
    sched_settle(s, dest);
    return ST_LETTER;
}

static uint32_t land(struct schedule *s, uint32_t letter)
{
    struct letter *l = letter_at(s, letter);

    if (!l->flying)
        bug("schedule: letter %u is with no session", letter);
    l->flying = false;
    sender_at(s, l->sender)->flying--;
    dest_at(s, l->dest)->flying--;
    return l->dest;
}

void schedule_back(struct schedule *s, uint32_t letter)
{
    uint32_t dest = land(s, letter);

    if (letter_at(s, letter)->n > 0)
        sched_letter_queue(s, letter, true);
    else
        sched_letter_gone(s, letter);
    sched_settle(s, dest);
}

void schedule_drop(struct schedule *s, uint32_t letter)
{
    uint32_t dest = land(s, letter), next;

    for (uint32_t i = letter_at(s, letter)->first; i; i = next) {
        next = entry_at(s, i)->next;
        heap_drop(&s->ages, i);
        rows_drop(&s->entries, i);
        dest_at(s, dest)->entries--;
    }
    sched_letter_gone(s, letter);
    sched_settle(s, dest);
}
