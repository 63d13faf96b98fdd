/* SPDX-License-Identifier: EUPL-1.2 */
/* extract/text.h - text for SEARCH: decoded (base64, quoted-printable, charset), folded (case, accents, compatibility), compressed.
 *
 * Fed      The message's octets come in a second pass. The scan's tree says where the text parts lie.
 * Form     A search text is: version u8 = 3 (bit 7: cut), then packed (extract/pack.h, PACK_TEXT)
 *            1. each field of the header, decoded, folded and ended by LF ("subject: ..."), then a NUL
 *            2. the text of each text part, attachment file names, and the header fields of enclosed messages, with a NUL behind each
 *          HTML is taken without its tags.
 * Bounds   TEXT_MAX bytes of plain text per message. When there is more, the version byte's "cut" bit is set, and SEARCH reads the message
 *          itself.
 * Folding  text_fold() is the one folding, used for the needle and for the text: NFKD, marks dropped, case folded, a run of white space
 *          becomes one SP. This finds more than i;unicode-casemap does: "eclampsie" finds "Éclampsie", "oedeme" finds "œdème".
 * Owns     A text_extract borrows its scan. A text_view owns what it decompressed; its spans live until text_view_free().
 * Process  smtpd and imapd sessions.   Source RFC 5051, RFC 3501 6.4.4.
 */
#pragma once
#include "extract/like.h"
#include "mime/scan.h"
enum { TEXT_MAX = 4 * 1024 * 1024 };
struct text_extract;
struct text_extract *text_new(const struct scan *s);       /* borrows s, which has ended */
void text_feed(struct text_extract *t, struct span piece); /* the whole message again, in order, any pieces */
/* Instead of the whole message: the offset of the next octet that it looks at (false: there is none), and the octets from there on, as many as are at hand. */
bool text_wants(const struct text_extract *t, uint64_t *off_out);
void text_feed_at(struct text_extract *t, uint64_t off, struct span piece);
void text_end(struct text_extract *t, struct buf *search_out);
void text_preview(const struct text_extract *t, struct buf *out); /* at most 200 characters, UTF-8 */
void text_free(struct text_extract **t);
void text_fold(struct span utf8, struct buf *out);         /* appends; bytes that are no UTF-8 count as windows-1252 */
enum text_where { TEXT_HEADER_FIELD = 1, TEXT_BODY = 2, TEXT_ANY = 3 };
struct text_view { struct span header, body; bool cut; struct buf mem; };
enum rc text_open(struct span search, struct text_view *out, struct err *e); /* decompresses, at most TEXT_MAX bytes */
void text_view_free(struct text_view *v);
/* Is the needle there? field NULL: any field may hold it. An empty needle is in everything: with a field it asks whether there is such a
 * field. */
bool text_has(const struct text_view *v, enum text_where w, const char *field_lower, struct span folded_needle);
/* The same for a fuzzy needle: the best score (extract/like.h); 0: it is not there. */
unsigned text_like(const struct text_view *v, enum text_where w, const char *field_lower, const struct like *l);
