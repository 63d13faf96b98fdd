/* SPDX-License-Identifier: EUPL-1.2 */
/* store/ops/hold.h - a mailbox's legal hold: while it is set, nothing that left a folder is destroyed (freed.h), and the mailbox is not deleted.
 *
 * Record   part 3 of the mailbox's record in boxes.db: a list of store_hold_note, one for each setting and clearing. No request changes or deletes a
 *          note: a mailbox that has one is deleted only when no hold is set, and then the log still has its lines (ev=hold-set, ev=hold-cleared).
 * Read     by the administrator and by the holder (DESIGN, promise 6): it is an act on the mailbox by somebody else.
 * Process  pli-stored, inside a transaction.
 */
#pragma once
#include "store/ops/folder.h"

enum { PART_HOLD = 3 };
enum rc do_hold(struct tx *t, const struct ask *a, struct err *e);
void hold_done(const struct ask *a); /* behind the commit: the log's line */
/* RC_PERM: the mailbox is on hold. */
enum rc hold_none(struct tx *t, uint64_t mbx, struct err *e);
enum rc hold_remove(struct tx *t, uint64_t mbx, struct err *e); /* the notes, with the mailbox */
