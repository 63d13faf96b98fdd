/* SPDX-License-Identifier: EUPL-1.2 */
/* mime/canon_int.h - the cleaning of header fields, preambles and epilogues; inside mime/ only. */
#pragma once
#include "base/buf.h"
enum { CANON_LINE = 998 };
/* One field with its CRLF: lines beyond CANON_LINE folded at a blank where there is one; NUL and a lone CR or LF become
 * DEL, which parses as little as they did. */
void canon_field(struct span raw, struct buf *out);
/* Text between parts, streaming: a byte beyond 127, NUL, a lone CR or LF become HTAB, which stands in no boundary; a long
 * line is broken with a blank first. */
struct cleaner {
    bool cr;       /* a CR waits for its LF */
    size_t column;
};
void cleaner_feed(struct cleaner *c, struct span in, struct buf *out);
void cleaner_end(struct cleaner *c, struct buf *out); /* and ready for the next run */
