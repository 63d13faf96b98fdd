/* SPDX-License-Identifier: EUPL-1.2 */
/* store/wire/wire.c - the tables of store/wire/wire.h: each message's, made from its list, and the one list of
 * operations. Append only: a changed row is a new STORED_VERSION.
 * Process  stored, and those that ask it. */
#include "store/wire/wire.h"

/* common.h */
IPC_TABLE(store_mbx_msg);
IPC_TABLE(store_folder_msg);
IPC_TABLE(store_cursor_req);
IPC_TABLE(store_list_rep);

/* deliver.h */
IPC_TABLE(store_place);
IPC_TABLE(store_remote);
IPC_TABLE(store_deliver_req);
IPC_TABLE(store_deliver_rep);
IPC_TABLE(store_placed);
IPC_TABLE(store_append_req);
IPC_TABLE(store_append_rep);
IPC_TABLE(store_can_take_req);

/* boxes.h */
IPC_TABLE(store_box_create_req);
IPC_TABLE(store_box_rep);
IPC_TABLE(store_box_folders_req);
IPC_TABLE(store_box_folder);
IPC_TABLE(store_box_opened_req);
IPC_TABLE(store_box_set_req);
IPC_TABLE(store_warning);
IPC_TABLE(store_warned_req);
IPC_TABLE(store_ticket_req);

/* folders.h */
IPC_TABLE(store_folder);
IPC_TABLE(store_folder_create_req);
IPC_TABLE(store_folder_revive_req);
IPC_TABLE(store_folder_rename_req);
IPC_TABLE(store_rename);
IPC_TABLE(store_folder_flags_req);
IPC_TABLE(store_status_rep);
IPC_TABLE(store_select_req);
IPC_TABLE(store_keyword);
IPC_TABLE(store_keyword_add_req);
IPC_TABLE(store_keyword_add_rep);
IPC_TABLE(store_watch_req);
IPC_TABLE(store_ev_changed);

/* messages.h */
IPC_TABLE(store_list_req);
IPC_TABLE(store_brief_rep);
IPC_TABLE(store_changes_req);
IPC_TABLE(store_changes_rep);
IPC_TABLE(store_range_req);
IPC_TABLE(store_entry);
IPC_TABLE(store_read_req);
IPC_TABLE(store_read_rep);
IPC_TABLE(store_epochs_req);
IPC_TABLE(store_epochs_rep);
IPC_TABLE(store_flags_req);
IPC_TABLE(store_flags_rep);
IPC_TABLE(store_expunge_req);
IPC_TABLE(store_expunge_rep);
IPC_TABLE(store_copy_req);
IPC_TABLE(store_copy_rep);

/* metadata.h */
IPC_TABLE(store_annotation);
IPC_TABLE(store_metadata_req);
IPC_TABLE(store_metadata_rep);
IPC_TABLE(store_metadata_set_req);
IPC_TABLE(store_metadata_set_rep);

/* queue.h */
IPC_TABLE(store_queue_item);
IPC_TABLE(store_queue_list_req);
IPC_TABLE(store_queue_list_rep);
IPC_TABLE(store_queue_read_req);
IPC_TABLE(store_queue_update_req);
IPC_TABLE(store_queue_settle_req);
IPC_TABLE(store_queue_settle_rep);
IPC_TABLE(store_queue_error);
IPC_TABLE(store_queue_count_req);
IPC_TABLE(store_queue_count_rep);
IPC_TABLE(store_queue_sum);

/* removed.h */
IPC_TABLE(store_undelete_req);
IPC_TABLE(store_undelete_rep);
IPC_TABLE(store_removed);
IPC_TABLE(store_hold_req);
IPC_TABLE(store_hold_rep);
IPC_TABLE(store_hold_note);
IPC_TABLE(store_show_removed_req);

/* admin.h */
IPC_TABLE(store_stats_rep);
IPC_TABLE(store_used_req);
IPC_TABLE(store_used_rep);
IPC_TABLE(store_check_req);
IPC_TABLE(store_check_rep);
IPC_TABLE(store_damage_rep);

/* acl.h */
IPC_TABLE(store_acl);
IPC_TABLE(store_acl_set_req);

