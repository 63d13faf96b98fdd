/* SPDX-License-Identifier: EUPL-1.2 */
/* mime/boundary.h - the boundaries that are open at a point of a message, and which of them a line begins with;
 * inside mime/ only.
 *
 * Cost     one hash pass over the line's first bytes, then one comparison of numbers an open level: with SCAN_DEPTH
 *          levels of hostile common prefixes still linear in the message.
 * Bounds   BOUNDARY_MAX bytes a boundary (RFC 2046 allows 70), BOUNDARY_LEVELS open at once.
 */
#pragma once
#include "base/span.h"
enum { BOUNDARY_MAX = 200, BOUNDARY_LEVELS = 50 };
struct boundary {
    uint32_t hash;
    uint16_t n;
    unsigned char text[BOUNDARY_MAX];
};
struct boundaries {
    size_t n;
    struct boundary b[BOUNDARY_LEVELS];
};
bool boundary_push(struct boundaries *s, struct span text); /* false: empty, too long, too many, not printable ASCII */
/* Which open boundary the line "--..." begins with (longest, then innermost), -1: none; *close_out: "--" follows it. */
int boundary_match(const struct boundaries *s, struct span line, bool *close_out);
