/* SPDX-License-Identifier: EUPL-1.2 */
/* mime/report.h - a delivery status report as a message: multipart/report, in French with English under it (RFC 3464, RFC 6522). Written with libetpan.
 *
 * Parts    1 text/plain UTF-8, for people; 2 message/delivery-status, for programs; 3 text/rfc822-headers or message/rfc822: what was sent
 *          (message/global-headers, message/global when it has octets beyond 127: RFC 6533).
 * Words    of a peer (diagnostic, remote_mta) and addresses are hostile octets: control characters and what is not ASCII are escaped, lines are folded, so
 *          that no field and no line can be made by them.
 * Owns     struct report borrows everything; out gets the octets, CRLF line ends, no trace field.
 * Bounds   REPORT_RECIPIENTS; a text of REPORT_TEXT octets is cut there.
 * Errors   RC_SYNTAX: no recipient, or too many.
 * Process  relayd.   Source RFC 3464, RFC 3461 6, RFC 6522, RFC 6533, RFC 3834 (Auto-Submitted).
 */
#pragma once
#include "base/buf.h"

enum { REPORT_RECIPIENTS = 512, REPORT_TEXT = 600 };
enum report_kind { REPORT_FAILED = 1, REPORT_DELAYED, REPORT_DELIVERED, REPORT_RELAYED };
struct report_recipient {
    struct span final;         /* address, UTF-8 */
    struct span original;      /* RFC 3461 ORCPT as it came ("rfc822;" and xtext); empty: none */
    const char *status;        /* "5.1.1" */
    struct span remote_mta;    /* "mx1.chu.example (192.0.2.1)"; empty: none */
    struct span diagnostic;    /* "550 5.1.1 No such user": the peer's words; empty: none */
    const char *fr, *en;       /* the cause, for people */
    int64_t last_attempt, retry_until; /* UTC s; 0: not said */
};
struct report {
    enum report_kind kind;
    struct span to;            /* the sender of what is reported on */
    const char *host, *domain; /* ours: Reporting-MTA; postmaster@domain is the author */
    const char *id;            /* left part of the report's Message-ID */
    struct span envid;         /* RFC 3461, xtext; empty: none */
    struct span original_id;   /* Message-ID of what is reported on, with its brackets; empty: none */
    struct span original;      /* its header block, or all of it */
    bool whole;                /* original is all of it */
    int64_t arrival, now;      /* UTC s */
    const struct report_recipient *r;
    size_t n;
};
enum rc report_write(const struct report *r, struct buf *out, struct err *e);
/* For tests and the fuzzer: one field of part 2, folded and escaped. */
void report_field(struct buf *out, const char *name, const char *type /* "rfc822"; NULL: none */, struct span value);
