/* SPDX-License-Identifier: EUPL-1.2 */
/* policies/causes.h - the one table of causes (base/cause.h): SMTP code, enhanced code, IMAP response code, text in French and in English
 * that a doctor understands. Every refusal that Pli utters over SMTP or IMAP stands here and nowhere else; tests are held against it.
 * Owns     nothing: rows are static. Texts are ASCII and hold no path, no name and no address.
 * Process  smtpd, imapd, relayd, dird, pli.   Source RFC 3463, RFC 5321 4.2, RFC 3501 7.1, RFC 5530.
 */
#pragma once
#include "base/cause.h"
#include <stdbool.h>
struct cause_row {
    int code;         /* SMTP; 0: never told over SMTP, and esc is NULL */
    const char *esc;  /* enhanced status code, RFC 3463: "5.7.1" */
    const char *imap; /* response code without its brackets, with its argument when it has one; NULL: none */
    const char *fr, *en;
};
enum { CAUSE_TEXT = 192 }; /* room for a text of both languages and its NUL */
const struct cause_row *cause_row(enum cause c); /* NULL: no such cause */
/* Must an operator hear of it? Somebody answers who is not whom the trust space names, or not as it should; or the list itself fails. */
bool cause_alarms(enum cause c);
/* "French / English" into out, of CAUSE_TEXT octets; returns out. */
const char *cause_text(enum cause c, char *out);
