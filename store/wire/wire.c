/* SPDX-License-Identifier: EUPL-1.2 */
/* store/wire/wire.c - the one place that lays out what is said to pli-stored. Append only: a changed row is a new
 * STORED_VERSION.
 * Process  stored, and those that ask it. */
#include "store/wire/wire.h"

enum {
    LIST = STORE_PAGE,
    UIDS = STORE_RANGES_MAX * 8,
    PLACES = 90 * 1024,
    CHUNK = SEAL_CHUNK + SEAL_TAG,
    RECS = STORE_EPOCHS_MAX * (8 + SEAL_EPOCH_REC),
    FINDINGS = 32 * 1024,
};
#define TABLE static const struct ipc_field

/* ---- list records ---- */
const struct ipc_field store_place_f[] = {
    IPC_F_U64(store_place, mbx),       IPC_F_U32(store_place, folder),
    IPC_F_U64(store_place, flags),     IPC_F_U64(store_place, internaldate),
    IPC_F_U64(store_place, epoch),     IPC_F_FIX(store_place, wrap),
    IPC_F_FIX(store_place, epoch_rec), IPC_F_END,
};
const struct ipc_field store_remote_f[] = {
    IPC_F_U16(store_remote, notify),
    IPC_F_U64(store_remote, not_before),
    IPC_F_BYTES(store_remote, domain_key, STORE_DOMAIN_KEY),
    IPC_F_BYTES(store_remote, envelope, STORE_ENVELOPE),
    IPC_F_END,
};
const struct ipc_field store_placed_f[] = {
    IPC_F_U64(store_placed, mbx),
    IPC_F_U32(store_placed, folder),
    IPC_F_U32(store_placed, uid),
    IPC_F_U32(store_placed, uidvalidity),
    IPC_F_END,
};
const struct ipc_field store_folder_f[] = {
    IPC_F_U32(store_folder, folder),
    IPC_F_U32(store_folder, uidvalidity),
    IPC_F_U32(store_folder, uidnext),
    IPC_F_U32(store_folder, exists),
    IPC_F_U32(store_folder, unseen),
    IPC_F_U64(store_folder, modseq),
    IPC_F_U8(store_folder, special),
    IPC_F_U16(store_folder, flags),
    IPC_F_FIX(store_folder, tag),
    IPC_F_BYTES(store_folder, name, STORE_NAME),
    IPC_F_END,
};
const struct ipc_field store_rename_f[] = {
    IPC_F_U32(store_rename, folder),
    IPC_F_FIX(store_rename, tag),
    IPC_F_BYTES(store_rename, name, STORE_NAME),
    IPC_F_END,
};
const struct ipc_field store_entry_f[] = {
    IPC_F_U32(store_entry, uid),
    IPC_F_U64(store_entry, flags),
    IPC_F_U64(store_entry, modseq),
    IPC_F_U64(store_entry, size),
    IPC_F_U64(store_entry, internaldate),
    IPC_F_U64(store_entry, epoch),
    IPC_F_FIX(store_entry, oid),
    IPC_F_FIX(store_entry, wrap),
    IPC_F_U64(store_entry, len_object),
    IPC_F_BYTES(store_entry, object, LIST),
    IPC_F_END,
};
const struct ipc_field store_keyword_f[] = {
    IPC_F_U8(store_keyword, index),
    IPC_F_FIX(store_keyword, tag),
    IPC_F_BYTES(store_keyword, name, STORE_NAME),
    IPC_F_END,
};
const struct ipc_field store_queue_item_f[] = {
    IPC_F_U64(store_queue_item, qid),
    IPC_F_U32(store_queue_item, rcpt),
    IPC_F_U8(store_queue_item, state),
    IPC_F_U16(store_queue_item, notify),
    IPC_F_U32(store_queue_item, attempts),
    IPC_F_U64(store_queue_item, received),
    IPC_F_U64(store_queue_item, next_try),
    IPC_F_U64(store_queue_item, size),
    IPC_F_U64(store_queue_item, epoch),
    IPC_F_FIX(store_queue_item, oid),
    IPC_F_FIX(store_queue_item, wrap),
    IPC_F_FIX(store_queue_item, epoch_rec),
    IPC_F_BYTES(store_queue_item, mid, STORE_MID),
    IPC_F_BYTES(store_queue_item, envelope, STORE_ENVELOPE),
    IPC_F_BYTES(store_queue_item, last_error, STORE_LAST_ERROR),
    IPC_F_END,
};

