/* SPDX-License-Identifier: EUPL-1.2 */
/* mime/canon_int.h - the cleaning of header fields, preambles and epilogues; inside mime/ only.
 * Output is appended to out, which is the caller's. Nothing here fails.
 * Process  smtpd and relayd sessions.   Source RFC 2047, RFC 2231, RFC 3987 3.1, RFC 6857.
 */
#pragma once
#include "base/buf.h"
#include "mime/fields.h"
enum { CANON_LINE = 998 };
/* Writes one field with its CRLF. A line beyond CANON_LINE is folded at a blank, where it has one. NUL and a lone CR or LF become DEL,
 * because no grammar takes DEL either. */
void canon_field(struct span raw, struct buf *out);
/* The same, in seven bits. Parameters are written by RFC 2231, text and names by RFC 2047, identifiers and URIs with %XX (RFC 3987 3.1). An
 * address that has bytes beyond 127 becomes the name of an empty group (RFC 6857). Bytes that are not valid UTF-8 count as windows-1252.
 * Where a field breaks its own grammar, its bytes beyond 127 become DEL. Linear in the field. */
void canon_field_7bit(const struct field *f, struct buf *out);
/* Would a line stay longer than CANON_LINE because it has no blank to be folded at? canon_field_7bit() can break such a line: a text into
 * encoded words, a parameter into sections. An identifier, a URI and a boundary stay as they are, because they have no other form. */
bool canon_too_long(struct span raw);
/* Writes a Content-Type's body in seven bits. When charset is not NULL, it takes the place of the one that ct gives. */
void canon_type(const struct content_type *ct, const char *charset, struct buf *out);
bool has_8bit(struct span s);
/* Shared by seven.c and seven_param.c. */
bool seven_plain(unsigned char c);                                /* is it a letter or a digit? */
bool seven_atom(struct span s, const char *also);                 /* does s hold only atext (RFC 5322 3.2.3) and bytes of also? */
void seven_quoted(struct span s, struct buf *out);                /* as a quoted string */
/* Octets beyond 127 as %XX. all: every octet that RFC 2231 does not allow to stand for itself. */
void seven_percent(struct span s, bool all, struct buf *out);
/* Text between parts, streaming. A byte beyond 127, a NUL and a lone CR or LF become HTAB, because no boundary holds an HTAB. A long line is
 * broken, and the new line begins with a blank. Zeroed: ready. */
struct cleaner {
    bool cr;       /* a CR waits for its LF */
    size_t column;
};
void cleaner_feed(struct cleaner *c, struct span in, struct buf *out);
void cleaner_end(struct cleaner *c, struct buf *out); /* afterwards the cleaner is ready for the next run */
