/* SPDX-License-Identifier: EUPL-1.2 */
/* store/ops/audit.h - checks the invariants of a folder inside each transaction that changed the folder, as the last step before its commit.
 *
 * Looks at   INV-5 (exists, unseen and bytes are the sums over the folder's messages; every UID is below uidnext) and INV-6 (no message, and
 *            no change that watchers are told of, has a modseq beyond the folder's), for each folder named by tx_touch(). INV-17
 *            (seen.h) there, too.
 * Bound      a folder of more than AUDIT_MOST messages is not counted, because each commit would read all of it.
 * Broken     a broken invariant calls bug(): the process ends before anything is on the disk, and the log names the folder.
 * Errors     RC_OK: every invariant holds. Any other code comes from reading the folder, and the caller aborts the transaction.
 * Process    pli-stored of the developer profile, as env_hooks.audit. The release profile has no audit; there "pli store check" finds such damage.
 */
#pragma once
#include "store/db/tx.h"

enum { AUDIT_MOST = 300 };
enum rc audit(struct tx *t, struct err *e);