/* ---- delivery ---- */
TABLE deliver_req[] = {
    IPC_F_FIX(store_deliver_req, oid),
    IPC_F_BYTES(store_deliver_req, mid, STORE_MID),
    IPC_F_U64(store_deliver_req, size),
    IPC_F_U64(store_deliver_req, received),
    IPC_F_U64(store_deliver_req, len_message),
    IPC_F_U64(store_deliver_req, len_summary),
    IPC_F_U64(store_deliver_req, len_search),
    IPC_F_BYTES(store_deliver_req, places, PLACES),
    IPC_F_BYTES(store_deliver_req, remotes, PLACES),
    IPC_F_U64(store_deliver_req, queue_epoch),
    IPC_F_FIX(store_deliver_req, queue_wrap),
    IPC_F_FIX(store_deliver_req, queue_epoch_rec),
    IPC_F_U8(store_deliver_req, enforce_quota),
    IPC_F_BYTES(store_deliver_req, objects, STORE_INLINE_MAX),
    IPC_F_END,
};
TABLE deliver_rep[] = {IPC_F_BYTES(store_deliver_rep, placed, LIST), IPC_F_U64(store_deliver_rep, qid), IPC_F_END};
TABLE can_take_req[] = {IPC_F_U64(store_can_take_req, mbx), IPC_F_U64(store_can_take_req, size), IPC_F_END};

/* ---- boxes ---- */
TABLE mbx_msg[] = {IPC_F_U64(store_mbx_msg, mbx), IPC_F_END};
TABLE box_create_req[] = {
    IPC_F_U64(store_box_create_req, mbx),
    IPC_F_FIX(store_box_create_req, pub),
    IPC_F_BYTES(store_box_create_req, slots, SLOTS_MAX),
    IPC_F_U64(store_box_create_req, quota),
    IPC_F_END,
};
TABLE box_rep[] = {
    IPC_F_U64(store_box_rep, mbx),
    IPC_F_FIX(store_box_rep, pub),
    IPC_F_BYTES(store_box_rep, slots, SLOTS_MAX),
    IPC_F_BYTES(store_box_rep, former, SLOTS_MAX),
    IPC_F_U64(store_box_rep, slots_version),
    IPC_F_U64(store_box_rep, quota),
    IPC_F_U64(store_box_rep, used),
    IPC_F_U64(store_box_rep, messages),
    IPC_F_END,
};
TABLE box_set_req[] = {
    IPC_F_U64(store_box_set_req, mbx),           IPC_F_U8(store_box_set_req, what),
    IPC_F_U64(store_box_set_req, slots_version), IPC_F_BYTES(store_box_set_req, slots, SLOTS_MAX),
    IPC_F_U64(store_box_set_req, quota),         IPC_F_END,
};
TABLE box_opened_req[] = {IPC_F_U64(store_box_opened_req, slots_version), IPC_F_END};
TABLE ticket_req[] = {IPC_F_BYTES(store_ticket_req, ticket, STORE_TICKET_MAX), IPC_F_END};

/* ---- folders ---- */
TABLE cursor_req[] = {IPC_F_U32(store_cursor_req, from), IPC_F_END};
TABLE list_rep[] = {IPC_F_BYTES(store_list_rep, list, LIST), IPC_F_U32(store_list_rep, next), IPC_F_END};
TABLE folder_create_req[] = {
    IPC_F_U8(store_folder_create_req, special),
    IPC_F_U16(store_folder_create_req, flags),
    IPC_F_FIX(store_folder_create_req, tag),
    IPC_F_BYTES(store_folder_create_req, name, STORE_NAME),
    IPC_F_END,
};
TABLE folder_msg[] = {IPC_F_U32(store_folder_msg, folder), IPC_F_END};
TABLE folder_rename_req[] = {IPC_F_BYTES(store_folder_rename_req, renames, LIST), IPC_F_END};
TABLE folder_flags_req[] = {
    IPC_F_U32(store_folder_flags_req, folder),
    IPC_F_U16(store_folder_flags_req, set),
    IPC_F_U16(store_folder_flags_req, clear),
    IPC_F_END,
};
TABLE status_rep[] = {
    IPC_F_U32(store_status_rep, uidvalidity),
    IPC_F_U32(store_status_rep, uidnext),
    IPC_F_U32(store_status_rep, exists),
    IPC_F_U32(store_status_rep, unseen),
    IPC_F_U32(store_status_rep, recent),
    IPC_F_U64(store_status_rep, modseq),
    IPC_F_U64(store_status_rep, bytes),
    IPC_F_U32(store_status_rep, first_recent),
    IPC_F_END,
};
TABLE select_req[] = {IPC_F_U32(store_select_req, folder), IPC_F_U8(store_select_req, read_only), IPC_F_END};

