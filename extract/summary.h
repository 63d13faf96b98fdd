/* SPDX-License-Identifier: EUPL-1.2 */
/* extract/summary.h - all that a listing needs of a message, made once at the door and sealed as an object of its own.
 *
 * Form     version u8=1, then sections (u8 tag, u32 length, bytes), unknown tags skipped:
 *            1 ENVELOPE      the IMAP ENVELOPE text, ready to send (RFC 3501 7.4.2) 2 BODY          the IMAP BODY
 *            text (no extension data)       3 BODYSTRUCTURE  the same with extension data 4 parts         one record
 *            a part: section numbers, kind, header and body offset and length, MIME header place, encoding 5 header
 *            the message's header block as it stands in the message, at most SUMMARY_HEADER bytes (else absent) 6
 *            facts         u64 size, u64 lines, i64 date (sent), i64 local day, u8 flat, u8 has date 7 sort
 *            u32-length strings, folded: base subject, then for From, To, Cc the first mailbox: local part, display
 *            name
 *                            (or address); then u8 1 when the subject is a reply or forward (RFC 5256, RFC 5957)
 *            8 thread        u32-length strings: Message-ID, first In-Reply-To id, then the References ids; without
 *            angle brackets 9 preview       first 200 characters of the first text part, UTF-8 (RFC 8970)
 * Exact    ENVELOPE and BODYSTRUCTURE are always within the grammar: a string with a byte beyond 127, CR or LF, or
 *          longer than 1000, goes as a literal without NUL; never a bare CR or LF in a quoted string. Encoded words
 *          stay encoded. message/global is described as any other type: media-message is MESSAGE/RFC822 alone.
 * Bounds   SUMMARY_MAX bytes in all; a structure that would exceed them is shown flat. ENVELOPE strings are cut at 16
 *          KiB.
 * Process  made by smtpd and imapd (APPEND), read by imapd.   Source RFC 3501 7.4.2, RFC 9051, RFC 5256, RFC 8970.
 */
#pragma once
#include "mime/scan.h"
enum { SUMMARY_HEADER = 16 * 1024, SUMMARY_MAX = 512 * 1024, SECTION_MAX = 264 };
struct text_extract;
/* t may be NULL: no preview; appends */
void summary_build(const struct scan *s, const struct text_extract *t, struct buf *out);
struct summary_part {
    char section[SECTION_MAX];
    enum part_kind kind;
    uint64_t header_off, header_len;           /* BODY[n.MIME] */
    uint64_t body_off, body_len;               /* BODY[n] */
    bool has_message;                          /* BODY[n.HEADER] and BODY[n.TEXT] exist: "" and message/rfc822 parts */
    uint64_t msg_header_off, msg_header_len;   /* BODY[n.HEADER], with the empty line */
    uint64_t msg_body_off, msg_body_len;       /* BODY[n.TEXT] */
    char encoding[24];                         /* "" when none is said */
};
struct summary {               /* a view; spans borrow from the bytes given */
    struct span envelope, body, bodystructure, parts, header, sort, thread, preview;
    uint64_t size, lines;
    int64_t date, local_day;
    bool flat, has_date, has_header;
};
/* RC_CORRUPT: not a summary, or of a version from the future. */
enum rc summary_read(struct span bytes, struct summary *out, struct err *e);
/* Whoever made the summary may have been taken over: these texts are within the grammar, so they can be written into an IMAP stream as they
 * stand. Part records are looked at by summary_part(). extract/lawful.c */
enum summary_text { SUMMARY_ENVELOPE = 1, SUMMARY_BODY = 2, SUMMARY_BODYSTRUCTURE = 4 };
bool summary_lawful(const struct summary *s, unsigned texts);
/* section "1.2" (part numbers only; "" is the message, its body_off being the whole message's text behind the
 * header). RC_NOTFOUND: no such part. RC_CORRUPT: the table is damaged, or the part does not lie inside s->size octets. A leaf message's "1" is its body. RFC 3501 6.4.5. */
enum rc summary_part(const struct summary *s, struct span section, struct summary_part *out, struct err *e);
