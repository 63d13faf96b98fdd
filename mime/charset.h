/* SPDX-License-Identifier: EUPL-1.2 */
/* mime/charset.h - octets of any charset as UTF-8.
 *
 * Start    charset_warm() is called once, before the fork and before the sandbox closes. A child process, which ends at once, reads the
 *          charsets into tables that all sessions share. Afterwards nothing here opens a file.
 * Threads  not thread-safe: a process has one session.
 * Output   appended to out, which is the caller's. What cannot be read becomes U+FFFD.
 * Process  smtpd and imapd sessions.   Source RFC 2978, RFC 3629, the WHATWG encoding tables for names on the web.
 */
#pragma once
#include "base/buf.h"
void charset_warm(void);
/* RC_PERM: the charset is not known, and out is unchanged. */
enum rc charset_to_utf8(const char *charset, struct span in, struct buf *out, struct err *e);
void charset_make_utf8(struct span in, struct buf *out); /* UTF-8 is passed as it is; other bytes count as windows-1252 */
void charset_add(struct buf *out, unsigned cp);          /* a Unicode scalar value as UTF-8 */
size_t charset_utf8_next(struct span s);                 /* octets of the UTF-8 character that s begins with; 0: none */
size_t charset_ascii_run(struct span s);                 /* how many octets of ASCII s begins with */
