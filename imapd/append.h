/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/append.h - messages that a client puts into a folder: their literals are taken off the stream into a spool, sealed, and filed together.
 *
 * Whole    all messages of a command are filed in one transaction, or none is. A single one goes as any delivery does. Of several, each is sealed when
 *          the next one begins (a large one was, while it came), so that what waits is one message in clear and sealed octets in a memfd.
 * Parts    of a message by CATENATE come one behind the other: octets of the stream, and of this mailbox (imapd/url_octets.h).
 * Refused  what can be refused before octets come is refused then. After a refusal, literals of a client that does not wait are read away, up to twice
 *          the largest message in all; beyond that the session ends.
 * Bounds   STORE_APPEND_MAX messages, and twice imapd.max_message octets, a command: NO [LIMIT].
 * Process  pli-imapd session.   Source RFC 3501 6.3.11, RFC 3502, RFC 3516 4.4, RFC 4315 (APPENDUID), RFC 7888, RFC 8508, RFC 4469.
 */
#pragma once
#include "flow/file.h"
#include "imapd/folders.h"
#include "imapd/line_ends.h"

struct appending {
    struct imap_session *s;
    struct folder f;
    struct imap_append args; /* of the message at hand */
    struct spool *spool;     /* that message; NULL: none */
    struct scan *scan;       /* of it; NULL: its octets were written anew */
    unsigned begun;          /* .args.messages when that one began */
    struct line_ends ends;   /* of that message, over all its parts */
    bool nul;                /* it has one */
    struct buf mem;
    uint64_t flags;
    int64_t date;
    struct file_batch *batch; /* of several messages: those before it */
    uint64_t held;            /* their octets, which count as a spool's do while the client sends on */
    uint64_t octets;          /* announced so far, and those of URLs */
    uint32_t gone_folder, gone_uid; /* the message that they replace; 0: none */
};
/* The whole of a command: rest is what follows the mailbox. Sets the code APPENDUID. */
/* gone_uid: the one message replaces that one; 0: none. Then APPENDUID is told untagged (RFC 8508 3.3). */
enum rc append_run(struct imap_session *s, const struct folder *to, struct imap_in rest, uint32_t gone_folder, uint32_t gone_uid, struct err *e);
/* Says no to a command whose first literal is still on the stream, and takes off what comes all the same. Returns why. */
enum rc append_refuse(struct imap_session *s, enum rc why, struct err *e);
