/* SPDX-License-Identifier: EUPL-1.2 */
/* proto/smtp/param.h - parameters behind a path: "SIZE=75000 BODY=8BITMIME", "NOTIFY=NEVER ORCPT=rfc822;ana@chu.example".
 *
 * Input    All that follows the path. It is empty or begins with a space.
 * Errors   RC_SYNTAX: a parameter is malformed or given twice. RC_PERM, CAUSE_BAD_PARAM (answered 555): the server does not know a parameter.
 * Spans    borrow from the input. xtext stays encoded, so that it can be passed on as it came.
 * Process  smtpd.   Source RFC 5321 4.1.2, RFC 1870, RFC 6152, RFC 3461, RFC 4954 5, RFC 6531, RFC 8689.
 */
#pragma once
#include "base/buf.h"
#include "base/err.h"

enum smtp_body { BODY_7BIT = 0, BODY_8BITMIME };
enum smtp_ret { RET_NONE = 0, RET_FULL, RET_HDRS };
enum { NOTIFY_DEFAULT = 0, NOTIFY_NEVER = 1, NOTIFY_SUCCESS = 2, NOTIFY_FAILURE = 4, NOTIFY_DELAY = 8 };
enum { SMTP_ENVID_MAX = 100, SMTP_ORCPT_MAX = 500 };
struct smtp_mail_params {
    uint64_t size; /* 0: not said */
    enum smtp_body body;
    enum smtp_ret ret;
    bool smtputf8, requiretls;
    struct span envid; /* xtext */
    struct span auth;  /* xtext; taken and forgotten: nobody here trusts another's word (RFC 4954 5) */
};
struct smtp_rcpt_params {
    uint16_t notify;   /* NOTIFY_ bits; NEVER alone */
    struct span orcpt; /* "rfc822;" and xtext, as it came */
};
enum rc smtp_mail_params(struct span in, struct smtp_mail_params *out, struct err *e);
enum rc smtp_rcpt_params(struct span in, struct smtp_rcpt_params *out, struct err *e);
bool xtext_ok(struct span s); /* RFC 3461 4 */
