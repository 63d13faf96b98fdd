/* SPDX-License-Identifier: EUPL-1.2 */
/* proto/imap/name.h - mailbox names: modified UTF-7 on the wire (UTF-8 when the client has enabled that), UTF-8 inside; hierarchy "/"; LIST patterns.
 *
 * Inside   A name is valid UTF-8 as base/prepare.h prepares names (NFC; no controls, direction marks or other invisible characters). It has
 *          1 to IMAP_NAME_MAX bytes and no empty level. "INBOX" in any case at the first level is spelled INBOX. So the same name typed on
 *          two systems is one folder.
 * Owns     Output is appended to the caller's buffer. imap_name() puts the name into the arena.
 * Process  imapd sessions.   Source RFC 6855 3; RFC 3501 5.1, 5.1.3, 6.3.8.
 */
#pragma once
#include "proto/imap/lex.h"

/* An attribute of LIST of our own (without its backslash): the folder shows what left the others. RFC 9051 7.3.1 lets clients pass over what they do not know. */
#define IMAP_LIST_REMOVED "X-Pli-Removed"
enum { IMAP_NAME_MAX = 1024, IMAP_LEVELS_MAX = 32 };
enum rc imap_utf7_decode(struct span wire, struct buf *utf8_out, struct err *e); /* RC_SYNTAX: not modified UTF-7 */
void imap_utf7_encode(struct span utf8, struct buf *wire_out);                   /* what is no UTF-8 becomes U+FFFD */
/* Makes a checked name of an astring. RC_SYNTAX: it cannot be a name. RC_PERM: it is a name that this server does not take. */
/* The name is in modified UTF-7, or in UTF-8 when ARG_UTF8 is open. */
enum rc imap_name(struct imap_in *in, struct span wire, struct span *name_out, struct err *e);
/* What is on the wire, in UTF-8; for patterns. RC_SYNTAX: neither. */
enum rc imap_name_utf8(const struct imap_in *in, struct span wire, struct buf *utf8_out, struct err *e);
bool imap_name_match(struct span pattern, struct span name); /* both UTF-8; '*' any, '%' any but '/' */
