/* SPDX-License-Identifier: EUPL-1.2 */
/* mime/charset.h - octets of any charset as UTF-8.
 *
 * Start    charset_warm() once before the sandbox closes (and before the fork): reads the charsets into tables that all
 *          sessions share, by a child that ends at once; afterwards no file is ever opened here. Not thread-safe: one
 *          session a process.
 * Output   appended to out, which is the caller's. What cannot be read becomes U+FFFD.
 * Process  smtpd and imapd sessions.   Source RFC 2978, RFC 3629, the WHATWG encoding tables for names on the web.
 */
#pragma once
#include "base/buf.h"
void charset_warm(void);
/* RC_PERM: unknown charset, and out is as before. */
enum rc charset_to_utf8(const char *charset, struct span in, struct buf *out, struct err *e);
void charset_make_utf8(struct span in, struct buf *out); /* UTF-8 is passed, other bytes count as windows-1252 */
void charset_add(struct buf *out, unsigned cp);          /* a Unicode scalar value as UTF-8 */
size_t charset_utf8_next(struct span s);                 /* length of the UTF-8 character at s; 0: none there */
size_t charset_ascii_run(struct span s);                 /* how many octets of ASCII s begins with */
