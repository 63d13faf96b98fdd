/* SPDX-License-Identifier: EUPL-1.2 */
/* mime/fields.h - header fields: finding them, and the grammar of their bodies.
 *
 * Owns     An address list and a content type own their memory. Spans in them live as long as they do. A struct field borrows from the
 *          header block.
 * Bounds   A field that is longer than FIELD_MAX, or has comments nested deeper than 20, is taken as unparseable (the answer is empty).
 *          A list gives its first ADDRESSES_MAX addresses, a content type its first PARAMS_MAX parameters.
 *          All functions are linear in the field. None recurses.
 * Lenient  Broken syntax is salvaged and not refused, because an IMAP envelope must say something lawful of any field.
 *          What is lawful (RFC 5322 with its obsolete forms, 6532) is read exactly.
 *          Who must decide from whom a message comes calls addresses_parse() and asks for two things: the list is not odd, and it has
 *          exactly one address. The raw text must not be looked at.
 * Process  smtpd, imapd.   Source RFC 5322, 2045, 2047, 2183, 2231, 6532.
 */
#pragma once
#include "base/buf.h"
enum { FIELD_MAX = 32 * 1024, ADDRESSES_MAX = 1000, PARAMS_MAX = 100 };
struct field { struct span raw, name, body; }; /* raw: with CRLF; body: as written behind the colon */
/* The next field of a header block. A line that is no field is given with an empty name. The empty line ends the block. RC_NOTFOUND: the
 * block is at its end. A lone CR or LF is content. */
enum rc field_next(struct span *rest, struct field *out, struct err *e);
bool field_find(struct span header, const char *name, struct field *out); /* the first of that name */
void field_unfold(struct span body, struct buf *out); /* CRLF before WSP dropped, ends trimmed; appends */
void field_decode(struct span body, struct buf *out); /* RFC 2047 words to UTF-8, unfolded; never fails; appends */

/* One address as an IMAP ENVELOPE has it. Quoting is removed. Encoded words and bytes beyond 127 are left as they are.
 * A span whose .p is NULL is absent (IMAP's NIL).
 *   mailbox      local and domain are not NULL (empty when the text lacks them); name may be NULL
 *   group start  name alone is set, and is not NULL
 *   group end    nothing is set
 * route: "@a,@b" of "<@a,@b:c@d>" (RFC 5322 4.4, ENVELOPE's addr-adl), else NULL. */
struct address { struct span name, local, domain, route; };
/* odd: the text is no address list, even in the obsolete forms. Examples: "<a@b> <c@d>", "a@b <c@d>", "a@b c@d", a bracket or quote that
 * nothing closes. The list then holds one reading of the text, and another program may read another address. A caller that decides by the
 * list must look at odd. An address in front of the same address in brackets ("a@b <a@b>") is common and not odd. */
struct address_list { struct address *a; size_t n; struct buf mem; bool odd; };
/* Does a field of that name hold addresses (From, Sender, Reply-To, To, Cc, Bcc)? */
bool addresses_in(struct span field_name);
/* For SEARCH. Appends to line the names (decoded) and the addresses that ENVELOPE shows for body, except those that line holds already. They
 * can be missing in line because the field wrote them with comments, folding or quoting inside. */
void addresses_add_shown(struct span body, struct buf *line);
/* RC_SYNTAX: the field is beyond the bounds, and *out is empty. The caller calls addresses_free() in both cases. */
enum rc addresses_parse(struct span body, struct address_list *out, struct err *e);
void addresses_free(struct address_list *l);

struct content_type { char type[80], subtype[80]; struct buf params; }; /* pairs of u32-length strings, raw */
bool content_type_parse(struct span body, struct content_type *out); /* false: unparseable, text/plain is filled in */
/* Content-Disposition: .type is the disposition, .subtype "". False: unparseable, both empty. */
bool disposition_parse(struct span body, struct content_type *out);
/* Appends the value of a parameter, with RFC 2231 continuations joined and charsets turned into UTF-8. False: there is no such parameter. */
bool content_type_param(const struct content_type *ct, const char *name, struct buf *value_out);
/* How many times the parameter is given: plain ("a"), extended ("a*") or in sections ("a*0", "a*0*"). Readers differ in which one they take
 * when there is more than one. */
size_t content_type_given(const struct content_type *ct, const char *name);
bool content_type_is(const struct content_type *ct, const char *type, const char *subtype); /* subtype NULL: any */
void content_type_free(struct content_type *ct);
/* Reads a Date: field. utc: seconds since 1970. local_day: days since 1970 of the date as written, whatever its zone (SENTON). False: the
 * field holds no date. */
bool date_parse(struct span body, int64_t *utc_out, int64_t *local_day_out);
