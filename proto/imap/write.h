/* SPDX-License-Identifier: EUPL-1.2 */
/* proto/imap/write.h - values as IMAP writes them in answers.
 *
 * Promise  What is written is always within the grammar. A string is quoted when it may be: 7 bits, no CR, LF or NUL, at most 1,000 bytes.
 *          Otherwise it is written as a literal, without its NUL bytes.
 * Owns     nothing. Output is appended to out, which is the caller's.
 * Process  imapd sessions.   Source RFC 3501 4.3, 9.
 */
#pragma once
#include "proto/imap/lex.h"
void imap_put_string(struct buf *out, struct span s);
void imap_put_string8(struct buf *out, struct span s); /* with its NUL bytes: then as a literal8 (RFC 3516) */
void imap_announce(struct buf *out, uint64_t n); /* " {n}" and CRLF: n octets follow, which the caller sends */
void imap_put_astring(struct buf *out, struct span s); /* as an atom, when s can be one */
/* In modified UTF-7; utf8: in UTF-8, quoted (RFC 6855 3). */
void imap_put_mailbox(struct buf *out, struct span utf8_name, bool utf8);
