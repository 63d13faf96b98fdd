/* SPDX-License-Identifier: EUPL-1.2 */
/* extract/summary.h - all that a listing needs of a message, made once at the door and sealed as an object of its own.
 *
 * Form     version u8 = 2, then packed (extract/pack.h, PACK_SUMMARY): sections, each a tag u8 and a string. A reader steps over tags that it does
 *          not know. Lengths and strings: extract/var.h. Byte by byte: docs/internals/extract.md.
 *
 *            tag            holds
 *            1 ENVELOPE     the IMAP ENVELOPE, ready to send (RFC 3501 7.4.2)
 *            2 BODY         the IMAP BODY, without extension data
 *            3 BODYSTRUCTURE  the same with extension data
 *            4 PARTS        one record for each section that FETCH can name: where its octets lie
 *            5 HEADER       the message's header block as it stands in the message; absent when it is longer than SUMMARY_HEADER
 *            6 FACTS        size, lines, the date it was sent, two flags
 *            7 SORT         folded keys: base subject; first mailbox of From, To, Cc (RFC 5256, RFC 5957)
 *            8 THREAD       Message-ID, first id of In-Reply-To, ids of References; without angle brackets
 *            9 PREVIEW      first 200 characters of the first text part, UTF-8 (RFC 8970)
 *
 * Exact    ENVELOPE and BODYSTRUCTURE are always within the grammar. A string is written as a literal, without its NUL bytes, when it has a
 *          byte beyond 127, a CR or an LF, or more than 1,000 bytes. Encoded words stay encoded. A message/global is described like any other
 *          type, because the grammar's media-message is MESSAGE/RFC822 alone.
 * Bounds   A summary has at most SUMMARY_MAX bytes. A structure that would exceed them is shown flat. A string of ENVELOPE is cut at 16 KiB.
 * Process  made by smtpd and imapd (APPEND), read by imapd.   Source RFC 3501 7.4.2, RFC 9051, RFC 5256, RFC 8970.
 */
#pragma once
#include "extract/var.h"
#include "mime/scan.h"
enum { SUMMARY_HEADER = 16 * 1024, SUMMARY_MAX = 512 * 1024, SECTION_MAX = 264 };
struct text_extract;
/* Appends a whole summary, packed. t may be NULL: the summary then has no preview. */
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
/* Unpacks into mem, which loses what it held; out borrows from mem. RC_CORRUPT: not a summary, or of a version from the future. */
enum rc summary_read(struct span packed, struct buf *mem, struct summary *out, struct err *e);
/* True: the texts that are asked for (SUMMARY_ bits) are within the grammar, so they can be written into an IMAP stream as they stand. This
 * is checked because the session that made the summary may have been taken over. summary_part() checks the part records. extract/lawful.c */
enum summary_text { SUMMARY_ENVELOPE = 1, SUMMARY_BODY = 2, SUMMARY_BODYSTRUCTURE = 4 };
bool summary_lawful(const struct summary *s, unsigned texts);
/* Finds the record of a section such as "1.2" (part numbers only). The section "" is the message itself, and its body_off is where the text
 * behind the message's header begins. The section "1" of a message that is no multipart is its body. RFC 3501 6.4.5.
 * RC_NOTFOUND: no such part. RC_CORRUPT: the table is damaged, or the part does not lie inside s->size octets. */
enum rc summary_part(const struct summary *s, struct span section, struct summary_part *out, struct err *e);
