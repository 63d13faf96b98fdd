/* SPDX-License-Identifier: EUPL-1.2 */
/* store/ops/acl_gate_test.c - a delegate's session, hostile: with every single right, and with all but one, it tries every operation. What each
 * operation needs is written out here a second time.
 * Process  tests. */
#include "store/ops/acl_test.h"

enum { NEVER = 1 << 30 };

/* ---- what is tried ---- */
static uint64_t at_mbx;
static uint32_t at_folder; /* beside the INBOX */

static enum rc try_range(struct store *s, enum store_op op, struct err *e)
{
    struct store_range_req rq = {.folder = STORE_INBOX, .uids = live_range(1, 1)};
    struct store_list_rep rep;

    return store_call(s, op, &rq, -1, &rep, e);
}
static enum rc t_entries(struct store *s, struct err *e)
{
    return try_range(s, STORE_ENTRIES, e);
}
static enum rc t_summaries(struct store *s, struct err *e)
{
    return try_range(s, STORE_SUMMARIES, e);
}
static enum rc t_texts(struct store *s, struct err *e)
{
    return try_range(s, STORE_TEXTS, e);
}
static enum rc t_many(struct store *s, struct err *e)
{
    return try_range(s, STORE_READ_MANY, e);
}

static enum rc t_read(struct store *s, struct err *e)
{
    struct store_read_req rq = {.folder = STORE_INBOX, .uid = 1, .kind = SEAL_MESSAGE, .count = 1};
    struct store_read_rep rep;

    return store_call(s, STORE_READ, &rq, -1, &rep, e);
}

static enum rc t_list(struct store *s, struct err *e)
{
    struct store_brief_rep rep;

    return store_call(s, STORE_LIST, &(struct store_list_req){STORE_INBOX, 1, 9}, -1, &rep, e);
}

static enum rc t_changes(struct store *s, struct err *e)
{
    struct store_changes_rep rep;

    return store_call(s, STORE_CHANGES, &(struct store_changes_req){STORE_INBOX, 0, 0}, -1, &rep, e);
}

static enum rc t_status(struct store *s, struct err *e)
{
    struct store_status_rep rep;

    return store_call(s, STORE_FOLDER_STATUS, &(struct store_folder_msg){STORE_INBOX}, -1, &rep, e);
}

static enum rc t_examine(struct store *s, struct err *e)
{
    struct store_status_rep rep;

    return store_call(s, STORE_SELECT, &(struct store_select_req){STORE_INBOX, 1}, -1, &rep, e);
}

static enum rc try_flags(struct store *s, uint8_t how, uint64_t flags, struct err *e)
{
    struct store_flags_req rq = {.folder = STORE_INBOX, .uids = live_range(1, 1), .how = how, .flags = flags};
    struct store_flags_rep rep;

    return store_call(s, STORE_FLAGS, &rq, -1, &rep, e);
}
static enum rc t_seen(struct store *s, struct err *e)
{
    return try_flags(s, FLAGS_ADD, MF_SEEN, e);
}
static enum rc t_unseen(struct store *s, struct err *e)
{
    return try_flags(s, FLAGS_REMOVE, MF_SEEN, e);
}
static enum rc t_flagged(struct store *s, struct err *e)
{
    return try_flags(s, FLAGS_ADD, MF_FLAGGED, e);
}
static enum rc t_undeleted(struct store *s, struct err *e)
{
    return try_flags(s, FLAGS_REMOVE, MF_DELETED, e);
}

static enum rc try_expunge(struct store *s, uint8_t deleted_only, struct err *e)
{
    struct store_expunge_req rq = {.folder = STORE_INBOX, .uids = live_range(7, 7), .deleted_only = deleted_only};
    struct store_expunge_rep rep;

    return store_call(s, STORE_EXPUNGE, &rq, -1, &rep, e);
}
static enum rc t_expunge(struct store *s, struct err *e)
{
    return try_expunge(s, 1, e);
}
static enum rc t_expunge_any(struct store *s, struct err *e)
{
    return try_expunge(s, 0, e);
}

static enum rc try_copy(struct store *s, uint8_t move, struct err *e)
{
    struct store_copy_req rq = {.folder = STORE_INBOX, .dest = at_folder, .uids = live_range(7, 7), .move = move};
    struct store_copy_rep rep;

    return store_call(s, STORE_COPY, &rq, -1, &rep, e);
}
static enum rc t_copy(struct store *s, struct err *e)
{
    return try_copy(s, 0, e);
}
static enum rc t_move(struct store *s, struct err *e)
{
    return try_copy(s, 1, e);
}

static enum rc t_deliver(struct store *s, struct err *e)
{
    struct store_deliver_rep rep;
    struct letter l;
    enum rc rc;

