/* SPDX-License-Identifier: EUPL-1.2 */
/* mime/octets.h - which awkward bytes a run holds, eight at a time; inside mime/ only. */
#pragma once
#include "mime/scan.h"
/* Is a run of octets UTF-8 (RFC 3629)? In pieces: the state is 0 at first; want > 0 at the end: a character is cut. */
struct utf8_state {
    unsigned char want, low, high; /* octets that are missing; bounds of the next */
};
bool utf8_feed(struct utf8_state *u, struct span s); /* false: it is not, and the state is 0 again */
unsigned octets_in(struct span s); /* OCT_8BIT, OCT_NUL, OCT_BARE_CR for any CR: the caller leaves line ends out */
