/* SPDX-License-Identifier: EUPL-1.2 */
/* store/db/room.h - room for what comes, and for taking away what is there when there is none.
 *
 * Room     is the free space of the disk, less what is logged and still has to be written to the tables, plus the pages inside the tables
 *          that hold nothing (Berkeley DB's free lists). A deletion gives pages back to its table at once, and to the disk only later.
 * Octets   lie in segments (store/segments): they need the disk itself, once. What is freed of them goes back to the disk.
 * INV-R1   What grows is refused (CAUSE_DISK_FULL) while the room is below min_free, or the disk alone is below half of min_free, because the log,
 *          the segments and the small tables need the disk itself. Other changes are refused while the disk is below a quarter of min_free.
 * INV-R2   What takes away is never refused: EXPUNGE, the deletion of a folder or a mailbox, the end of a queue entry. Neither is what comes before it
 *          in mail clients: a flag, MOVE to the Trash, RENAME of a folder to below it, because as many rows go as come. The rest of min_free
 *          is theirs. On a disk that others filled, the file "reserve" is theirs too, and is given up first. Its room stays
 *          theirs: until it is written again, what comes in counts it as taken.
 *          The disk is looked at twenty times a second at most, but nobody is refused for what an older look saw when the disk has more now.
 * INV-R3   while the disk is low, the log is checkpointed at each round of the sweep, so that its files go, and tables are compacted
 *          a few pages at a time (DB->compact: transactions of its own, so a crash leaves the old page or the new).
 * Process  pli-stored, any thread.
 */
#pragma once
#include "store/db/env.h"

enum rc env_room(struct env *v, uint64_t octets, uint64_t more, bool grow, struct err *e); /* octets: for segments; more: records of tables */
void room_at_start(struct env *v);    /* before recovery, which writes */
void room_to_delete(struct env *v);   /* before a deletion: gives up the reserve when the disk is full */
uint64_t room_to_move(struct env *v);  /* bytes of records that one transaction may write anew and take away: never 0 */
void room_keep(struct env *v);        /* each round: the reserve is made again when there is room */
bool room_low(struct env *v);         /* looks */
void room_compact(struct env *v);     /* one step, by one thread */