    letter_new(&l, 50, 20, 20);
    letter_to(&l, at_mbx, at_folder, 0);
    rc = letter_send(&l, s, NULL, &rep, e);
    letter_free(&l);
    return rc;
}

static enum rc t_create(struct store *s, struct err *e)
{
    static uint32_t n;
    struct store_folder_create_req rq = {.name = SPAN_LIT("sealed"), .parent = at_folder};
    struct store_folder_msg rep;

    n++;
    memcpy(rq.tag, &n, sizeof n);
    return store_call(s, STORE_FOLDER_CREATE, &rq, -1, &rep, e);
}

static enum rc t_rename(struct store *s, struct err *e)
{
    struct store_rename r = {.folder = at_folder, .name = SPAN_LIT("sealed anew")};
    struct store_folder_rename_req rq = {.parent = at_folder};
    struct buf b = BUF_INIT;
    enum rc rc;

    memset(r.tag, 3, sizeof r.tag);
    ipc_list_add(&b, store_rename_f, &r);
    rq.renames = buf_span(&b);
    rc = store_call(s, STORE_FOLDER_RENAME, &rq, -1, NULL, e);
    buf_free(&b);
    return rc;
}

static enum rc t_delete(struct store *s, struct err *e)
{
    return store_call(s, STORE_FOLDER_DELETE, &(struct store_folder_msg){STORE_INBOX}, -1, NULL, e); /* it stays */
}

static enum rc t_level(struct store *s, struct err *e)
{
    return store_call(s, STORE_FOLDER_LEVEL, &(struct store_folder_msg){STORE_INBOX}, -1, NULL, e); /* it stays */
}

static enum rc t_revive(struct store *s, struct err *e)
{
    struct store_folder_revive_req rq = {.folder = at_folder, .parent = at_folder}; /* which is no level */

    return store_call(s, STORE_FOLDER_REVIVE, &rq, -1, NULL, e);
}

static enum rc t_subscribe(struct store *s, struct err *e)
{
    return store_call(s, STORE_FOLDER_FLAGS, &(struct store_folder_flags_req){at_folder, FF_SUBSCRIBED, 0}, -1, NULL,
                      e);
}

static enum rc try_notes(struct store *s, uint32_t folder, struct err *e)
{
    struct store_metadata_req rq = {.folder = folder, .values = 1};
    struct store_metadata_rep rep;

    return store_call(s, STORE_METADATA, &rq, -1, &rep, e);
}
static enum rc t_notes(struct store *s, struct err *e)
{
    return try_notes(s, STORE_INBOX, e);
}
static enum rc t_all_notes(struct store *s, struct err *e)
{
    return try_notes(s, STORE_EVERY_FOLDER, e);
}

static enum rc try_note(struct store *s, uint8_t shared, uint8_t special, struct err *e)
{
    struct store_annotation one = {
        .folder = at_folder, .shared = shared, .tag = {1}, .name = SPAN_LIT("sealed name"), .value = SPAN_LIT("v")};
    struct store_metadata_set_req rq = {.folder = at_folder, .special = special};
    struct store_metadata_set_rep rep;
    struct buf b = BUF_INIT;
    enum rc rc;

    ipc_list_add(&b, store_annotation_f, &one);
    rq.list = buf_span(&b);
    rc = store_call(s, STORE_METADATA_SET, &rq, -1, &rep, e);
    buf_free(&b);
    return rc;
}
static enum rc t_own_note(struct store *s, struct err *e)
{
    return try_note(s, 0, STORE_SPECIAL_KEEP, e);
}
static enum rc t_shared_note(struct store *s, struct err *e)
{
    return try_note(s, 1, STORE_SPECIAL_KEEP, e);
}
static enum rc t_use(struct store *s, struct err *e)
{
    return try_note(s, 0, SU_NONE, e);
}

static enum rc t_acl(struct store *s, struct err *e)
{
    struct store_list_rep rep;

    return store_call(s, STORE_ACL, &(struct store_folder_msg){STORE_INBOX}, -1, &rep, e);
}

static enum rc t_acl_set(struct store *s, struct err *e)
{
    struct store_acl_set_req rq = {.folder = STORE_INBOX, .delegate = HER + 1}; /* who is none */

    return store_call(s, STORE_ACL_SET, &rq, -1, NULL, e);
}

static enum rc try_watch(struct store *s, uint32_t folder, struct err *e)
{
    return store_call(s, STORE_WATCH, &(struct store_watch_req){folder}, -1, NULL, e);
}
static enum rc t_watch(struct store *s, struct err *e)
{
    return try_watch(s, STORE_INBOX, e);
}
static enum rc t_watch_all(struct store *s, struct err *e)
{
    return try_watch(s, 0, e);
}

