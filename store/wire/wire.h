/* SPDX-License-Identifier: EUPL-1.2 */
/* store/wire/wire.h - what may be asked of pli-stored. It keeps sealed objects, numbers and flags; it never sees clear text
 * or a key.
 *
 * Who      smtpd, relayd: deliver and queue ops, by role. imapd: everything of one mailbox, after STORE_TICKET bound
 *          the connection to it; every request is checked against the ticket's mailbox and rights (read, write). admin:
 *          boxes, queue, statistics, check.
 * Pages    each reply fits one packet. Ranges come with a cursor: ask again from .next until it is 0.
 * Ranges   UID sets are spans of packed little-endian u32 pairs (lo, hi), sorted and apart, at most 4096 pairs a
 *          request; hi may be UINT32_MAX for "to the end". UIDs are 1 .. STORE_UID_MAX.
 * Bounds   the enum below; DELIVER and DELIVER_FD name at most STORE_PLACES_MAX places and remotes together, and all of
 *          it fits one packet (a long list of recipients goes with DELIVER_FD). What is longer is malformed.
 * Commit   a reply RC_OK to an op that changes something is sent after the transaction is on stable storage. Every
 *          change that a client can see takes the next modseq of its folder (INV: modseqs of a folder grow with
 *          commits).
 * Retry    STORE_DELIVER is idempotent by oid: the same oid again (reply lost with a crash) answers with what was
 *          filed, for as long as the message lives and at least an hour. store_op_again() tells which other ops may be
 *          asked again after a lost reply.
 * Errors   every op: RC_DENIED without its role, ticket or right; RC_NOTFOUND no such mailbox, folder, message;
 *          RC_SYNTAX values out of their bounds; RC_CORRUPT what is asked for (or the place where it is to be put) stands on a
 *          page that cannot be read: that request fails, the log and STORE_DAMAGE name the page; RC_TEMP 4.3.1 disk nearly full, 4.3.0 otherwise (nothing was changed).
 * Rights   ticket's RIGHT_READ for what reads, RIGHT_WRITE for what changes (and SELECT that is not read only).
 *          Slots are changed by the administrator alone; the last one that opens a mailbox is not removed (RC_PERM), and the former list is
 *          kept, and answered beside the new one, until a session has opened the mailbox with the new one (BOX_OPENED).
 * Process  stored answers. Tables in wire.c.   Source RFC 3501 2.3, RFC 7162 (modseq), RFC 4315, RFC 6851, DESIGN 5.
 */
#pragma once
#include "base/ipc.h"
#include "crypto/seal/seal.h"
#include "crypto/seal/slot.h"