/* ---- messages ---- */
TABLE list_req[] = {IPC_F_U32(store_list_req, folder), IPC_F_U32(store_list_req, lo), IPC_F_U32(store_list_req, hi),
                    IPC_F_END};
TABLE brief_rep[] = {IPC_F_BYTES(store_brief_rep, brief, LIST), IPC_F_U32(store_brief_rep, next), IPC_F_END};
TABLE changes_req[] = {
    IPC_F_U32(store_changes_req, folder),
    IPC_F_U64(store_changes_req, since),
    IPC_F_U64(store_changes_req, cursor),
    IPC_F_END,
};
TABLE changes_rep[] = {
    IPC_F_BYTES(store_changes_rep, brief, LIST), IPC_F_BYTES(store_changes_rep, gone, LIST),
    IPC_F_U64(store_changes_rep, modseq),        IPC_F_U64(store_changes_rep, next),
    IPC_F_U32(store_changes_rep, exists),        IPC_F_END,
};
TABLE range_req[] = {
    IPC_F_U32(store_range_req, folder),
    IPC_F_BYTES(store_range_req, uids, UIDS),
    IPC_F_U32(store_range_req, from),
    IPC_F_END,
};
TABLE read_req[] = {
    IPC_F_U32(store_read_req, folder), IPC_F_U32(store_read_req, uid),   IPC_F_U8(store_read_req, kind),
    IPC_F_U32(store_read_req, chunk),  IPC_F_U32(store_read_req, count), IPC_F_END,
};
TABLE read_rep[] = {
    IPC_F_FIX(store_read_rep, oid),   IPC_F_U64(store_read_rep, plain_size),      IPC_F_U32(store_read_rep, chunk),
    IPC_F_U32(store_read_rep, count), IPC_F_BYTES(store_read_rep, chunks, CHUNK), IPC_F_END,
};
TABLE epochs_req[] = {IPC_F_BYTES(store_epochs_req, epochs, STORE_EPOCHS_MAX * 8), IPC_F_END};
TABLE epochs_rep[] = {IPC_F_BYTES(store_epochs_rep, recs, RECS), IPC_F_END};
TABLE flags_req[] = {
    IPC_F_U32(store_flags_req, folder),
    IPC_F_BYTES(store_flags_req, uids, UIDS),
    IPC_F_U32(store_flags_req, from),
    IPC_F_U8(store_flags_req, how),
    IPC_F_U64(store_flags_req, flags),
    IPC_F_U64(store_flags_req, unchanged_since),
    IPC_F_END,
};
TABLE flags_rep[] = {
    IPC_F_BYTES(store_flags_rep, brief, LIST),
    IPC_F_BYTES(store_flags_rep, modified, LIST),
    IPC_F_U32(store_flags_rep, next),
    IPC_F_END,
};
TABLE expunge_req[] = {
    IPC_F_U32(store_expunge_req, folder),
    IPC_F_BYTES(store_expunge_req, uids, UIDS),
    IPC_F_U32(store_expunge_req, from),
    IPC_F_U8(store_expunge_req, deleted_only),
    IPC_F_END,
};
TABLE expunge_rep[] = {
    IPC_F_BYTES(store_expunge_rep, expunged, LIST),
    IPC_F_U64(store_expunge_rep, modseq),
    IPC_F_U32(store_expunge_rep, next),
    IPC_F_END,
};
TABLE copy_req[] = {
    IPC_F_U32(store_copy_req, folder),
    IPC_F_U32(store_copy_req, dest),
    IPC_F_BYTES(store_copy_req, uids, UIDS),
    IPC_F_U8(store_copy_req, move),
    IPC_F_END,
};
TABLE copy_rep[] = {IPC_F_U32(store_copy_rep, uidvalidity), IPC_F_BYTES(store_copy_rep, pairs, LIST), IPC_F_END};
TABLE keyword_add_req[] = {
    IPC_F_FIX(store_keyword_add_req, tag),
    IPC_F_BYTES(store_keyword_add_req, name, STORE_NAME),
    IPC_F_END,
};
TABLE keyword_add_rep[] = {IPC_F_U8(store_keyword_add_rep, index), IPC_F_END};
TABLE watch_req[] = {IPC_F_U32(store_watch_req, folder), IPC_F_END};
TABLE ev_changed[] = {IPC_F_U32(store_ev_changed, folder), IPC_F_U64(store_ev_changed, modseq), IPC_F_END};

