/* SPDX-License-Identifier: EUPL-1.2 */
/* relayd/schedule.h - what waits, and who comes next. It does no I/O and asks no clock: the caller says what happened and what time it is.
 *
 * Words    an entry is one recipient of one message (qid, rcpt). A destination is a domain, or a text that the caller makes of one: mail for one domain that leaves
 *          with two certificates is for two destinations. A letter is all entries of one message at one
 *          destination: they go in one transaction. A place is the right to one session. A destination rests after its host failed, until its retry time.
 * Fair     places go to destinations that have none first, then to those that want one more, round robin in each; within a destination, letters go round robin over the senders. So ten thousand
 *          reports of one sender delay another's letter by one letter, and another destination's by none. When all places are taken and a destination
 *          has none, a session of one that has several, or that has had its turn (SCHEDULE_TURN letters), gives its place up.
 * Adapts   a destination begins with one session; when that works, with SCHEDULE_START. Each round of letters taken adds one, up to limits.per_domain;
 *          a connection that fails halves. While others of it work it pauses for SCHEDULE_PAUSE_S; when none does, it rests.
 * Resting  a destination that failed gets one session at its retry time, from a pool of its own (a quarter of limits.sessions more, at least one): so
 *          hosts that are down take no place from those that work.
 * Cost     every call is O(1), or O(log n) where a time is ordered; schedule_first() O(what it answers). Memory: at most SCHEDULE_ENTRY_OCTETS an entry when
 *          every entry is a letter of its own, beside 700 octets a destination. No address is kept: senders are told apart by a hash.
 * Units    times are UTC seconds.   Numbers: a destination's and a letter's are this structure's own, from 1.
 * Owns     struct schedule. A destination's number lives while it has entries or sessions, or rests.
 * Process  relayd scheduler.
 */
#pragma once
#include "base/span.h"
#include "relayd/channel.h"

enum { SCHEDULE_DOMAIN = 263, SCHEDULE_START = 2, SCHEDULE_TURN = 20, SCHEDULE_PAUSE_S = 5, SCHEDULE_ENTRY_OCTETS = 320 };
struct schedule_limits {
    uint32_t sessions, per_domain; /* places in all; of one destination */
    uint32_t letters;              /* of one session */
    uint32_t rcpts;                /* of one letter in one transaction; at most CH_RCPTS */
};
struct schedule_item {
    uint64_t qid;
    uint32_t rcpt;
    uint64_t next_try; /* as the queue has it: when it has another one later, somebody else changed it */
    uint64_t age_at;   /* when its age is to be looked at: warning, end of its life */
};
struct schedule;
struct schedule *schedule_new(const struct schedule_limits *l);
void schedule_free(struct schedule **s);

/* ---- entries ---- */
enum schedule_seen { SS_NEW = 1, SS_KNOWN, SS_CHANGED /* next_try is another: its destination, if it rests, is tried at once */ };
enum schedule_seen schedule_see(struct schedule *s, uint64_t qid, uint32_t rcpt, uint64_t next_try, uint64_t now);
void schedule_add(struct schedule *s, struct span domain, uint64_t sender, const struct schedule_item *it); /* a known one: bug() */
void schedule_end(struct schedule *s, uint64_t qid, uint32_t rcpt);                           /* it waits no more; an unknown one: nothing */
void schedule_stamp(struct schedule *s, uint64_t qid, uint32_t rcpt, uint64_t next_try);      /* the queue has this now */
void schedule_age(struct schedule *s, uint64_t qid, uint32_t rcpt, uint64_t at);              /* look again then */
/* An entry whose age is to be looked at, and that is with no session; it is asked about again in a minute unless schedule_age() says when. */
bool schedule_old(struct schedule *s, uint64_t now, uint64_t *qid_out, uint32_t *rcpt_out, uint32_t *dest_out);

bool schedule_flying(const struct schedule *s, uint64_t qid, uint32_t rcpt); /* it is with a session */

/* ---- places: schedule_place() gives one, and each ends by schedule_closed() or schedule_failed() ---- */
bool schedule_place(struct schedule *s, uint64_t now, uint32_t *dest_out); /* false: nobody wants one, or there is none */
void schedule_up(struct schedule *s, uint32_t dest);                       /* the session may be given letters */
void schedule_closed(struct schedule *s, uint32_t dest, bool was_up);      /* in good order */
/* The connection failed. True: the destination rests until `until`, which the caller knows from schedule_failures(). False: others of it work, or it
 * rested already. */
bool schedule_failed(struct schedule *s, uint32_t dest, bool was_up, uint64_t now, uint64_t until);
uint32_t schedule_failures(const struct schedule *s, uint32_t dest); /* in a row */
const char *schedule_domain(const struct schedule *s, uint32_t dest);

/* ---- letters ---- */
struct schedule_letter {
    uint32_t letter;
    uint64_t qid;
    uint32_t n, rcpt[CH_RCPTS]; /* ascending when they were added so */
};
enum schedule_taken { ST_LETTER = 1, ST_NONE /* none waits: the session may idle */, ST_LEAVE /* others need the place, or it had its letters */ };
/* For a session that is up and has had `served` letters. */
enum schedule_taken schedule_take(struct schedule *s, uint32_t dest, uint32_t served, struct schedule_letter *out);
void schedule_success(struct schedule *s, uint32_t dest);          /* the peer took a letter: the destination works */
void schedule_back(struct schedule *s, uint32_t letter);           /* the entries of it that did not end wait again, first in line */
void schedule_drop(struct schedule *s, uint32_t letter);           /* they are forgotten: the queue knows when they are due */

/* ---- seen from outside ---- */
struct schedule_counts {
    uint32_t entries, letters, destinations, resting, sessions, probes;
    size_t memory; /* octets */
};
void schedule_count(const struct schedule *s, struct schedule_counts *out);
uint64_t schedule_wake(const struct schedule *s); /* when time alone changes something; UINT64_MAX: never */
/* The first entries of a destination, in about the order in which they would go, at most `most`: those that are shown with its host's failure. */
size_t schedule_first(const struct schedule *s, uint32_t dest, struct schedule_item *out, size_t most);
