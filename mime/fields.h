/* SPDX-License-Identifier: EUPL-1.2 */
/* mime/fields.h - header fields: finding them, and their grammar through libetpan behind a length and depth check.
 * Bounds   a field longer than FIELD_MAX or with comments nested deeper than 20 is taken as unparseable (answer: empty).
 * Process  smtpd, imapd.   Source RFC 5322, 2047, 2231, 6532.
 */
#pragma once
#include "base/buf.h"
enum { FIELD_MAX = 32 * 1024 };
struct field { struct span raw, name, body; };       /* raw: with CRLF; body: unfolded? no: as written, without the last CRLF */
enum rc field_next(struct span *rest, struct field *out, struct err *e);    /* RC_NOTFOUND at the end of the block */
bool field_find(struct span header, const char *name, struct field *out);   /* the first of that name */
void field_unfold(struct span body, struct buf *out);                       /* CRLF before WSP dropped, ends trimmed */
void field_decode(struct span body, struct buf *out);                       /* RFC 2047 words to UTF-8, unfolded; never fails */
struct address { struct span name, local, domain; }; /* group start: only name, group end: nothing (IMAP ENVELOPE's way) */
struct address_list { struct address *a; size_t n; struct buf mem; };
enum rc addresses_parse(struct span body, struct address_list *out, struct err *e);
void addresses_free(struct address_list *l);
struct content_type { char type[80], subtype[80]; struct buf params; };     /* params: pairs of u32-length strings name, value (RFC 2231 left raw) */
bool content_type_parse(struct span body, struct content_type *out);        /* false: unparseable, text/plain is filled in */
bool content_type_param(const struct content_type *ct, const char *name, struct buf *value_out);
void content_type_free(struct content_type *ct);
bool date_parse(struct span body, int64_t *utc_out, int64_t *local_day_out); /* Date: field; local_day: days since 1970 as written (SENTON) */
