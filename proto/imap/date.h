/* SPDX-License-Identifier: EUPL-1.2 */
/* proto/imap/date.h - dates as IMAP writes them.
 * Units    days since 1970-01-01 (a date has no zone); UTC seconds (a date-time).
 * Process  imapd sessions.   Source RFC 3501 9 (date, date-time).
 */
#pragma once
#include "proto/imap/lex.h"

bool imap_take_date(struct imap_in *in, int64_t *day_out);      /* 1-Feb-2026 or "1-Feb-2026" */
bool imap_take_date_time(struct imap_in *in, int64_t *utc_out); /* " 1-Feb-2026 10:00:00 +0100", with its quotes */
bool imap_internet_time(struct span s, int64_t *utc_out);      /* all of s: "2026-02-01T10:00:00.5+01:00" (RFC 3339); 1970 or later */
enum { IMAP_DATE_TIME = 29 };                                   /* with quotes and NUL */
void imap_date_time(int64_t utc, char out[IMAP_DATE_TIME]);     /* always +0000, because the store keeps no zone */
static inline int64_t imap_day_of(int64_t utc)
{
    return utc >= 0 ? utc / 86400 : -((-utc + 86399) / 86400);
}
