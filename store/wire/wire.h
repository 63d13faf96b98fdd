/* SPDX-License-Identifier: EUPL-1.2 */
/* store/wire/wire.h - what may be asked of pli-stored. It keeps sealed objects, numbers and flags; it never sees clear text
 * or a key.
 *
 * Who      smtpd, relayd: deliver and queue ops, by role. imapd: everything of one mailbox, after STORE_TICKET bound
 *          the connection to it; every request is checked against the ticket's mailbox and rights (read, write). admin:
 *          boxes, queue, statistics, check. relayd may WATCH the queue (queue.h) without a ticket.
 * Pages    each reply fits one packet. Ranges come with a cursor: ask again from .next until it is 0.
 * Ranges   UID sets are spans of packed little-endian u32 pairs (lo, hi), sorted and apart, at most 4096 pairs a
 *          request; hi may be UINT32_MAX for "to the end". UIDs are 1 .. STORE_UID_MAX.
 * Bounds   the enum of common.h; DELIVER and DELIVER_FD name at most STORE_PLACES_MAX places and remotes together, and all of
 *          it fits one packet (a long list of recipients goes with DELIVER_FD). What is longer is malformed.
 * Commit   a reply RC_OK to an op that changes something is sent after the transaction is on stable storage. Every
 *          change that a client can see takes the next modseq of its folder (INV: modseqs of a folder grow with
 *          commits).
 * Retry    STORE_DELIVER is idempotent by oid: the same oid again (reply lost with a crash) answers with what was
 *          filed, for as long as the message lives and at least an hour. RC_EXISTS: other octets were filed under it (the same message sealed anew has
 *          other octets); nothing is changed. IPC_AGAIN in wire.c's table tells which other ops
 *          may be asked again after a lost reply.
 * Errors   every op: RC_DENIED without its role, ticket or right; RC_NOTFOUND no such mailbox, folder, message;
 *          RC_SYNTAX values out of their bounds; RC_CORRUPT what is asked for (or the place where it is to be put) stands on a
 *          page that cannot be read: that request fails, the log and STORE_DAMAGE name the page; RC_TEMP (nothing was changed),
 *          with CAUSE_DISK_FULL when the disk is nearly full.
 * Rights   ticket's RIGHT_READ for what reads, RIGHT_WRITE for what changes (and SELECT that is not read only).
 *          A delegate's ticket gives what acl.h says, folder by folder.
 * \Seen    exists once, as all flags do; or, where the mailbox says so (BOX_SET_SEEN), once for each delegate, and the holder. Then MF_SEEN of every
 *          message, and every count of unseen ones, is that of who asks. A change of it takes a modseq as any other.
 *          Slots are changed by the administrator alone; the last one that opens a mailbox is not removed (RC_PERM), and the former list is
 *          kept, and answered beside the new one, until a session has opened the mailbox with the new one (BOX_OPENED).
 * Topics   what each op says and answers stands in the headers included below, written once: struct and table come from the same list.
 * Process  stored answers. The table of ops is in wire.c.   Source RFC 3501 2.3, RFC 7162 (modseq), RFC 4315, RFC 6851, DESIGN 5.
 */
#pragma once
#include "store/wire/acl.h"
#include "store/wire/admin.h"
#include "store/wire/boxes.h"
#include "store/wire/deliver.h"
#include "store/wire/folders.h"
#include "store/wire/messages.h"
#include "store/wire/metadata.h"
#include "store/wire/queue.h"
#include "store/wire/queue_error.h"
#include "store/wire/removed.h"

#define STORED_VERSION 14
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
    STORE_QUEUE_SETTLE, /* what became of a letter's recipients. relayd */
    STORE_QUEUE_COUNT, /* by destination, state and last error. admin relayd */
    STORE_APPEND, /* several messages, all or none, and one that they replace; objects in a sealed memfd. imapd */
    STORE_UNDELETE, /* gives removed messages back, or lists them. admin */
    STORE_HOLD, /* legal hold: shown, set, cleared. admin; with a ticket imapd too: shown */
    STORE_SHOW_REMOVED, /* switches the folder of removed messages on or off. imapd */
    STORE_METADATA, /* annotations of a folder, of the mailbox as a whole, or of all; what changed of them */
    STORE_METADATA_SET, /* some of a folder, all or none */
    STORE_BOX_FOLDERS, /* a mailbox's folders without their names: counts and sizes. admin */
    STORE_WARNINGS, /* mailboxes whose holder is to be told that they fill up. relayd */
    STORE_WARNED,   /* the holder was told. relayd */
    STORE_ACL,      /* the rights that a folder has for delegates. imapd */
    STORE_ACL_SET,  /* changed. imapd */
    STORE_FOLDER_LEVEL,  /* a folder becomes a level of names, without its messages */
    STORE_FOLDER_REVIVE, /* a level becomes a folder again */
    STORE_USED,     /* what some mailboxes hold together. admin */
    STORE_EV_CHANGED = 200
};