/* ---- the operations ---- */
enum {
    ANY = ROLE_SMTPD | ROLE_IMAPD | ROLE_RELAYD | ROLE_STORED | ROLE_KEYD | ROLE_DIRD | ROLE_ADMIN | ROLE_SUPER,
    IN = ROLE_SMTPD | ROLE_RELAYD | ROLE_IMAPD,     /* imapd: into the mailbox of its ticket */
    TICKETS = ROLE_IMAPD | ROLE_SMTPD | ROLE_ADMIN, /* smtpd: to read the signing slot of who submits */
    MAIL = ROLE_IMAPD | ROLE_ADMIN,                 /* with a ticket */
    QUEUE = ROLE_RELAYD | ROLE_ADMIN,
};
static const struct ipc_op ops[] = {
    {STORE_DELIVER, "deliver", IN, store_deliver_req_f, store_deliver_rep_f, IPC_AGAIN},
    {STORE_DELIVER_FD, "deliver-fd", IN, store_deliver_req_f, store_deliver_rep_f, IPC_REQ_FD | IPC_AGAIN},
    {STORE_CAN_TAKE, "can-take", ROLE_SMTPD | ROLE_RELAYD, store_can_take_req_f, NULL, IPC_AGAIN},
    {STORE_BOX_RESERVE, "box-reserve", ROLE_ADMIN, NULL, store_mbx_msg_f, IPC_AGAIN},
    {STORE_BOX_CREATE, "box-create", ROLE_ADMIN, store_box_create_req_f, NULL, 0},
    {STORE_BOX_GET, "box-get", MAIL, store_mbx_msg_f, store_box_rep_f, IPC_AGAIN},
    {STORE_BOX_SET, "box-set", ROLE_ADMIN, store_box_set_req_f, NULL, 0},
    {STORE_BOX_DELETE, "box-delete", ROLE_ADMIN, store_mbx_msg_f, NULL, 0},
    {STORE_TICKET, "ticket", TICKETS, store_ticket_req_f, store_box_rep_f, IPC_AGAIN},
    {STORE_FOLDERS, "folders", MAIL, store_cursor_req_f, store_list_rep_f, IPC_AGAIN},
    {STORE_FOLDER_CREATE, "folder-create", MAIL, store_folder_create_req_f, store_folder_msg_f, 0},
    {STORE_FOLDER_RENAME, "folder-rename", MAIL, store_folder_rename_req_f, NULL, IPC_AGAIN},
    {STORE_FOLDER_RENAME_FD, "folder-rename-fd", MAIL, store_folder_rename_req_f, NULL, IPC_REQ_FD | IPC_AGAIN},
    {STORE_FOLDER_DELETE, "folder-delete", MAIL, store_folder_msg_f, NULL, 0},
    {STORE_FOLDER_FLAGS, "folder-flags", MAIL, store_folder_flags_req_f, NULL, IPC_AGAIN},
    {STORE_FOLDER_STATUS, "folder-status", MAIL, store_folder_msg_f, store_status_rep_f, IPC_AGAIN},
    {STORE_SELECT, "select", MAIL, store_select_req_f, store_status_rep_f, IPC_AGAIN},
    {STORE_LIST, "list", MAIL, store_list_req_f, store_brief_rep_f, IPC_AGAIN},
    {STORE_CHANGES, "changes", MAIL, store_changes_req_f, store_changes_rep_f, IPC_AGAIN},
    {STORE_ENTRIES, "entries", MAIL, store_range_req_f, store_list_rep_f, IPC_AGAIN},
    {STORE_SUMMARIES, "summaries", MAIL, store_range_req_f, store_list_rep_f, IPC_AGAIN},
    {STORE_TEXTS, "texts", MAIL, store_range_req_f, store_list_rep_f, IPC_AGAIN},
    {STORE_READ, "read", MAIL, store_read_req_f, store_read_rep_f, IPC_AGAIN},
    {STORE_READ_MANY, "read-many", MAIL, store_range_req_f, store_list_rep_f, IPC_AGAIN},
    {STORE_EPOCHS, "epochs", MAIL, store_epochs_req_f, store_epochs_rep_f, IPC_AGAIN},
    {STORE_FLAGS, "flags", MAIL, store_flags_req_f, store_flags_rep_f, 0},
    {STORE_EXPUNGE, "expunge", MAIL, store_expunge_req_f, store_expunge_rep_f, 0},
    {STORE_COPY, "copy", MAIL, store_copy_req_f, store_copy_rep_f, 0},
    {STORE_KEYWORDS, "keywords", MAIL, store_cursor_req_f, store_list_rep_f, IPC_AGAIN},
    {STORE_KEYWORD_ADD, "keyword-add", MAIL, store_keyword_add_req_f, store_keyword_add_rep_f, IPC_AGAIN},
    {STORE_WATCH, "watch", MAIL | ROLE_RELAYD, store_watch_req_f, NULL, IPC_AGAIN},
    {STORE_QUEUE_LIST, "queue-list", QUEUE, store_queue_list_req_f, store_queue_list_rep_f, IPC_AGAIN},
    {STORE_QUEUE_READ, "queue-read", QUEUE, store_queue_read_req_f, store_read_rep_f, IPC_AGAIN},
    {STORE_QUEUE_UPDATE, "queue-update", QUEUE, store_queue_update_req_f, NULL, 0},
    {STORE_STATS, "stats", ROLE_ADMIN | ROLE_SUPER, NULL, store_stats_rep_f, IPC_AGAIN},
    {STORE_CHECK, "check", ROLE_ADMIN, store_check_req_f, store_check_rep_f, 0},
    {STORE_PING, "ping", ANY, NULL, NULL, IPC_AGAIN},
    {STORE_BOX_OPENED, "box-opened", ROLE_IMAPD, store_box_opened_req_f, NULL, IPC_AGAIN},
    {STORE_QUEUE_SETTLE, "queue-settle", ROLE_RELAYD, store_queue_settle_req_f, store_queue_settle_rep_f, 0},
    {STORE_DAMAGE, "damage", ROLE_ADMIN, NULL, store_damage_rep_f, IPC_AGAIN},
    {STORE_QUEUE_COUNT, "queue-count", QUEUE, store_queue_count_req_f, store_queue_count_rep_f, IPC_AGAIN},
    {STORE_APPEND, "append", ROLE_IMAPD, store_append_req_f, store_append_rep_f, IPC_REQ_FD | IPC_AGAIN},
    {STORE_UNDELETE, "undelete", ROLE_ADMIN, store_undelete_req_f, store_undelete_rep_f, 0},
    {STORE_HOLD, "hold", MAIL, store_hold_req_f, store_hold_rep_f, 0},
    {STORE_SHOW_REMOVED, "show-removed", ROLE_IMAPD, store_show_removed_req_f, NULL, IPC_AGAIN},
    {STORE_METADATA, "metadata", MAIL, store_metadata_req_f, store_metadata_rep_f, IPC_AGAIN},
    {STORE_METADATA_SET, "metadata-set", MAIL, store_metadata_set_req_f, store_metadata_set_rep_f, IPC_AGAIN},
    {STORE_BOX_FOLDERS, "box-folders", ROLE_ADMIN, store_box_folders_req_f, store_list_rep_f, IPC_AGAIN},
    {STORE_WARNINGS, "warnings", ROLE_RELAYD, NULL, store_list_rep_f, IPC_AGAIN},
    {STORE_WARNED, "warned", ROLE_RELAYD, store_warned_req_f, NULL, IPC_AGAIN},
    {STORE_ACL, "acl", ROLE_IMAPD, store_folder_msg_f, store_list_rep_f, IPC_AGAIN},
    {STORE_ACL_SET, "acl-set", ROLE_IMAPD, store_acl_set_req_f, NULL, 0},
    {STORE_FOLDER_LEVEL, "folder-level", MAIL, store_folder_msg_f, NULL, 0},
    {STORE_FOLDER_REVIVE, "folder-revive", MAIL, store_folder_revive_req_f, NULL, 0},
    {STORE_USED, "used", ROLE_ADMIN, store_used_req_f, store_used_rep_f, IPC_AGAIN},
    {STORE_EV_CHANGED, "changed", 0, NULL, store_ev_changed_f, 0}, /* pushed, never asked */
};
const struct ipc_proto stored_proto = {"stored", 0x53544f52, STORED_VERSION, ops, sizeof ops / sizeof ops[0]};
