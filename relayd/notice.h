/* SPDX-License-Identifier: EUPL-1.2 */
/* relayd/notice.h - reports to the sender: made (mime/report.h), sealed and filed like any message, once.
 *
 * Once     the report's object id is derived from the queue entries and the kind (keyed by nothing secret: it is an id), and stored says of the same id that
 *          it has it (RC_EXISTS), for as long as the report lives and at least an hour. So: file the report, then end the entry; a crash in between files no second one.
 * Whether  policies/dsn.h decides from NOTIFY, the outcome and the null sender; a report is never made for <> (no bounce of a bounce), and none for a sender
 *          whose domain has left the trust space.
 * Damaged  an original that does not open: the report goes without it. Its sender gone, elsewhere and no more trusted, or <>: one log line
 *          (report-dropped), RC_OK, nothing filed.
 * To       a sender with a mailbox here gets it filed in INBOX; a sender elsewhere gets it through the queue, from <>.
 * Process  relayd scheduler.   Source RFC 3461, RFC 3464, RFC 6522, RFC 5321 4.5.5.
 */
#pragma once
#include "directory/client.h"
#include "extract/queued.h"
#include "crypto/keyd/client/client.h"
#include "policies/causes.h"
#include "store/client/client.h"

enum notice_kind { NOTICE_FAILED = 1, NOTICE_DELAYED, NOTICE_DELIVERED /* to a mailbox here */, NOTICE_RELAYED /* to a server without DSN */ };
struct notice_recipient {
    const struct store_queue_item *item;
    const struct queued_envelope *envelope;
    enum cause cause;       /* CAUSE_NONE: the peer's reply below */
    uint16_t code;          /* peer's reply; 0: none */
    struct span esc, text;  /* "5.1.1"; the peer's words */
    struct span remote_mta; /* "mx1.chu.example (192.0.2.1)"; empty: none was reached */
    uint64_t last_attempt, retry_until; /* UTC s; 0: none */
};
struct notices { /* borrowed */
    struct keyd *keyd;
    struct store *store;
    struct dir *dir;
    const char *host, *domain; /* ours */
    uint64_t full_max;         /* setting relayd.report_full_max: a whole message (RET=FULL) of no more octets goes back; of a longer one its header */
};
/* All recipients are of one message (one qid). RC_OK: filed, or none is due (*filed_out false). RC_TEMP: nothing was done, try again later. */
enum rc notice_file(const struct notices *n, enum notice_kind kind, const struct notice_recipient *r, size_t count, bool *filed_out, struct err *e);