#define STORED_VERSION 3
extern const struct ipc_proto stored_proto;
enum store_op {
    /* objects inline -> local mailboxes and queue, one transaction. smtpd relayd imapd(ticket: APPEND) */
    STORE_DELIVER = 16,
    STORE_DELIVER_FD,  /* the same, objects in a sealed memfd: message | summary | search one behind the other */
    STORE_CAN_TAKE,    /* quota question at RCPT. smtpd */
    STORE_BOX_RESERVE, /* a new mailbox number. admin */
    STORE_BOX_CREATE, /* admin, these four */
    STORE_BOX_GET,    /* with a ticket imapd too: mbx 0 or its own */
    STORE_BOX_SET,
    STORE_BOX_DELETE,
    STORE_TICKET, /* binds this connection to the ticket's mailbox; answers as BOX_GET. RC_QUOTA: an imapd session too many */
    STORE_FOLDERS,
    STORE_FOLDER_CREATE,
    STORE_FOLDER_RENAME,
    STORE_FOLDER_RENAME_FD, /* the same, the list in a sealed memfd: more folders than one packet holds */
    STORE_FOLDER_DELETE,
    STORE_FOLDER_FLAGS,
    STORE_FOLDER_STATUS,
    STORE_SELECT,  /* status, and takes the \Recent mark when not read only */
    STORE_LIST,    /* brief entries of a UID range: a session's view */
    STORE_CHANGES, /* since a modseq: changed entries, and UIDs that are gone */
    STORE_ENTRIES, /* full entries: where the objects are, wraps */
    STORE_SUMMARIES,
    STORE_TEXTS,     /* full entries with the sealed summary / search text */
    STORE_READ,      /* chunks of one message's object */
    STORE_READ_MANY, /* whole small message objects, as many as fit */
    STORE_EPOCHS,    /* epoch records by number */
    STORE_FLAGS,
    STORE_EXPUNGE,
    STORE_COPY,
    STORE_KEYWORDS,
    STORE_KEYWORD_ADD,
    STORE_WATCH, /* this connection gets STORE_EV_CHANGED events from now on */
    STORE_QUEUE_LIST,
    STORE_QUEUE_READ,
    STORE_QUEUE_UPDATE,
    STORE_STATS,
    STORE_CHECK,
    STORE_PING,
    STORE_BOX_OPENED, /* the present slots opened the ticket's mailbox: the former ones go. imapd */
    STORE_DAMAGE, /* pages met that cannot be read. admin */
    STORE_EV_CHANGED = 200
};
bool store_op_again(enum store_op op); /* asking again after a lost reply does no harm and gives the same answer */
/* flags of a message: system ones fixed; bits from MF_KEYWORDS on are the mailbox's keywords by index, those between are a session's own */
enum { MF_KEYWORDS = 8 };
enum { MF_SEEN = 1, MF_ANSWERED = 2, MF_FLAGGED = 4, MF_DELETED = 8, MF_DRAFT = 16 };
enum { STORE_KEYWORDS_MAX = 56, STORE_INLINE_MAX = 88 * 1024, STORE_INBOX = 1 };
enum {
    STORE_MID = 32,
    STORE_NAME = 4096 /* a sealed name */,
    STORE_ENVELOPE = 8192 /* sealed */,
    STORE_LAST_ERROR = 1024,
    STORE_DOMAIN_KEY = 16,
    STORE_PLACES_MAX = 512,
    STORE_RANGES_MAX = 4096,
    STORE_EPOCHS_MAX = 512,
    STORE_COPY_MAX = 8000,
    STORE_TICKET_MAX = 720,
    STORE_RENAMES_MAX = 8 * 1024 * 1024, /* bytes of the list of FOLDER_RENAME_FD */
    STORE_PAGE = 92 * 1024 /* most bytes of the lists of a reply together */
};
#define STORE_UID_MAX 0x7fffffffu /* a folder that gave this many UIDs takes no more: RC_TEMP */
/* special use, RFC 6154 */
enum store_special { SU_NONE = 0, SU_INBOX, SU_SENT, SU_DRAFTS, SU_TRASH, SU_JUNK, SU_ARCHIVE };
enum { FF_SUBSCRIBED = 1, FF_NOSELECT = 2, FF_GONE = 4 /* deleted, kept for its subscription only */ };

/* ---- delivery ---- */
struct store_place { /* list record of deliver.places */
    uint64_t mbx;
    uint32_t folder;
    uint64_t flags, internaldate, epoch;
    unsigned char wrap[SEAL_WRAP], epoch_rec[SEAL_EPOCH_REC];
};
struct store_remote { /* list record of deliver.remotes: one recipient outside */
    uint16_t notify;
    uint64_t not_before;
    struct span domain_key /* 16 bytes HMAC of the domain, for fairness */;
    struct span envelope; /* sealed: address, ORCPT, ENVID ... kind SEAL_ENVELOPE, own oid inside */
};
extern const struct ipc_field store_place_f[], store_remote_f[], store_placed_f[];
struct store_deliver_req {
    unsigned char oid[SEAL_OID];
    struct span mid;                               /* our message id, for the logs: at most 32 bytes */
    uint64_t size, received;                       /* plain octets of the message; UTC s */
    uint64_t len_message, len_summary, len_search; /* sealed lengths */
    struct span places, remotes;                   /* lists; at least one record in all */
    /* when remotes is not empty */
    uint64_t queue_epoch;
    unsigned char queue_wrap[SEAL_WRAP], queue_epoch_rec[SEAL_EPOCH_REC];
    /* APPEND: RC_QUOTA when used + size > quota; SMTP: the question was asked at RCPT */
    uint8_t enforce_quota;
    struct span objects; /* DELIVER: the three, concatenated. DELIVER_FD: empty */
};
struct store_deliver_rep {
    struct span placed;
    uint64_t qid;
}; /* list of store_placed, same order */
struct store_placed {
    uint64_t mbx;
    uint32_t folder, uid, uidvalidity;
};
struct store_can_take_req {
    uint64_t mbx, size;
}; /* RC_OK, RC_QUOTA, RC_NOTFOUND */

