/* SPDX-License-Identifier: EUPL-1.2 */
/* proto/imap/name.h - mailbox names: modified UTF-7 on the wire, UTF-8 inside; hierarchy "/"; LIST patterns.
 *
 * Inside   a name is valid UTF-8 as base/prepare.h prepares names (NFC; no controls, direction marks or other invisible characters),
 *          1 to IMAP_NAME_MAX bytes, no empty level; "INBOX" in any case at the first level is spelled INBOX. So the same name typed on two
 *          systems is one folder.
 * Process  imapd sessions.   Source RFC 3501 5.1, 5.1.3, 6.3.8.
 */
#pragma once
#include "proto/imap/lex.h"

enum { IMAP_NAME_MAX = 1024, IMAP_LEVELS_MAX = 32 };
enum rc imap_utf7_decode(struct span wire, struct buf *utf8_out, struct err *e); /* RC_SYNTAX: not modified UTF-7 */
void imap_utf7_encode(struct span utf8, struct buf *wire_out);                   /* what is no UTF-8 becomes U+FFFD */
/* An astring as a name, checked as above, in the arena. RC_SYNTAX: never a name. RC_PERM: one this server does not take. */
enum rc imap_name(struct imap_arena *mem, struct span wire, struct span *name_out, struct err *e);
bool imap_name_match(struct span pattern, struct span name); /* both UTF-8; '*' any, '%' any but '/' */