/* ---- queue, upkeep ---- */
TABLE queue_list_req[] = {
    IPC_F_U64(store_queue_list_req, qid_from),
    IPC_F_U32(store_queue_list_req, rcpt_from),
    IPC_F_U64(store_queue_list_req, due_before),
    IPC_F_END,
};
TABLE queue_list_rep[] = {
    IPC_F_BYTES(store_queue_list_rep, items, LIST),
    IPC_F_U64(store_queue_list_rep, next_qid),
    IPC_F_U32(store_queue_list_rep, next_rcpt),
    IPC_F_END,
};
TABLE queue_read_req[] = {
    IPC_F_U64(store_queue_read_req, qid),
    IPC_F_U8(store_queue_read_req, kind),
    IPC_F_U32(store_queue_read_req, chunk),
    IPC_F_END,
};
TABLE queue_update_req[] = {
    IPC_F_U64(store_queue_update_req, qid),
    IPC_F_U32(store_queue_update_req, rcpt),
    IPC_F_U8(store_queue_update_req, state),
    IPC_F_U64(store_queue_update_req, next_try),
    IPC_F_BYTES(store_queue_update_req, last_error, STORE_LAST_ERROR),
    IPC_F_END,
};
TABLE stats_rep[] = {
    IPC_F_U64(store_stats_rep, boxes),
    IPC_F_U64(store_stats_rep, messages),
    IPC_F_U64(store_stats_rep, objects),
    IPC_F_U64(store_stats_rep, bytes_plain),
    IPC_F_U64(store_stats_rep, queue),
    IPC_F_U64(store_stats_rep, commits),
    IPC_F_U64(store_stats_rep, deadlocks),
    IPC_F_U64(store_stats_rep, orphans),
    IPC_F_U64(store_stats_rep, log_bytes),
    IPC_F_U64(store_stats_rep, format),
    IPC_F_END,
};
TABLE check_req[] = {IPC_F_U64(store_check_req, cursor), IPC_F_END};
TABLE check_rep[] = {
    IPC_F_U64(store_check_rep, cursor),
    IPC_F_U64(store_check_rep, checked),
    IPC_F_U64(store_check_rep, bad),
    IPC_F_BYTES(store_check_rep, findings, FINDINGS),
    IPC_F_END,
};

TABLE damage_rep[] = {
    IPC_F_U64(store_damage_rep, pages),
    IPC_F_BYTES(store_damage_rep, list, FINDINGS),
    IPC_F_END,
};

