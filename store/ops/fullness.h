/* SPDX-License-Identifier: EUPL-1.2 */
/* store/ops/fullness.h - which mailboxes have passed 80 or 95 per cent of what they may hold, so that their holders are told. Octets and messages count; the
 * fuller of the two decides.
 *
 * Once     struct box has the level that was passed last (.warned) and the one that is to be told (.warn_due, .warn_at). A level is told when the use rises
 *          over it, and again only after it was seen below. Who passes both at once is told of 95 alone. What falls below before it was told is not told.
 * When     whoever changes a mailbox notes it, by its commit; the upkeep looks at what was noted, each round. So a delivery pays for a number in a table,
 *          and many to one mailbox for one look. A crash may lose a note: the next change of that mailbox brings it again.
 * Who      relayd is told (QUEUE_QUOTA), asks STORE_WARNINGS, files the mail and says so by STORE_WARNED. What is due outlives a crash, in struct box.
 * Locks    its own, held for a look into the table. A mailbox is looked at without locks; only a level that changed costs a transaction, which is flushed.
 * Process  pli-stored: fullness_note() in any worker, fullness_sweep() in the background thread. They take NULL: nothing is noted.
 */
#pragma once
#include "store/ops/stored.h"

enum { FULLNESS_NOTES = 4096 /* mailboxes a round; one more is looked at after its next change */, FULLNESS_PAGE = 64 };
struct fullness *fullness_new(void);
void fullness_free(struct fullness **f);
void fullness_note(struct fullness *f, uint64_t mbx);
void fullness_load(struct stored *d, bool (*stopping)(struct stored *d));  /* once: what is due from before the start */
void fullness_sweep(struct stored *d, bool (*stopping)(struct stored *d));
/* 0, 80 or 95: the highest level that the use has reached. most 0: no bound, level 0. Pure. */
unsigned fullness_level(uint64_t used, uint64_t most);
