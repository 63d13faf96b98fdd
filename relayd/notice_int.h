/* SPDX-License-Identifier: EUPL-1.2 */
/* relayd/notice_int.h - what notice*.c share.
 * Process  relayd scheduler.
 */
#pragma once
#include "mime/report.h"
#include "relayd/notice.h"

struct original { /* what was sent */
    struct buf octets; /* its header block, or all of it; secret */
    bool full;
};
/* RC_OK with nothing in it: its octets are damaged; the sender hears of what became of it all the same. RC_TEMP: not now. RC_NOTFOUND: the entry has ended.
 * The caller frees .octets in each case. */
enum rc original_read(const struct notices *n, enum notice_kind kind, const struct notice_recipient *r, struct original *out, struct err *e);
/* The report on those recipients, appended to out. id: REPORT_ID hexadecimal digits. */
enum rc notice_write(const struct notices *n, enum notice_kind kind, const struct notice_recipient *const *r, size_t count, const struct original *o,
                     const char *id, struct buf *out, struct report_needs *needs_out, struct err *e);
