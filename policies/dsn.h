/* SPDX-License-Identifier: EUPL-1.2 */
/* policies/dsn.h - is a report due to the sender? From what the sender asked for each recipient (RFC 3461 NOTIFY), what became of the message, and who the
 * sender is. Without NOTIFY: failures and delays are told, successes are not.
 *
 * Never    to the null sender (no report on a report, RFC 5321 4.5.5); to a sender elsewhere whose domain is not in the trust space; after NOTIFY=NEVER.
 * Owns     nothing. No errors.
 * Process  relayd scheduler; flow (smtpd): does a delivery here leave the duty of a report?   Source RFC 3461 4.1, 5.2.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

enum { DSN_DEFAULT = 0, DSN_NEVER = 1, DSN_SUCCESS = 2, DSN_FAILURE = 4, DSN_DELAY = 8 }; /* the bits of NOTIFY */
enum dsn_outcome {
    DSN_FAILED = 1,
    DSN_DELAYED,
    DSN_DELIVERED, /* into a mailbox here */
    DSN_RELAYED    /* to a server without DSN; one with it reports itself */
};
enum dsn_sender {
    DSN_SENDER_NULL, /* <> */
    DSN_SENDER_HERE, /* has a mailbox here */
    DSN_SENDER_TRUSTED, /* elsewhere, in the trust space */
    DSN_SENDER_STRANGER
};
bool dsn_asked(uint16_t notify, enum dsn_outcome o);                        /* does NOTIFY want it; bits beside NOTIFY's are not looked at */
bool dsn_due(uint16_t notify, enum dsn_outcome o, enum dsn_sender sender);
