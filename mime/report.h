/* SPDX-License-Identifier: EUPL-1.2 */
/* mime/report.h - a delivery status notification, written with libetpan: multipart/report of a text (French, English under it), the fields for programs, and
 * the original's header or the whole of it.
 *
 * Form     RFC 6522, 3464; with .utf8 the forms of RFC 6533 where they are needed (message/global-delivery-status, -headers, message/global).
 *          Lines end with CRLF. The fields of the report itself are ASCII but for a To: that is not. All parts are in seven bits but one: a whole
 *          message/rfc822 that has octets beyond 127 stays as it is, for no encoding is lawful for it (RFC 2046 5.2.1).
 * Hostile  the peer's words, addresses, the ids and the original header: whatever they hold, no line of the report begins with anything of them, and
 *          no control, no bidirectional mark and no broken UTF-8 gets in (report_clean).
 * Owns     struct report is borrowed for the call. Output is appended to out, the caller's, secret.
 * Errors   RC_SYNTAX: nobody to report on, more than REPORT_RCPTS, or the sender's address is none. RC_TEMP: libetpan had no memory. Nothing is appended.
 * Process  relayd scheduler.   Source RFC 3461 6.3, 3464, 3834 (Auto-Submitted), 6522, 6533.
 */
#pragma once
#include "base/buf.h"

enum { REPORT_RCPTS = 1000, REPORT_WORDS = 1000 /* octets of a peer's reply that are repeated */, REPORT_ID = 33 };
enum report_kind { REPORT_FAILED = 1, REPORT_DELAYED, REPORT_DELIVERED, REPORT_RELAYED };
struct report_recipient {
    struct span address;
    struct span orcpt;                  /* RFC 3461 ORCPT as it came, xtext; empty: none */
    struct span status;                 /* "5.1.1" */
    uint16_t code;                      /* the peer's reply; 0: none, we found it ourselves */
    struct span words;                  /* the peer's */
    struct span remote_mta;             /* "mx1.chu.example (192.0.2.1)"; empty: none was reached */
    uint64_t last_attempt, retry_until; /* UTC s; 0: none */
    const char *fr, *en;                /* why, in our words; NULL: the peer's reply says it */
};
struct report {
    enum report_kind kind;
    const char *host, *domain; /* ours */
    char id[REPORT_ID];        /* hexadecimal: of the Message-ID and the boundary */
    uint64_t now, arrival;     /* UTC s */
    struct span to;            /* the sender of the original */
    struct span envid;         /* RFC 3461 ENVID as it came, xtext; empty: none */
    struct span original;      /* its header, or all of it */
    bool full;                 /* it is all of it */
    bool utf8;                 /* the sender takes RFC 6533 forms: it sent with SMTPUTF8 */
    const struct report_recipient *rcpts;
    size_t n;
};
struct report_needs { /* of what takes the report on */
    bool utf8, eight_bit;
};
enum rc report_write(const struct report *r, struct buf *out, struct report_needs *needs_out, struct err *e);
/* Appends words of others such that they are one piece of a line: CR, LF and other controls become a space, runs of spaces one; what is no UTF-8, or is
 * not ASCII and utf8 is not set, becomes "?"; beyond most octets "..." stands for the rest. */
void report_clean(struct span words, size_t most, bool utf8, struct buf *out);
