/* SPDX-License-Identifier: EUPL-1.2 */
/* proto/smtp/cmd.h - SMTP command lines: first verb and argument, then the argument as its verb has it.
 *
 * Input    A line without its CRLF (base/stream cuts lines). Verbs may be in any case. The argument comes without the space before it.
 * Parse    smtp_parse_x(arg, &args, e) is pure. Spans borrow from the line. *out is untouched on failure.
 * Errors   RC_SYNTAX; of an address with CAUSE_BAD_ADDRESS. RC_PERM for a parameter that nobody knows. smtpd tells the peer the cause.
 * Bounds   A line has at most SMTP_LINE_MAX octets with its CRLF: 512 and what the extensions add (RFC 5321 4.5.3.1.4, 4954 4.3, 1870,
 *          3461, 6531), rounded up. A SASL line has at most SMTP_SASL_MAX (RFC 4954 4: 12288).
 * Process  smtpd.   Source RFC 5321 4.1.1, RFC 3030 (BDAT), RFC 4954 (AUTH).
 */
#pragma once
#include "proto/smtp/param.h"
#include "proto/smtp/path.h"

enum { SMTP_LINE_MAX = 2048, SMTP_SASL_MAX = 12288 };
struct smtp_line {
    struct span verb, arg;
};
struct smtp_mail {
    struct smtp_path path;
    struct smtp_mail_params params;
};
struct smtp_rcpt {
    struct smtp_path path;
    struct smtp_rcpt_params params;
};
struct smtp_bdat {
    uint64_t size;
    bool last;
};
struct smtp_burl { /* RFC 4468 */
    struct span url;
    bool last;
};
struct smtp_auth {
    struct span mechanism;
    struct span initial; /* base64; "=" stands for an empty one */
    bool has_initial;
};
union smtp_args {
    struct span text; /* HELO, EHLO, VRFY, EXPN, HELP, NOOP */
    struct smtp_mail mail;
    struct smtp_rcpt rcpt;
    struct smtp_bdat bdat;
    struct smtp_burl burl;
    struct smtp_auth auth;
};
struct smtp_line smtp_line(struct span line);
enum rc smtp_parse_none(struct span arg, union smtp_args *out, struct err *e); /* only spaces may follow */
enum rc smtp_parse_text(struct span arg, union smtp_args *out, struct err *e); /* anything printable, may be empty */
enum rc smtp_parse_word(struct span arg, union smtp_args *out, struct err *e); /* the same, not empty */
enum rc smtp_parse_helo(struct span arg, union smtp_args *out, struct err *e); /* a domain or address literal */
enum rc smtp_parse_mail(struct span arg, union smtp_args *out, struct err *e);
enum rc smtp_parse_rcpt(struct span arg, union smtp_args *out, struct err *e);
enum rc smtp_parse_bdat(struct span arg, union smtp_args *out, struct err *e);
enum rc smtp_parse_burl(struct span arg, union smtp_args *out, struct err *e); /* the URL: printable ASCII, not looked at further */
enum rc smtp_parse_auth(struct span arg, union smtp_args *out, struct err *e);
/* Is it the first word of another protocol's client (HTTP: GET POST PUT ... and header fields)? Then a web page has made a browser talk to
 * this port. */
bool smtp_foreign_verb(struct span verb);
