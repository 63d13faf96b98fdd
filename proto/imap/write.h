/* SPDX-License-Identifier: EUPL-1.2 */
/* proto/imap/write.h - values as IMAP writes them in answers.
 * Promise  what is written is always within the grammar: quoted when it may be (7 bits, no CR LF NUL, at most 1,000 bytes), else
 *          a literal, NUL bytes left out.
 * Process  imapd sessions.   Source RFC 3501 4.3, 9.
 */
#pragma once
#include "proto/imap/lex.h"
void imap_put_string(struct buf *out, struct span s);
void imap_put_astring(struct buf *out, struct span s); /* an atom when it can be one */
void imap_put_mailbox(struct buf *out, struct span utf8_name);
