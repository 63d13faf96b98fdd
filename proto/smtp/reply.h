/* SPDX-License-Identifier: EUPL-1.2 */
/* proto/smtp/reply.h - replies as octets: "550 5.1.1 text", several lines when the text has line feeds.
 *
 * Exact    A line has at most 510 octets and CRLF (RFC 5321 4.5.3.1.5). Control characters become '?'. Octets beyond 127 become '?' too,
 *          unless utf8 is set. esc is NULL for a code without an enhanced code: greeting, EHLO, 354, 334 (RFC 2034 3).
 * Owns     nothing. The reply is appended to out, which is the caller's.
 * Process  smtpd.   Source RFC 5321 4.2, RFC 2034, RFC 3463.
 */
#pragma once
#include "base/buf.h"
void smtp_reply(struct buf *out, int code, const char *esc, struct span text, bool utf8);
