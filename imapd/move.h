/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/move.h - messages copied or moved to another folder.
 *
 * Whole    up to STORE_COPY_MAX messages, in as many ranges as one request takes, are one transaction: all or none. Beyond that they go in parts,
 *          and so does a MOVE where the disk has little room for its records; if a later part fails, what the earlier ones copied leaves again (RFC 3501 6.4.7: COPY is all or nothing), and what they moved
 *          stays moved and is told (COPYUID; RFC 6851 3.3: each message is in one mailbox or the other).
 * Process  pli-imapd session.   Source RFC 3501 6.4.7, RFC 4315, RFC 6851.
 */
#pragma once
#include "imapd/view.h"
struct copying {
    uint32_t dest;
    bool move;
    uint32_t uidvalidity;
    struct buf from, to; /* open: UID sets, as COPYUID has them */
    struct imap_set_writer wf, wt;
    uint32_t done;
    struct buf made; /* open: UIDs in the destination, as ranges: pairs of u32 */
    uint32_t last_made;
};
enum rc copying_run(struct imap_session *s, const struct imap_set *rows, struct copying *c, struct err *e);
void copying_free(struct copying *c);
/* Every message of a folder, whether it is selected or not. */
enum rc move_everything(struct imap_session *s, uint32_t folder, uint32_t dest, struct err *e);