/* ---- the operations ---- */
enum {
    ANY = ROLE_SMTPD | ROLE_IMAPD | ROLE_RELAYD | ROLE_STORED | ROLE_KEYD | ROLE_DIRD | ROLE_ADMIN | ROLE_SUPER,
    IN = ROLE_SMTPD | ROLE_RELAYD | ROLE_IMAPD,     /* imapd: into the mailbox of its ticket */
    TICKETS = ROLE_IMAPD | ROLE_SMTPD | ROLE_ADMIN, /* smtpd: to read the signing slot of who submits */
    MAIL = ROLE_IMAPD | ROLE_ADMIN,                 /* with a ticket */
    QUEUE = ROLE_RELAYD | ROLE_ADMIN,
};
static const struct ipc_op ops[] = {
    {STORE_DELIVER, "deliver", IN, deliver_req, deliver_rep, 0, 0},
    {STORE_DELIVER_FD, "deliver-fd", IN, deliver_req, deliver_rep, 1, 0},
    {STORE_CAN_TAKE, "can-take", ROLE_SMTPD | ROLE_RELAYD, can_take_req, NULL, 0, 0},
    {STORE_BOX_RESERVE, "box-reserve", ROLE_ADMIN, NULL, mbx_msg, 0, 0},
    {STORE_BOX_CREATE, "box-create", ROLE_ADMIN, box_create_req, NULL, 0, 0},
    {STORE_BOX_GET, "box-get", MAIL, mbx_msg, box_rep, 0, 0},
    {STORE_BOX_SET, "box-set", ROLE_ADMIN, box_set_req, NULL, 0, 0},
    {STORE_BOX_DELETE, "box-delete", ROLE_ADMIN, mbx_msg, NULL, 0, 0},
    {STORE_TICKET, "ticket", TICKETS, ticket_req, box_rep, 0, 0},
    {STORE_FOLDERS, "folders", MAIL, cursor_req, list_rep, 0, 0},
    {STORE_FOLDER_CREATE, "folder-create", MAIL, folder_create_req, folder_msg, 0, 0},
    {STORE_FOLDER_RENAME, "folder-rename", MAIL, folder_rename_req, NULL, 0, 0},
    {STORE_FOLDER_RENAME_FD, "folder-rename-fd", MAIL, folder_rename_req, NULL, 1, 0},
    {STORE_FOLDER_DELETE, "folder-delete", MAIL, folder_msg, NULL, 0, 0},
    {STORE_FOLDER_FLAGS, "folder-flags", MAIL, folder_flags_req, NULL, 0, 0},
    {STORE_FOLDER_STATUS, "folder-status", MAIL, folder_msg, status_rep, 0, 0},
    {STORE_SELECT, "select", MAIL, select_req, status_rep, 0, 0},
    {STORE_LIST, "list", MAIL, list_req, brief_rep, 0, 0},
    {STORE_CHANGES, "changes", MAIL, changes_req, changes_rep, 0, 0},
    {STORE_ENTRIES, "entries", MAIL, range_req, list_rep, 0, 0},
    {STORE_SUMMARIES, "summaries", MAIL, range_req, list_rep, 0, 0},
    {STORE_TEXTS, "texts", MAIL, range_req, list_rep, 0, 0},
    {STORE_READ, "read", MAIL, read_req, read_rep, 0, 0},
    {STORE_READ_MANY, "read-many", MAIL, range_req, list_rep, 0, 0},
    {STORE_EPOCHS, "epochs", MAIL, epochs_req, epochs_rep, 0, 0},
    {STORE_FLAGS, "flags", MAIL, flags_req, flags_rep, 0, 0},
    {STORE_EXPUNGE, "expunge", MAIL, expunge_req, expunge_rep, 0, 0},
    {STORE_COPY, "copy", MAIL, copy_req, copy_rep, 0, 0},
    {STORE_KEYWORDS, "keywords", MAIL, cursor_req, list_rep, 0, 0},
    {STORE_KEYWORD_ADD, "keyword-add", MAIL, keyword_add_req, keyword_add_rep, 0, 0},
    {STORE_WATCH, "watch", MAIL, watch_req, NULL, 0, 0},
    {STORE_QUEUE_LIST, "queue-list", QUEUE, queue_list_req, queue_list_rep, 0, 0},
    {STORE_QUEUE_READ, "queue-read", QUEUE, queue_read_req, read_rep, 0, 0},
    {STORE_QUEUE_UPDATE, "queue-update", QUEUE, queue_update_req, NULL, 0, 0},
    {STORE_STATS, "stats", ROLE_ADMIN | ROLE_SUPER, NULL, stats_rep, 0, 0},
    {STORE_CHECK, "check", ROLE_ADMIN, check_req, check_rep, 0, 0},
    {STORE_PING, "ping", ANY, NULL, NULL, 0, 0},
    {STORE_BOX_OPENED, "box-opened", ROLE_IMAPD, box_opened_req, NULL, 0, 0},
    {STORE_DAMAGE, "damage", ROLE_ADMIN, NULL, damage_rep, 0, 0},
    {STORE_EV_CHANGED, "changed", 0, NULL, ev_changed, 0, 0}, /* pushed, never asked */
};
const struct ipc_proto stored_proto = {"stored", 0x53544f52, STORED_VERSION, ops, sizeof ops / sizeof ops[0]};

bool store_op_again(enum store_op op)
{
    static const enum store_op once[] = {
        STORE_BOX_CREATE, STORE_BOX_SET, STORE_BOX_DELETE, STORE_FOLDER_CREATE, STORE_FOLDER_DELETE,
        STORE_FLAGS,      STORE_EXPUNGE, STORE_COPY,       STORE_QUEUE_UPDATE,  STORE_CHECK,
    };

    for (size_t i = 0; i < sizeof once / sizeof once[0]; i++)
        if (once[i] == op)
            return false;
    return true;
}
