/* SPDX-License-Identifier: EUPL-1.2 */
/* publish/pubd/table.h - every address that is published or is to be, in order, in memory: about 600 octets each.
 *
 * States   enum pub_state. DONE -> PENDING by what our directory says; PENDING -> TRYING when the first try is written down; TRYING -> DONE or REFUSED by the
 *          back end's answer, by nothing else: what may have arrived is repeated as it was, whatever changes here meanwhile. REFUSED -> PENDING or DONE when
 *          the mailbox changes or an administrator says so.
 * INV-P1   An address has at most one event, so events of one address never overtake each other.
 * INV-P2   .published changes only when the back end took .target, or by "begin".
 * Owns     the table owns its entries; an entry is freed by table_drop() alone, while no event of it is under way.
 * Process  pubd; the caller holds the outbox's lock.
 */
#pragma once
#include "base/buf.h"
#include "publish/pubd/want.h"

struct pub_entry {
    char *address;
    struct span published, wanted, target; /* encoded pub_facts, owned; empty: nothing */
    uint8_t kind, state;                   /* enum pub_kind, pub_state */
    bool unsure;                           /* what is published is not known: the next event says all of it */
    bool confirmed;                        /* a deletion that an administrator lets go */
    bool unsaved;                          /* the state file has not what stands here */
    char key[PUB_KEY + 1];
    uint32_t attempts;
    int64_t since, next, done;             /* UTC s */
    uint64_t seen;                         /* the last whole comparison that met it; 0: not compared since the start */
    char *report;                          /* owned; NULL: none */
};
struct table_counts {
    uint64_t state[4], published, deletes; /* deletes: pending, not confirmed */
};
struct table {
    struct pub_entry **v; /* by address */
    size_t n, room;
    struct table_counts count;
};

void table_free(struct table *t);
struct pub_entry *table_find(const struct table *t, struct span address);
size_t table_behind(const struct table *t, struct span address); /* index of the first entry behind it; empty address: 0 */
struct pub_entry *table_add(struct table *t, struct span address); /* or the one there is */
void table_drop(struct table *t, size_t i);

/* What our directory says now: wanted (empty: nothing) becomes the entry's; its state follows. now: UTC s. */
void table_want(struct table *t, struct pub_entry *e, struct span wanted, uint64_t seen, int64_t now);
/* The event begins: it has a key and a target from now on. */
void table_begin(struct table *t, struct pub_entry *e);
enum table_answer { TA_TAKEN, TA_REFUSED, TA_LATER };
/* The back end's answer; TA_LATER: not before next. */
void table_answer(struct table *t, struct pub_entry *e, enum table_answer a, struct span report, int64_t next, int64_t now);
/* An administrator: a refusal is forgotten, a pause is over. False: there was neither. */
bool table_retry(struct table *t, struct pub_entry *e, int64_t now);
void table_confirm(struct table *t, struct pub_entry *e);
void table_published(struct table *t, struct pub_entry *e, struct span facts, int64_t now); /* "begin": that is published, in whatever form; facts: not the entry's .published */
void table_count_in(struct table *t, const struct pub_entry *e); /* one that the state file had, once its fields are set */
bool table_idle(const struct pub_entry *e);                      /* nothing is published, nothing is to be */
void pub_set(struct span *owned, struct span value);             /* a copy takes the place of what was there */
