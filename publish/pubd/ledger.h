/* SPDX-License-Identifier: EUPL-1.2 */
/* publish/pubd/ledger.h - the state file, DIR/publish/state: what is published, what is under way, and where this state was written.
 *
 * Form     "PliPub1\n", then records: u32 length of the body, u64 FNV-1a of the body, the body: u8 kind (1 place, 2 entry) and the record as base/ipc.h encodes
 *          it. A later record of an address takes the place of an earlier one. Appended and flushed; rewritten as a whole when much of it is old.
 * Crash    a record that is cut off at the end is cut away: it was never relied on. One that does not read before the end is damage, and nothing is sent.
 * Place    the inode of DIR/publish, the machine's id, and a sum of the folder's path: a snapshot of a file system that is mounted beside it has the same inodes. A state
 *          that another place wrote is a copy: two outboxes must not publish for the same mailboxes. One of before, without a path, is given this one when it is opened.
 * Process  pubd; the caller holds the outbox's lock. All names lie below the descriptor of DIR/publish.
 */
#pragma once
#include "publish/pubd/table.h"

enum { MACHINE_ID = 64 };
struct ledger_place {
    uint64_t inode;
    char machine[MACHINE_ID]; /* "ID@SUM"; "ID": an older state, whose path is not known */
    bool begun;              /* an administrator said what is published already */
    int64_t window;          /* UTC s: since when deletions are counted */
    uint64_t window_deletes;
};
struct ledger;
enum ledger_found { LF_NEW, LF_HERE, LF_COPY, LF_DAMAGED };
/* dir: taken. here: the inode and machine of this place; on return the file's other values, where it has any. Entries are added to t. RC_TEMP: it cannot be read or
 * made. */
enum rc ledger_open(int dir, struct ledger_place *here, struct table *t, struct ledger **l_out, enum ledger_found *found_out, struct err *e);
void ledger_close(struct ledger **l);
/* On stable storage when RC_OK. RC_TEMP: not written, and the file is as before. */
enum rc ledger_entry(struct ledger *l, struct pub_entry *en, struct err *e);
enum rc ledger_place_write(struct ledger *l, const struct ledger_place *p, struct err *e);
/* Rewrites the file with what the table has; idle entries are left out. keep_damaged: the old file stays beside it, as state.damaged. */
enum rc ledger_rewrite(struct ledger *l, const struct table *t, const struct ledger_place *p, bool keep_damaged, struct err *e);
bool ledger_wants_rewrite(const struct ledger *l, const struct table *t);
int ledger_dir(const struct ledger *l); /* for the back end that writes files; stays the ledger's */
