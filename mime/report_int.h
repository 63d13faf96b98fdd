/* SPDX-License-Identifier: EUPL-1.2 */
/* mime/report_int.h - the texts of a report's first two parts; inside mime/report*.c only.
 * Process  relayd.
 */
#pragma once
#include "mime/report.h"
const char *report_action(enum report_kind k);
void report_for_people(const struct report *r, struct buf *out);   /* UTF-8, CRLF */
void report_for_programs(const struct report *r, struct buf *out); /* ASCII, CRLF */
void report_address(struct buf *out, struct span address);         /* <local@domain>, control characters left out */
void report_date(int64_t utc, char *out, size_t cap);              /* RFC 5322 3.3, UTC */