/* ---- boxes ---- */
struct store_mbx_msg {
    uint64_t mbx;
};
struct store_box_create_req {
    uint64_t mbx /* from BOX_RESERVE, 16 or more */;
    unsigned char pub[SEAL_PUB];
    struct span slots;
    uint64_t quota;
};
struct store_box_rep {
    uint64_t mbx;
    unsigned char pub[SEAL_PUB];
    struct span slots, former /* empty: the present ones are known to open it */;
    uint64_t slots_version, quota, used /* octets, and 1,024 for the rows of each message */, messages;
};
struct store_box_opened_req {
    uint64_t slots_version; /* those that were tried; RC_OK and nothing happens when they have changed meanwhile */
};
enum { BOX_SET_SLOTS = 1, BOX_SET_QUOTA = 2 };
/* RC_EXISTS: slots_version has moved on */
struct store_box_set_req {
    uint64_t mbx;
    uint8_t what;
    uint64_t slots_version;
    struct span slots;
    uint64_t quota;
};
struct store_ticket_req {
    struct span ticket;
};

/* ---- folders ---- */
/* INBOX is folder STORE_INBOX, always there, with an empty name and a zero tag; it is not renamed or deleted. Tags are
 * unique in a mailbox: CREATE and RENAME answer RC_EXISTS. DELETE removes the messages and the folder; a subscribed one
 * stays listed as FF_GONE (name and tag only). CREATE with the tag of an FF_GONE folder takes its place: a new folder
 * number and UIDVALIDITY, still subscribed. FLAGS that clear FF_SUBSCRIBED of an FF_GONE folder remove it. FF_NOSELECT
 * is said at CREATE and stays: a level of names that holds no messages. RENAME to the tag of an FF_GONE folder takes
 * its place too. */
struct store_cursor_req {
    uint32_t from;
};
struct store_list_rep {
    struct span list;
    uint32_t next;
};                    /* generic page */
struct store_folder { /* list record */
    uint32_t folder, uidvalidity, uidnext, exists, unseen;
    uint64_t modseq;
    uint8_t special;
    uint16_t flags;
    unsigned char tag[SEAL_NAME_TAG];
    struct span name; /* sealed */
};
extern const struct ipc_field store_folder_f[], store_rename_f[];
struct store_folder_create_req {
    uint8_t special;
    uint16_t flags;
    unsigned char tag[SEAL_NAME_TAG];
    struct span name;
};
struct store_folder_msg {
    uint32_t folder;
};
struct store_folder_rename_req {
    struct span renames;
}; /* list of store_rename, one transaction. FOLDER_RENAME_FD: empty */
struct store_rename {
    uint32_t folder;
    unsigned char tag[SEAL_NAME_TAG];
    struct span name;
};
struct store_folder_flags_req {
    uint32_t folder;
    uint16_t set, clear;
};
/* recent: messages from first_recent on. SELECT (not read only) answers with the old first_recent and moves it to
 * uidnext. */
struct store_status_rep {
    uint32_t uidvalidity, uidnext, exists, unseen, recent;
    uint64_t modseq, bytes;
    uint32_t first_recent;
};
struct store_select_req {
    uint32_t folder;
    uint8_t read_only;
};

/* ---- messages ---- */
struct store_list_req {
    uint32_t folder, lo, hi;
}; /* reply: store_brief_rep */
/* packed store_brief: u32 uid, u64 flags, u64 modseq = 20 bytes each; next UID to ask from, 0: done */
struct store_brief_rep {
    struct span brief;
    uint32_t next;
};
enum { STORE_BRIEF = 20 };
struct store_changes_req {
    uint32_t folder;
    uint64_t since, cursor;
};
/* modseq and exists are as of this page. Take the first page's modseq as the next "since": what changed between pages
 * comes again then.
 * gone: packed pairs of u32 (lo, hi), each range of UIDs that have no message any more. They may name more than left since then, and UIDs
 * that no message ever had: when the store does not remember so far back, all that are absent below uidnext are named, in pages
 * (RFC 7162 3.2.6). Whoever reads it drops the messages it knows in them. Ranges may overlap, and need not ascend over rows. */
struct store_changes_rep {
    struct span brief, gone;
    uint64_t modseq, next;
    uint32_t exists;
};
/* from: first UID wanted of the set (cursor), 0: all */
struct store_range_req {
    uint32_t folder;
    struct span uids;
    uint32_t from;
};
/* list record of ENTRIES, SUMMARIES, TEXTS, READ_MANY; object: sealed, empty when it is too large for a page, or cannot be read: use
 * STORE_READ, which says so of this one (RC_CORRUPT) */
