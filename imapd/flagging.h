/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/flagging.h - changes the flags of chosen rows, in the store and in the session's view.
 * Process  pli-imapd session.   Source RFC 3501 6.4.6.
 */
#pragma once
#include "imapd/view.h"
struct flagging {
    uint8_t how; /* FLAGS_SET, ADD, REMOVE */
    uint64_t flags;
    bool tell;     /* an untagged FETCH for each message */
    uint32_t done; /* messages that were there */
};
enum rc flagging_run(struct imap_session *s, const struct imap_set *rows, struct flagging *g, struct err *e);
