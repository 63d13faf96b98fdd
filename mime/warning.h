/* SPDX-License-Identifier: EUPL-1.2 */
/* mime/warning.h - the mail that tells a holder that the mailbox fills up: French, English under it. Written with libetpan, as reports are (mime/report.h).
 *
 * Form     one text/plain part in UTF-8, quoted-printable; Auto-Submitted: auto-generated (RFC 3834), so no program answers it. Lines end with CRLF.
 * Owns     struct warning is borrowed for the call. Output is appended to out, the caller's.
 * Errors   RC_SYNTAX: .to is no address. RC_TEMP: libetpan had no memory. Nothing is appended.
 * Process  relayd scheduler.   Source RFC 5322, RFC 2045, RFC 3834.
 */
#pragma once
#include "mime/report.h"

struct warning {
    const char *host, *domain; /* ours */
    char id[REPORT_ID];        /* hexadecimal: of the Message-ID */
    uint64_t now;              /* UTC s */
    struct span to;            /* the mailbox's address */
    unsigned level;            /* per cent that were passed */
    uint64_t used, quota;      /* octets; quota 0: no bound, and not told */
    uint64_t messages, most;   /* most 0: the same */
};
enum rc warning_write(const struct warning *w, struct buf *out, struct err *e);