struct store_entry {
    uint32_t uid;
    uint64_t flags, modseq, size, internaldate, epoch;
    unsigned char oid[SEAL_OID], wrap[SEAL_WRAP];
    uint64_t len_object;
    struct span object;
};
extern const struct ipc_field store_entry_f[];
struct store_read_req {
    uint32_t folder, uid;
    uint8_t kind;
    uint32_t chunk, count;
};
/* at most 1 chunk of 64 KiB fits a page */
struct store_read_rep {
    unsigned char oid[SEAL_OID];
    uint64_t plain_size;
    uint32_t chunk, count;
    struct span chunks;
};
struct store_epochs_req {
    struct span epochs;
}; /* packed u64, at most 512 */
/* packed u64 epoch | 80 bytes; unknown ones are left out */
struct store_epochs_rep {
    struct span recs;
};
enum { FLAGS_SET = 0, FLAGS_ADD = 1, FLAGS_REMOVE = 2 };
struct store_flags_req {
    uint32_t folder;
    struct span uids;
    uint32_t from;
    uint8_t how;
    uint64_t flags, unchanged_since /* 0: no condition */;
};
/* brief: every message of the set that is there and was not refused, changed or not */
struct store_flags_rep {
    struct span brief;
    struct span modified /* packed u32: UNCHANGEDSINCE failed */;
    uint32_t next;
};
struct store_expunge_req {
    uint32_t folder;
    struct span uids;
    uint32_t from;
    uint8_t deleted_only;
};
struct store_expunge_rep {
    struct span expunged;
    uint64_t modseq;
    uint32_t next;
};
/* one transaction; RC_PERM beyond 8,000 messages: ask in parts */
struct store_copy_req {
    uint32_t folder, dest;
    struct span uids;
    uint8_t move;
};
struct store_copy_rep {
    uint32_t uidvalidity;
    struct span pairs;
}; /* packed u32 old, u32 new */
struct store_keyword {
    uint8_t index;
    unsigned char tag[SEAL_NAME_TAG];
    struct span name;
};
extern const struct ipc_field store_keyword_f[];
struct store_keyword_add_req {
    unsigned char tag[SEAL_NAME_TAG];
    struct span name;
};
/* the one there is, or the new one; RC_PERM: all 56 taken */
struct store_keyword_add_rep {
    uint8_t index;
};
struct store_watch_req {
    uint32_t folder;
}; /* 0: every folder of the mailbox */
struct store_ev_changed {
    uint32_t folder;
    uint64_t modseq;
};

/* ---- queue ---- */
enum queue_state {
    Q_WAITING = 1,
    Q_HELD,
    Q_DONE,
    Q_FAILED /* these two end the entry: it is removed, its message with the last one */
};
struct store_queue_item { /* list record */
    uint64_t qid;
    uint32_t rcpt;
    uint8_t state;
    uint16_t notify;
    uint32_t attempts;
    uint64_t received, next_try, size, epoch;
    unsigned char oid[SEAL_OID], wrap[SEAL_WRAP], epoch_rec[SEAL_EPOCH_REC];
    struct span mid, envelope, last_error;
};
extern const struct ipc_field store_queue_item_f[];
/* due_before not 0: only waiting ones that are due, oldest first. Cursor: the item to begin with; it is answered only
 * if still due. */
struct store_queue_list_req {
    uint64_t qid_from;
    uint32_t rcpt_from;
    uint64_t due_before;
}; /* due_before 0: all */
struct store_queue_list_rep {
    struct span items;
    uint64_t next_qid;
    uint32_t next_rcpt;
};
struct store_queue_read_req {
    uint64_t qid;
    uint8_t kind;
    uint32_t chunk;
};
/* last_error sealed or a status code only */
struct store_queue_update_req {
    uint64_t qid;
    uint32_t rcpt;
    uint8_t state;
    uint64_t next_try;
    struct span last_error;
};

/* ---- upkeep ---- */
struct store_stats_rep {
    uint64_t boxes, messages, objects, bytes_plain, queue, commits, deadlocks, orphans, log_bytes, format;
};
/* page by page: digests of objects, refcounts, folder counts, page checksums. One check a connection; go on with
 * .cursor */
struct store_check_req {
    uint64_t cursor;
};
struct store_check_rep {
    uint64_t cursor, checked, bad;
    struct span findings;
}; /* text lines; cursor 0: done */
/* pages: how many since the start; list: text lines, "table page since", the first ones */
struct store_damage_rep {
    uint64_t pages;
    struct span list;
};
