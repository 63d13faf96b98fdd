/* SPDX-License-Identifier: EUPL-1.2 */
/* proto/smtp/client.h - SMTP from the client's side: a server's replies as values, our commands and a message as octets. Pure: no I/O.
 *
 * Replies  a line comes without its CRLF (base/stream cuts lines, CRLF exactly). Strict: three digits from 2 to 5, then the end, a space or a hyphen; all
 *          lines of a reply have the same code (RFC 5321 4.2.1); at most SMTP_ANSWER_LINES lines. Tolerant in two places, where it is safe because no
 *          decision hangs on it: a code without a text (4.2 says so), and any octet in the text, which is escaped before anyone sees it.
 * Enhanced a code of RFC 3463 counts when its class is the reply's own first digit and a space or the end follows.
 * EHLO     keywords that are not known here are passed over (RFC 5321 4.1.1.1). A known keyword with a malformed parameter counts as not offered.
 * Commands addresses are checked with smtp_path(), so nothing that was queued can add a parameter or a second command. False: it cannot be written.
 * Process  relayd sessions.   Source RFC 5321, RFC 2034, RFC 3463, RFC 1870, RFC 2920, RFC 3030, RFC 3461, RFC 6152, RFC 6531, RFC 8689, RFC 9422.
 */
#pragma once
#include "proto/smtp/param.h"
#include "proto/smtp/path.h"

enum { SMTP_ANSWER_LINE = 2048, SMTP_ANSWER_LINES = 128, SMTP_ANSWER_TEXT = 512, SMTP_ESC_MAX = 16 };
struct smtp_answer {
    uint16_t code;                   /* 0: no line yet */
    unsigned lines;
    char esc[SMTP_ESC_MAX];          /* "5.1.1" of the first line; empty: none */
    size_t n_text;
    char text[SMTP_ANSWER_TEXT + 1]; /* the lines' texts, a space between; escaped to printable ASCII; cut at the bound */
};
/* *a is zeroed before the first line. RC_MORE: another line of this reply follows. RC_OK: that was the last. RC_SYNTAX: no reply, and none will be. */
enum rc smtp_answer_line(struct smtp_answer *a, struct span line, struct err *e);
struct span smtp_answer_rest(struct span line); /* the text behind "250-", for EHLO */

enum smtp_ext {
    SMTP_PIPELINING = 1, SMTP_SIZE = 2, SMTP_8BITMIME = 4, SMTP_DSN = 8, SMTP_UTF8 = 16, SMTP_CHUNKING = 32, SMTP_REQUIRETLS = 64, SMTP_ESC = 128,
    SMTP_STARTTLS = 256
};
struct smtp_offers {
    uint32_t extensions;             /* enum smtp_ext */
    uint64_t size;                   /* 0: not said */
    uint32_t mailmax, rcptmax;       /* LIMITS; 0: not said */
};
void smtp_offer(struct smtp_offers *o, struct span text); /* a line of the answer to EHLO, behind the first */

struct smtp_mail_words {
    struct span sender;              /* empty: <> */
    uint64_t size;                   /* 0: not said */
    bool eight_bit, utf8, require_tls;
    enum smtp_ret ret;
    struct span envid;               /* xtext; empty: none */
};
struct smtp_rcpt_words {
    struct span address;
    uint16_t notify;                 /* NOTIFY_ bits; 0: not said */
    struct span orcpt;               /* "rfc822;" and xtext; empty: none */
};
/* Append one command with its CRLF. */
bool smtp_write_mail(struct buf *out, const struct smtp_mail_words *w);
bool smtp_write_rcpt(struct buf *out, const struct smtp_rcpt_words *w);

/* The octets of DATA: a dot at the start of a line is doubled; the end is a dot on a line of its own. However the message is cut into pieces, the
 * octets are the same. The message has CRLF line ends only: the caller has made sure. A last line without its CRLF gets one, as DATA cannot say otherwise. */
struct smtp_dots {
    bool text; /* inside a line. Zeroed: at the start of one */
};
void smtp_dots_write(struct smtp_dots *d, struct span in, struct buf *out);
void smtp_dots_end(struct smtp_dots *d, struct buf *out);
