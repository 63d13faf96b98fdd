/* SPDX-License-Identifier: EUPL-1.2 */
/* policies/dsn.h - is a report due to the sender? A decision over plain facts.
 * Process  relayd, smtpd.   Source RFC 3461 4.1, 5.2; RFC 5321 4.5.5 (nothing is reported on a report).
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

enum dsn_event { DSN_FAILED = 1, DSN_DELAYED, DSN_DELIVERED /* into a mailbox here */, DSN_RELAYED /* to a server that does not know DSN */ };
/* notify: bits of RFC 3461 NOTIFY as proto/smtp/param.h has them (NEVER 1, SUCCESS 2, FAILURE 4, DELAY 8); 0: nothing was said, which means failure and,
 * here, delay. no_sender: the envelope sender was <>. */
bool dsn_due(enum dsn_event event, uint16_t notify, bool no_sender);
