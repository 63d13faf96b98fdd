/* SPDX-License-Identifier: EUPL-1.2 */
/* extract/imaptext.h - IMAP strings, envelopes and body structures as text (RFC 3501 9); inside extract/ only.
 *
 * Promise  Whatever the message's bytes are, the output is within the grammar.
 * Owns     nothing. Output is appended to out, which is the caller's. A body_view borrows its scan.
 * Process  smtpd and imapd sessions.   Source RFC 3501 7.4.2, 9.
 */
#pragma once
#include "mime/fields.h"
#include "mime/scan.h"
#include "extract/summary.h"
enum { IMAP_STRING_MOST = 16 * 1024, ENVELOPE_MOST = 192 * 1024 };
void imap_string(struct buf *out, struct span s); /* as proto/imap/write.h writes it, cut at IMAP_STRING_MOST; never NIL */
void imap_nil(struct buf *out);
void imap_unfolded(struct buf *out, const struct field *f); /* NIL when f->name is empty, because the header has no such field */
void envelope_write(struct span header, struct buf *out);

struct body_view {             /* a scan's tree, or the flat form of it */
    const struct scan *scan;
    bool flat, bare;           /* bare: only what the grammar requires */
    struct part flat_root;
};
struct body_view body_view_of(const struct scan *s);
void body_view_flatten(struct body_view *v);
const struct part *body_view_part(const struct body_view *v, size_t i);
void body_write(const struct body_view *v, bool extended, struct buf *out); /* BODY, BODYSTRUCTURE */
void parts_write(const struct body_view *v, struct buf *out);               /* summary section 4 */
/* summary sections 7 and 8 */
void sort_keys_write(struct span header, struct buf *out);
void thread_ids_write(struct span header, struct buf *out);
