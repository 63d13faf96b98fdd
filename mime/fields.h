/* SPDX-License-Identifier: EUPL-1.2 */
/* mime/fields.h - header fields: finding them, and the grammar of their bodies.
 *
 * Owns     address lists and content types own their memory; spans in them live as long as they do. Fields borrow.
 * Bounds   a field longer than FIELD_MAX, or with comments nested deeper than 20, is taken as unparseable (answer:
 *          empty). A list gives its first ADDRESSES_MAX addresses, a content type its first PARAMS_MAX parameters.
 *          Linear, never recursive.
 * Lenient  broken syntax is salvaged rather than refused: an IMAP envelope must say something lawful of any field.
 *          What is lawful (RFC 5322 with its obsolete forms, 6532) is read exactly. For "who is this from" decisions
 *          ask for addresses_parse(), a list that is not odd and exactly one address; do not look at raw text.
 * Process  smtpd, imapd.   Source RFC 5322, 2045, 2047, 2183, 2231, 6532.
 */
#pragma once
#include "base/buf.h"
enum { FIELD_MAX = 32 * 1024, ADDRESSES_MAX = 1000, PARAMS_MAX = 100 };
struct field { struct span raw, name, body; }; /* raw: with CRLF; body: as written behind the colon */
/* The next field of a header block. A line that is no field comes as one with an empty name. The empty line ends the
 * block. RC_NOTFOUND at the end. A lone CR or LF is content. */
enum rc field_next(struct span *rest, struct field *out, struct err *e);
bool field_find(struct span header, const char *name, struct field *out); /* the first of that name */
void field_unfold(struct span body, struct buf *out); /* CRLF before WSP dropped, ends trimmed; appends */
void field_decode(struct span body, struct buf *out); /* RFC 2047 words to UTF-8, unfolded; never fails; appends */

/* Quoting is removed, encoded words and bytes beyond 127 are left as they are. .p NULL: absent (IMAP's NIL).
 * mailbox: local and domain not NULL (empty when missing in the text), name may be NULL.
 * group start: only name (not NULL); group end: nothing (IMAP ENVELOPE's way). */
/* route: "@a,@b" of "<@a,@b:c@d>" (RFC 5322 4.4, ENVELOPE's addr-adl), else NULL. */
struct address { struct span name, local, domain, route; };
/* odd: the text is no address list, even in its obsolete forms: "<a@b> <c@d>", "a@b <c@d>", "a@b c@d", a bracket or quote that nothing
 * closes. What was salvaged of it is one reading; another reader may see another address. Whoever decides by the list asks for it. An address
 * that stands in front of itself ("a@b <a@b>") is common and not odd. */
struct address_list { struct address *a; size_t n; struct buf mem; bool odd; };
/* Is that a field of addresses: From, Sender, Reply-To, To, Cc, Bcc? */
bool addresses_in(struct span field_name);
/* Appends the names (decoded) and addresses that ENVELOPE shows of body and that line does not have yet as they are shown: with comments,
 * folding or quoting inside they are written another way. For SEARCH. */
void addresses_add_shown(struct span body, struct buf *line);
/* RC_SYNTAX: beyond the bounds; *out is then empty. addresses_free() in both cases. */
enum rc addresses_parse(struct span body, struct address_list *out, struct err *e);
void addresses_free(struct address_list *l);

struct content_type { char type[80], subtype[80]; struct buf params; }; /* pairs of u32-length strings, raw */
bool content_type_parse(struct span body, struct content_type *out); /* false: unparseable, text/plain is filled in */
/* Content-Disposition: .type is the disposition, .subtype "". False: unparseable, both empty. */
bool disposition_parse(struct span body, struct content_type *out);
/* The value of a parameter, RFC 2231 continuations put together, charsets turned to UTF-8; appends. False: absent. */
bool content_type_param(const struct content_type *ct, const char *name, struct buf *value_out);
/* How often it is given: as it is ("a"), extended ("a*"), in sections ("a*0", "a*0*"). Beyond one, readers differ in which they take. */
size_t content_type_given(const struct content_type *ct, const char *name);
bool content_type_is(const struct content_type *ct, const char *type, const char *subtype); /* subtype NULL: any */
void content_type_free(struct content_type *ct);
/* Date: field. local_day: days since 1970 as written (SENTON). False: no date in it. */
bool date_parse(struct span body, int64_t *utc_out, int64_t *local_day_out);
