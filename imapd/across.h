/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/across.h - COPY and MOVE from one mailbox into another: a delegate files a message of the practice in her own, or the other way round.
 *
 * How      Each message is opened with the key of the mailbox it is in, and sealed anew for the other one: what is there has its own content key, so taking
 *          the delegation away takes nothing from either. Flags, keywords (by name) and date go with it, as far as her rights there let her set them.
 * Whole    all of a command are filed in one transaction, or none. So at most STORE_APPEND_MAX messages and twice imapd.max_message octets a command:
 *          else NO [LIMIT], and nothing is copied. A MOVE expunges them in the first mailbox afterwards; when that fails they are in both.
 * Process  pli-imapd session.   Source RFC 3501 6.4.7, RFC 6851 3.3.
 */
#pragma once
#include "imapd/homes.h"
#include "imapd/move.h"

/* The mailbox of the selected folder is at hand, before and after. c->dest is of dest's mailbox (NULL: her own); c->move. */
enum rc across_run(struct imap_session *s, const struct imap_set *rows, struct home *dest, struct copying *c, struct err *e);
