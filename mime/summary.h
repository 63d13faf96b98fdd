/* SPDX-License-Identifier: EUPL-1.2 */
/* mime/summary.h - all that a listing needs of a message, made once at the door and sealed as an object of its own.
 *
 * Form     version u8=1, then sections (u8 tag, u32 length, bytes), unknown tags skipped:
 *            1 ENVELOPE      the IMAP ENVELOPE text, ready to send (RFC 3501 7.4.2)
 *            2 BODY          the IMAP BODY text (no extension data)       3 BODYSTRUCTURE  the same with extension data
 *            4 parts         one record a part: section numbers, kind, header and body offset and length, MIME header place, encoding
 *            5 header        the message's header block as it stands in the message, at most SUMMARY_HEADER bytes (else absent)
 *            6 facts         u64 size, u64 lines, i64 date (sent), i64 local day, u8 flat, u8 has date
 *            7 sort          base subject, and first mailbox of From, To, Cc, display name or address, folded (RFC 5256)
 *            8 thread        Message-ID, In-Reply-To, References ids, normalised
 *            9 preview       first 200 characters of the first text part, UTF-8 (RFC 8970)
 * Exact    ENVELOPE and BODYSTRUCTURE are always within the grammar: 8-bit or NUL bytes go as a literal without NUL or as RFC 2047-less quoted
 *          text of 7 bits; never a bare CR or LF in a quoted string.
 * Process  made by smtpd and imapd (APPEND), read by imapd.   Source RFC 3501 7.4.2, RFC 9051, RFC 5256, RFC 8970.
 */
#pragma once
#include "mime/scan.h"
enum { SUMMARY_HEADER = 16 * 1024, SUMMARY_MAX = 512 * 1024 };
struct text_extract;
void summary_build(const struct scan *s, const struct text_extract *t, struct buf *out); /* t may be NULL: no preview */
struct summary_part { char section[64]; enum part_kind kind; uint64_t header_off, header_len, body_off, body_len; char encoding[24]; };
struct summary {               /* a view; spans borrow from the bytes given */
    struct span envelope, body, bodystructure, parts, header, sort, thread, preview;
    uint64_t size, lines;
    int64_t date, local_day;
    bool flat, has_date;
};
enum rc summary_read(struct span bytes, struct summary *out, struct err *e);
/* section "1.2" (part numbers only; "" is the message). RC_NOTFOUND: no such part. A leaf message's "1" is its body. RFC 3501 6.4.5. */
enum rc summary_part(const struct summary *s, struct span section, struct summary_part *out, struct err *e);
