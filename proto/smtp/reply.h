/* SPDX-License-Identifier: EUPL-1.2 */
/* proto/smtp/reply.h - replies as octets: "550 5.1.1 text", several lines when the text has line feeds.
 * Exact    each line is at most 510 octets and CRLF (RFC 5321 4.5.3.1.5); control characters become '?', and so do octets beyond 127
 *          unless utf8 is set. A code without an enhanced code (greeting, EHLO, 354, 334): esc NULL (RFC 2034 3).
 * Process  smtpd.   Source RFC 5321 4.2, RFC 2034, RFC 3463.
 */
#pragma once
#include "base/buf.h"
void smtp_reply(struct buf *out, int code, const char *esc, struct span text, bool utf8);
