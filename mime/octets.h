/* SPDX-License-Identifier: EUPL-1.2 */
/* mime/octets.h - which awkward bytes a run holds, found eight at a time; inside mime/ only.
 * Process  smtpd and imapd sessions.   Source RFC 3629.
 */
#pragma once
#include "mime/scan.h"
/* Is a run of octets UTF-8 (RFC 3629)? The run may come in pieces. The state begins zeroed. want > 0 at the end: the last character is
 * incomplete. */
struct utf8_state {
    unsigned char want, low, high; /* how many octets are missing; the least and the greatest value of the next one */
};
bool utf8_feed(struct utf8_state *u, struct span s); /* false: the run is not UTF-8, and the state is zeroed again */
/* OCT_8BIT, OCT_NUL, and OCT_BARE_CR for any CR: the caller must leave line ends out of s. */
unsigned octets_in(struct span s);
