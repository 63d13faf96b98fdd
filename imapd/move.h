/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/move.h - copies or moves messages to another folder.
 *
 * Whole    up to STORE_COPY_MAX messages, in as many ranges as one request takes, are copied or moved in one transaction: all of them or none.
 *          More messages go in several parts, and so does a MOVE when the disk has little room for its records. When a later
 *          part of a COPY fails, the copies of the earlier parts are expunged again, because COPY is all or nothing (RFC 3501 6.4.7). When a later
 *          part of a MOVE fails, the messages of the earlier parts stay moved and are told (COPYUID), because each message must be in one mailbox
 *          or the other (RFC 6851 3.3).
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
/* Moves every message of a folder, whether the folder is selected or not. */
enum rc move_everything(struct imap_session *s, uint32_t folder, uint32_t dest, struct err *e);
