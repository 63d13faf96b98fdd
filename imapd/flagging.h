/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/flagging.h - changes the flags of chosen rows, in the store and in the session's view.
 * Process  pli-imapd session.   Source RFC 3501 6.4.6, RFC 7162 3.1.3.
 */
#pragma once
#include "imapd/view.h"
struct flagging {
    uint8_t how; /* FLAGS_SET, ADD, REMOVE */
    uint64_t flags;
    bool tell;     /* an untagged FETCH with the flags of each message */
    bool quiet;    /* not even one with the modseq alone, which CONDSTORE has otherwise: the caller tells it */
    bool conditional; /* only messages whose modseq is not above since (RFC 7162 3.1.3) */
    uint64_t since;
    uint32_t done;    /* messages that were there */
    struct buf modified; /* open: packed u32 UIDs, ascending: there, and not changed because of the condition */
};
/* A change that another session made is told too, when the answer shows one (RFC 3501 6.4.6). .modified is the caller's to free. */
enum rc flagging_run(struct imap_session *s, const struct imap_set *rows, struct flagging *g, struct err *e);
/* Changes the view alone, for rows of messages that another session removed and the client was not told of yet: it sees what it asked for, and the
 * removal next (RFC 2180 4.2). */
enum rc flagging_gone(struct imap_session *s, const struct imap_set *rows, struct flagging *g, struct err *e);
