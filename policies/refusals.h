/* SPDX-License-Identifier: EUPL-1.2 */
/* policies/refusals.h - one table of refusals: cause -> SMTP status, enhanced code, text in French / English a doctor understands.
 * Every refusal that Pli utters over SMTP stands here and nowhere else; man page and tests are held against it.
 * Process  smtpd, relayd.   Source RFC 3463, RFC 5321 4.2.
 */
#pragma once
#include "base/err.h"
enum refusal {
    REFUSE_NONE = 0, REFUSE_NEED_TLS, REFUSE_NEED_AUTH, REFUSE_AUTH_FAILED, REFUSE_AUTH_TEMP, REFUSE_AUTH_DISABLED, REFUSE_TOO_MANY_AUTH,
    REFUSE_UNKNOWN_RCPT, REFUSE_DISABLED_RCPT, REFUSE_NOT_LOCAL /* port 25: no relay */, REFUSE_QUOTA, REFUSE_SENDER_NOT_HELD, REFUSE_FROM_MISMATCH,
    REFUSE_NO_CERT, REFUSE_BAD_CERT, REFUSE_UNKNOWN_DOMAIN, REFUSE_WRONG_DN, REFUSE_TOO_BIG, REFUSE_TOO_MANY_RCPT, REFUSE_BARE_LF, REFUSE_LINE_TOO_LONG,
    REFUSE_SYNTAX, REFUSE_UNKNOWN_VERB, REFUSE_BAD_SEQUENCE, REFUSE_BAD_PARAM, REFUSE_STORE_TEMP, REFUSE_DIR_TEMP, REFUSE_KEY_TEMP, REFUSE_DISK_FULL,
    REFUSE_PIPELINED_TLS, REFUSE_TIMEOUT, REFUSE_ACCOUNT_CHANGED /* since sign-in */, REFUSE_TOO_MANY_SESSIONS, REFUSE_TOO_MANY_ERRORS, REFUSE_BAD_ADDRESS, REFUSE_TNEF, REFUSE_NUL, REFUSE_LOOP, REFUSE_HEADERS_TOO_BIG,
    REFUSE_SHUTDOWN, REFUSE_BAD_MECHANISM, REFUSE_MESSAGE_LINE, REFUSE_EARLY_TALKER, REFUSE_NEED_UTF8,
    REFUSE_BARE_LINE, REFUSE_NOT_PROVIDED, REFUSE_BAD_RESPONSE, REFUSE_FROM_OPERATOR /* port 25: the header's From */, REFUSALS_
};
struct refusal_text { enum refusal id; const char *name; int code; const char *esc; const char *fr, *en; };
const struct refusal_text *refusal_get(enum refusal r);
