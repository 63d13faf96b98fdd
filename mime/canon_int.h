/* SPDX-License-Identifier: EUPL-1.2 */
/* mime/canon_int.h - the cleaning of header fields, preambles and epilogues; inside mime/ only. */
#pragma once
#include "base/buf.h"
#include "mime/fields.h"
enum { CANON_LINE = 998 };
/* One field with its CRLF: lines beyond CANON_LINE folded at a blank where there is one; NUL and a lone CR or LF become
 * DEL, which parses as little as they did. */
void canon_field(struct span raw, struct buf *out);
/* The same, in seven bits: parameters by RFC 2231, text and names by RFC 2047, identifiers and URIs by %XX (RFC 3987 3.1), an
 * address that has bytes beyond 127 as the name of an empty group (RFC 6857). Bytes that are not valid UTF-8 count as
 * windows-1252. Where a field follows no grammar they become DEL. Linear in the field. */
void canon_field_7bit(const struct field *f, struct buf *out);
/* Does a line stay beyond CANON_LINE, since it has no blank to be folded at? canon_field_7bit() breaks it: text in encoded words, a parameter in
 * sections. An identifier, a URI and a boundary have no other form and stay. */
bool canon_too_long(struct span raw);
/* A Content-Type's body in seven bits; charset, when given, takes the place of the one in it. */
void canon_type(const struct content_type *ct, const char *charset, struct buf *out);
bool has_8bit(struct span s);
/* Shared by seven.c and seven_param.c. */
bool seven_plain(unsigned char c);                                /* a letter or digit */
bool seven_atom(struct span s, const char *also);                 /* atext alone (RFC 5322 3.2.3), and bytes of also */
void seven_quoted(struct span s, struct buf *out);                /* as a quoted string */
void seven_percent(struct span s, bool all, struct buf *out);     /* %XX; all: of all that RFC 2231 does not let stand */
/* Text between parts, streaming: a byte beyond 127, NUL, a lone CR or LF become HTAB, which stands in no boundary; a long
 * line is broken with a blank first. */
struct cleaner {
    bool cr;       /* a CR waits for its LF */
    size_t column;
};
void cleaner_feed(struct cleaner *c, struct span in, struct buf *out);
void cleaner_end(struct cleaner *c, struct buf *out); /* and ready for the next run */
