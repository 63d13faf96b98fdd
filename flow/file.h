/* SPDX-License-Identifier: EUPL-1.2 */
/* flow/file.h - seal at the door and file: the last step of every message, whether it came by SMTP or by APPEND.
 *
 * Work     file_message() takes the octets as IMAP will serve them (trace fields first) and gives them to the scan, the search text and the sealer
 *          in bounded passes. A large message was sealed while it came (flow/spool.h); then only its text parts are opened again.
 *          It asks keyd for one wrap per recipient. Then it hands stored the sealed objects, which stored files in one
 *          transaction for all mailboxes and the queue.
 * Reports  A recipient here of whose delivery the sender wants to hear (NOTIFY=SUCCESS, policies/dsn.h) leaves an item of the queue in state Q_REPORT,
 *          in the same transaction. relayd makes the report.
 *          A member of a distribution list (recipient.via) with a verdict leaves one in state Q_DROPPED, whose report tells the sender of it.
 * Promise  RC_OK: the message is on stable storage, in every mailbox and in the queue. RC_TEMP, RC_QUOTA: it is nowhere. A restart of stored in
 *          between causes no failure and no second copy, because the same oid is asked again.
 * Owns     file_request is borrowed for the call; file_result is the caller's, freed by file_result_free().
 * Process  smtpd, imapd sessions; relayd scheduler (reports).
 */
#pragma once
#include "crypto/keyd/client/client.h"
#include "flow/recipient.h"
#include "flow/spool.h"
#include "mime/scan.h"
#include "store/client/client.h"
struct file_request {
    struct span trace;     /* bytes put on top of the message */
    struct spool *message; /* ended */
    struct scan *scan;     /* ended, of .message; afterwards it is that of the message as it was filed. NULL: it is scanned here */
    const struct recipient *to; /* who has a verdict gets nothing; one copy for each place */
    size_t n_to;
    struct span sender, envid;
    uint8_t ret, flags; /* for the queue's envelope; flags: QE_UTF8, QE_REQUIRETLS. QE_8BIT is found here */
    const char *mid;
    bool enforce_quota;
    struct span once; /* key of a submission: filed under it within once_s seconds, it is not filed again. Empty: none */
    uint32_t once_s;
    struct span settle; /* relayd: list of store_queue_update_req, what ends in the same transaction. Empty: nothing */
    const unsigned char *oid; /* the object id, where the caller may file the same message again: then file_message() gives RC_EXISTS, for it is sealed anew. NULL: drawn here */
};
struct file_result {
    uint64_t qid;
    struct store_placed *placed; /* in the order of the recipients, one for each place */
    size_t n_placed, n_remotes; /* n_remotes: recipients elsewhere */
    uint64_t size;
    char first[STORE_MID + 1]; /* "": filed now. Else it had been filed before, under that message id, and nothing else stands here */
}; /* placed: freed by file_result_free */
enum rc file_message(struct keyd *k, struct store *st, const struct file_request *rq, struct file_result *out,
                     struct err *e);
void file_result_free(struct file_result *r);

/* Several messages into one folder, all or none, and one that they replace (APPEND of several, REPLACE). Each is sealed when it is added, at the latest, so its spool may be
 * freed then: what waits is sealed octets in a memfd. At most STORE_APPEND_MAX: RC_PERM, CAUSE_TOO_MANY_AT_ONCE. Each rq has one recipient, here. */
struct file_batch;
struct file_batch *file_batch_new(void);
void file_batch_free(struct file_batch **b);
enum rc file_batch_add(struct file_batch *b, struct keyd *k, const struct file_request *rq, struct err *e);
/* gone_uid: the message that leaves in the same transaction; 0: none. RC_NOTFOUND, CAUSE_EXPUNGED: it has left already. Once. */
enum rc file_batch_file(struct file_batch *b, struct store *st, uint32_t gone_folder, uint32_t gone_uid, struct file_result *out, struct err *e);
