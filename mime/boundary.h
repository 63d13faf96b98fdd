/* SPDX-License-Identifier: EUPL-1.2 */
/* mime/boundary.h - the boundaries that are open at a point of a message, and which of them a line begins with;
 * inside mime/ only.
 *
 * Owns     struct boundaries holds copies of the texts. It points to nothing and needs no release. Zeroed: no boundary is open.
 * Cost     one hash pass over the line's first bytes, then one comparison of numbers per open boundary. So the scan stays linear in the
 *          message, even when a hostile message opens SCAN_DEPTH boundaries with a common prefix.
 * Bounds   BOUNDARY_MAX bytes per boundary (RFC 2046 allows 70), BOUNDARY_LEVELS open at once.
 * Process  smtpd and imapd sessions.   Source RFC 2046 5.1.1.
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
/* Opens one more. Blanks at the end of text do not count. False: text is empty, too long or not printable ASCII, or too many are open. */
bool boundary_push(struct boundaries *s, struct span text);
/* The index of the open boundary that the line begins with; -1: none. The line begins with "--". When several boundaries fit, the longest
 * counts, then the innermost. *close_out (set when one fits) says whether "--" follows it. */
int boundary_match(const struct boundaries *s, struct span line, bool *close_out);