static enum rc t_folders(struct store *s, struct err *e)
{
    struct store_list_rep rep;

    return store_call(s, STORE_FOLDERS, &(struct store_cursor_req){0}, -1, &rep, e);
}

static enum rc t_removed(struct store *s, struct err *e)
{
    struct store_brief_rep rep;

    return store_call(s, STORE_LIST, &(struct store_list_req){STORE_REMOVED, 1, 9}, -1, &rep, e);
}

static enum rc t_show_removed(struct store *s, struct err *e)
{
    return store_call(s, STORE_SHOW_REMOVED, &(struct store_show_removed_req){1}, -1, NULL, e);
}

static enum rc t_hold(struct store *s, struct err *e)
{
    struct store_hold_rep rep;

    return store_call(s, STORE_HOLD, &(struct store_hold_req){.what = HOLD_SHOW}, -1, &rep, e);
}

static enum rc t_opened(struct store *s, struct err *e)
{
    return store_call(s, STORE_BOX_OPENED, &(struct store_box_opened_req){1}, -1, NULL, e);
}

static const struct {
    const char *name;
    uint32_t needs; /* all of these; NEVER: no delegate may */
    enum rc (*fn)(struct store *s, struct err *e);
} tried[] = {
    {"folders", 0, t_folders},
    {"create", ACL_K, t_create},
    {"rename", ACL_K | ACL_X, t_rename},
    {"delete", ACL_X, t_delete},
    {"level", ACL_X, t_level},
    {"revive", ACL_K | ACL_X, t_revive},
    {"subscribe", ACL_L, t_subscribe},
    {"status", ACL_R, t_status},
    {"examine", ACL_R, t_examine},
    {"list", ACL_R, t_list},
    {"changes", ACL_R, t_changes},
    {"entries", ACL_R, t_entries},
    {"summaries", ACL_R, t_summaries},
    {"texts", ACL_R, t_texts},
    {"read", ACL_R, t_read},
    {"read-many", ACL_R, t_many},
    {"\\Seen", ACL_R | ACL_S, t_seen},
    {"not \\Seen", ACL_R | ACL_S, t_unseen},
    {"\\Flagged", ACL_R | ACL_W, t_flagged},
    {"not \\Deleted", ACL_R | ACL_T, t_undeleted},
    {"expunge", ACL_E, t_expunge},
    {"expunge what is not marked", ACL_E | ACL_T, t_expunge_any},
    {"copy", ACL_R | ACL_I, t_copy},
    {"move", ACL_R | ACL_I | ACL_T | ACL_E, t_move},
    {"deliver", ACL_I, t_deliver},
    {"notes", ACL_R, t_notes},
    {"notes of all folders", NEVER, t_all_notes},
    {"a note of her own", ACL_R, t_own_note},
    {"a shared note", ACL_R | ACL_W, t_shared_note},
    {"what a folder is for", NEVER, t_use},
    {"acl", ACL_A, t_acl},
    {"acl-set", ACL_A, t_acl_set},
    {"watch", ACL_R, t_watch},
    {"watch all", NEVER, t_watch_all},
    {"the folder of removed messages", NEVER, t_removed},
    {"show removed messages", NEVER, t_show_removed},
    {"the legal hold", NEVER, t_hold},
    {"box-opened", NEVER, t_opened},
};

static void try_all(struct store *s, uint32_t acl)
{
    struct err e = {0};

    for (size_t i = 0; i < sizeof tried / sizeof *tried; i++) {
        bool may = (acl & tried[i].needs) == tried[i].needs;
        enum rc rc = tried[i].fn(s, &e);
        bool refused = rc == RC_DENIED && e.cause == CAUSE_NO_RIGHT;

        if (may == refused)
            fail_msg("%s with rights %x: %s (%s)", tried[i].name, (unsigned)acl, rc_name(rc), e.log);
    }
}

static void every_right_alone_and_missing(void **state)
{
    struct store *holder, *s;

    (void)state;
    at_mbx = live_box(0);
    set_slots(at_mbx, 1, GRANT);
    holder = live_bound(&L, at_mbx);
    at_folder = live_folder(holder, "beside");
    (void)live_deliver(holder, at_mbx, STORE_INBOX, 100, 0);
    for (uint32_t bit = 1; bit <= ACL_ALL; bit <<= 1) {
        s = delegate(at_mbx, bit);
        try_all(s, bit);
        store_free(&s);
        s = delegate(at_mbx, ACL_ALL & ~bit);
        try_all(s, ACL_ALL & ~bit);
        store_free(&s);
    }
    s = delegate(at_mbx, 0);
    try_all(s, 0);
    store_free(&s);
    store_free(&holder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test_setup_teardown(every_right_alone_and_missing, setup, teardown)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
