/* SPDX-License-Identifier: EUPL-1.2 */
/* store/ops/acl_test.c - rights of a delegate in one folder, the end of a delegation, folders that come and go. What each operation needs:
 * acl_gate_test.c.
 * Process  tests. */
#include "store/ops/acl_test.h"

static enum rc try_flags(struct store *s, uint8_t how, uint64_t flags, struct err *e)
{
    struct store_flags_req rq = {.folder = STORE_INBOX, .uids = live_range(1, 1), .how = how, .flags = flags};
    struct store_flags_rep rep;

    return store_call(s, STORE_FLAGS, &rq, -1, &rep, e);
}

static enum rc t_list(struct store *s, struct err *e)
{
    struct store_brief_rep rep;

    return store_call(s, STORE_LIST, &(struct store_list_req){STORE_INBOX, 1, 9}, -1, &rep, e);
}

static enum rc t_watch(struct store *s, struct err *e)
{
    return store_call(s, STORE_WATCH, &(struct store_watch_req){STORE_INBOX}, -1, NULL, e);
}

static enum rc t_folders(struct store *s, struct err *e)
{
    struct store_list_rep rep;

    return store_call(s, STORE_FOLDERS, &(struct store_cursor_req){0}, -1, &rep, e);
}

static enum rc t_deliver(struct store *s, uint64_t mbx, struct err *e)
{
    struct store_deliver_rep rep;
    struct letter l;
    enum rc rc;

    letter_new(&l, 50, 20, 20);
    letter_to(&l, mbx, STORE_INBOX, 0);
    rc = letter_send(&l, s, NULL, &rep, e);
    letter_free(&l);
    return rc;
}

/* RFC 4314 4: of the flags that are set those are changed that may be; the others stay. */
static void flags_that_may_not_be_changed_stay(void **state)
{
    uint64_t mbx = live_box(0);
    struct store *holder, *s;
    struct store_brief_rep rep;
    struct err e;

    (void)state;
    set_slots(mbx, 1, GRANT);
    holder = live_bound(&L, mbx);
    (void)live_deliver(holder, mbx, STORE_INBOX, 100, MF_FLAGGED);
    s = delegate(mbx, ACL_L | ACL_R | ACL_S);
    OK(try_flags(s, FLAGS_SET, MF_SEEN | MF_DELETED, &e));
    OK(store_call(holder, STORE_LIST, &(struct store_list_req){STORE_INBOX, 1, 9}, -1, &rep, &e));
    assert_int_equal(live_brief_at(rep.brief, 0).flags, MF_SEEN | MF_FLAGGED);
    assert_int_equal(try_flags(s, FLAGS_ADD, MF_DELETED, &e), RC_DENIED);
    store_free(&s);
    s = delegate(mbx, ACL_L | ACL_I); /* what she files has the flags that she may set */
    (void)live_deliver(s, mbx, STORE_INBOX, 100, MF_SEEN | MF_DELETED | MF_FLAGGED);
    OK(store_call(holder, STORE_LIST, &(struct store_list_req){STORE_INBOX, 2, 9}, -1, &rep, &e));
    assert_int_equal(live_brief_at(rep.brief, 0).flags, 0);
    assert_int_equal(live_status(holder, STORE_INBOX).unseen, 1);
    store_free(&s);
    store_free(&holder);
}

static size_t shown(struct store *s)
{
    struct store_list_rep rep;
    struct store_folder f;
    size_t n = 0;
    struct err e;

    OK(store_call(s, STORE_FOLDERS, &(struct store_cursor_req){0}, -1, &rep, &e));
    while (ipc_list_next(&rep.list, store_folder_f, &f, &e) == RC_OK)
        n++;
    return n;
}

static void acl_set(struct store *s, uint32_t folder, uint8_t how, uint32_t rights)
{
    struct store_acl_set_req rq = {
        .folder = folder, .delegate = HER, .how = how, .rights = rights, .otherwise = ACL_L | ACL_R};
    struct err e;

    OK(store_call(s, STORE_ACL_SET, &rq, -1, NULL, &e));
}

/* One folder has other rights than the mailbox; those below it begin with them; they are looked at in sessions that are open. */
static void a_folder_has_rights_of_its_own(void **state)
{
    uint64_t mbx = live_box(0);
    struct store *holder, *s;
    struct store_folder_create_req below = {.name = SPAN_LIT("below"), .tag = {9}};
    struct store_folder_msg made;
    uint32_t folder;
    struct err e;

    (void)state;
    set_slots(mbx, 1, GRANT);
    holder = live_bound(&L, mbx);
    folder = live_folder(holder, "private");
    s = delegate(mbx, ACL_L | ACL_R);
    assert_int_equal(shown(s), 2);
    acl_set(holder, folder, STORE_ACL_IS, 0);
    assert_int_equal(shown(s), 1);
    below.parent = folder;
    OK(store_call(holder, STORE_FOLDER_CREATE, &below, -1, &made, &e));
    assert_int_equal(shown(s), 1);
    assert_int_equal(shown(holder), 3);
    acl_set(holder, made.folder, STORE_ACL_ADD, ACL_L);
    assert_int_equal(shown(s), 2);
    acl_set(holder, STORE_INBOX, STORE_ACL_TAKE, ACL_L);
    assert_int_equal(shown(s), 1);
    OK(t_list(s, &e)); /* r stays */
    acl_set(holder, STORE_INBOX, STORE_ACL_TAKE, ACL_R);
    assert_int_equal(t_list(s, &e), RC_DENIED);
    assert_int_equal(e.cause, CAUSE_NO_RIGHT);
    store_free(&s);
    store_free(&holder);
}

static enum rc t_level(struct store *s, uint32_t folder, struct err *e)
{
    return store_call(s, STORE_FOLDER_LEVEL, &(struct store_folder_msg){folder}, -1, NULL, e);
}

/* The folder of that tag, as a session is shown it; .folder 0: it is not shown. */
static struct store_folder with_tag(struct store *s, unsigned char tag)
{
    struct store_list_rep rep;
    struct store_folder f, found = {0};
    struct err e;

    OK(store_call(s, STORE_FOLDERS, &(struct store_cursor_req){0}, -1, &rep, &e));
    while (ipc_list_next(&rep.list, store_folder_f, &f, &e) == RC_OK)
        if (f.tag[0] == tag)
            found = f;
    return found;
}

/* Who is shut out of a folder is shut out of the level that stays of it, and of the folder that the level becomes again. */
static void a_level_keeps_the_rights_of_its_folder(void **state)
{
    uint64_t mbx = live_box(0);
    struct store *holder, *s;
    struct store_folder_create_req top = {.name = SPAN_LIT("top"), .tag = {9}, .flags = FF_SUBSCRIBED};
    struct store_folder_msg made;
    struct store_folder f;
    struct err e;

    (void)state;
    set_slots(mbx, 1, GRANT);
    holder = live_bound(&L, mbx);
    s = delegate(mbx, ACL_L | ACL_R);
    OK(store_call(holder, STORE_FOLDER_CREATE, &top, -1, &made, &e));
    (void)live_deliver(holder, mbx, made.folder, 100, 0);
    assert_int_equal(with_tag(s, 9).folder, made.folder);
    acl_set(holder, made.folder, STORE_ACL_IS, 0);
    assert_int_equal(with_tag(s, 9).folder, 0);
    assert_int_equal(t_level(s, made.folder, &e), RC_DENIED);
    OK(t_level(holder, made.folder, &e));
    f = with_tag(holder, 9);
    assert_int_equal(f.flags, FF_NOSELECT | FF_SUBSCRIBED);
    assert_true(f.folder != 0 && f.folder != made.folder);
    assert_int_equal(with_tag(s, 9).folder, 0);
    assert_int_equal(t_level(holder, f.folder, &e), RC_EXISTS);
    assert_int_equal(t_level(holder, made.folder, &e), RC_NOTFOUND);
    OK(store_call(holder, STORE_FOLDER_REVIVE, &(struct store_folder_revive_req){.folder = f.folder}, -1, NULL, &e));
    assert_int_equal(with_tag(holder, 9).flags, FF_SUBSCRIBED);
    assert_int_equal(with_tag(holder, 9).exists, 0);
    assert_true(with_tag(holder, 9).uidvalidity > 0);
    assert_int_equal(with_tag(s, 9).folder, 0);
    assert_int_equal(
        store_call(holder, STORE_FOLDER_REVIVE, &(struct store_folder_revive_req){.folder = f.folder}, -1, NULL, &e),
        RC_EXISTS);
    store_free(&s);
    store_free(&holder);
}

/* Open sessions of before end with their next request, whatever their ticket says; a new one of the old delegation is not bound. */
static void a_delegation_ends(void **state)
{
    uint64_t mbx = live_box(0);
    struct store *s, *again, *holder;
    struct err e;

    (void)state;
    set_slots(mbx, 1, GRANT);
    holder = live_bound(&L, mbx);
    s = delegate(mbx, ACL_ALL);
    acl_set(holder, STORE_INBOX, STORE_ACL_IS, ACL_ALL);
    OK(t_list(s, &e));
    set_slots(mbx, 2, GRANT + 1); /* other rights, say */
    assert_int_equal(t_list(s, &e), RC_DENIED);
    assert_int_equal(e.cause, CAUSE_DELEGATION_ENDED);
    assert_int_equal(t_deliver(s, mbx, &e), RC_DENIED);
    assert_int_equal(t_watch(s, &e), RC_DENIED);
    assert_int_equal(bind_as(mbx, ACL_ALL, GRANT, &again, &e), RC_DENIED);
    store_free(&again);
    OK(bind_as(mbx, ACL_L | ACL_R, GRANT + 1, &again, &e));
    OK(t_list(again, &e));
    set_slots(mbx, 3, 0);
    assert_int_equal(t_folders(again, &e), RC_DENIED);
    assert_int_equal(e.cause, CAUSE_DELEGATION_ENDED);
    set_slots(mbx, 4, GRANT + 2); /* taken and given anew: nothing is left of what folders had for her */
    store_free(&again);
    OK(bind_as(mbx, ACL_L, GRANT + 2, &again, &e));
    assert_int_equal(t_list(again, &e), RC_DENIED);
    assert_int_equal(e.cause, CAUSE_NO_RIGHT);
    store_free(&again);
    store_free(&s);
    store_free(&holder);
}

/* She is given her own slot and no other that opens. */
static void a_delegate_is_given_her_own_slot(void **state)
{
    uint64_t mbx = live_box(0);
    struct store *s;
    struct store_box_rep box;
    struct span rest;
    struct slot slot;
    uint64_t whose, grant;
    struct err e;

    (void)state;
    set_slots(mbx, 1, GRANT);
    s = delegate(mbx, ACL_ALL);
    OK(store_call(s, STORE_BOX_GET, &(struct store_mbx_msg){0}, -1, &box, &e));
    assert_int_equal(box.former.n, 0);
    rest = box.slots;
    OK(slot_next(&rest, &slot, &e));
    assert_int_equal(slot.type, SLOT_DELEGATE);
    OK(slot_delegate_whose(slot.body, &whose, &grant, &e));
    assert_int_equal(whose, HER);
    assert_int_equal(rest.n, 0);
    store_free(&s);
}

/* The administrator takes rights: what a folder had for her goes no further, and what was narrower stays so. Set again, it is what is set. */
static void a_delegation_of_less_holds_in_every_folder(void **state)
{
    uint64_t mbx = live_box(0);
    struct store *s, *holder;
    uint32_t folder;
    struct err e;

    (void)state;
    set_slots(mbx, 1, GRANT);
    holder = live_bound(&L, mbx);
    folder = live_folder(holder, "private");
    (void)live_deliver(holder, mbx, STORE_INBOX, 100, 0);
    s = delegate(mbx, ACL_ALL);
    acl_set(s, STORE_INBOX, STORE_ACL_IS, ACL_ALL); /* she has "a" */
    acl_set(holder, folder, STORE_ACL_IS, 0);
    store_free(&s);
    set_slots(mbx, 2, GRANT + 1);
    OK(bind_as(mbx, ACL_L | ACL_R, GRANT + 1, &s, &e));
    OK(t_list(s, &e));
    assert_int_equal(try_flags(s, FLAGS_ADD, MF_SEEN, &e), RC_DENIED);
    assert_int_equal(shown(s), 1);
    acl_set(holder, STORE_INBOX, STORE_ACL_ADD, ACL_S);
    OK(try_flags(s, FLAGS_ADD, MF_SEEN, &e));
    assert_int_equal(try_flags(s, FLAGS_ADD, MF_DELETED, &e), RC_DENIED);
    store_free(&s);
    store_free(&holder);
}

/* n annotations of her own, whoever she is. */
static enum rc note(struct store *s, uint32_t folder, unsigned n, struct err *e)
{
    struct store_metadata_set_req rq = {.folder = folder, .special = STORE_SPECIAL_KEEP};
    struct store_annotation one = {.folder = folder, .name = SPAN_LIT("name"), .value = SPAN_LIT("value")};
    struct store_metadata_set_rep rep;
    struct buf list = BUF_INIT;
    enum rc rc;

    for (unsigned i = 0; i < n; i++) {
        memset(one.tag, (int)i, sizeof one.tag);
        ipc_list_add(&list, store_annotation_f, &one);
    }
    rq.list = buf_span(&list);
    rc = store_call(s, STORE_METADATA_SET, &rq, -1, &rep, e);
    buf_free(&list);
    return rc;
}

/* A delegate who may only read has annotations of her own there. They take no other's share, and go with her. */
static void her_annotations_are_her_affair(void **state)
{
    uint64_t mbx = live_box(0), used;
    struct store *s, *holder;
    struct store_box_rep box;
    struct err e;

    (void)state;
    set_slots(mbx, 1, GRANT);
    holder = live_bound(&L, mbx);
    OK(note(holder, STORE_INBOX, 1, &e));
    OK(store_call(holder, STORE_BOX_GET, &(struct store_mbx_msg){0}, -1, &box, &e));
    used = box.used;
    s = delegate(mbx, ACL_L | ACL_R);
    OK(note(s, STORE_INBOX, STORE_ANNOTATIONS_FOLDER, &e));
    OK(note(holder, STORE_INBOX, STORE_ANNOTATIONS_FOLDER - 1, &e));
    OK(note(holder, STORE_INBOX, 1, &e));
    OK(store_call(holder, STORE_BOX_GET, &(struct store_mbx_msg){0}, -1, &box, &e));
    assert_true(box.used > 200 * used); /* the quota has them all */
    set_slots(mbx, 2, 0);
    OK(store_call(holder, STORE_BOX_GET, &(struct store_mbx_msg){0}, -1, &box, &e));
    assert_int_equal(box.used, used * (STORE_ANNOTATIONS_FOLDER - 1));
    store_free(&s);
    store_free(&holder);
}

static enum rc t_read_removed(struct store *s, uint32_t uid, uint64_t removed, struct err *e)
{
    struct store_read_req rq = {
        .folder = STORE_INBOX, .uid = uid, .kind = SEAL_MESSAGE, .count = 1, .removed = removed};
    struct store_read_rep rep;

    return store_call(s, STORE_READ, &rq, -1, &rep, e);
}

static void take_away(struct store *s, uint32_t uid)
{
    struct store_expunge_req rq = {.folder = STORE_INBOX, .uids = live_range(uid, uid)};
    struct store_expunge_rep rep;
    struct err e;

    OK(store_call(s, STORE_EXPUNGE, &rq, -1, &rep, &e));
}

/* A session that was taken over names a number of long ago: what the holder removed before it began is not for a delegate, nor is it after a ticket that
 * was renewed. What leaves while she looks she may read to the end (RFC 2180 4.1.1). */
static void what_was_removed_before_is_not_for_her(void **state)
{
    uint64_t mbx = live_box(0);
    struct store *s, *holder;
    struct err e;

    (void)state;
    set_slots(mbx, 1, GRANT);
    holder = live_bound(&L, mbx);
    for (int i = 0; i < 2; i++)
        (void)live_deliver(holder, mbx, STORE_INBOX, 100, 0);
    take_away(holder, 1);
    OK(t_read_removed(holder, 1, 1, &e));
    s = delegate(mbx, ACL_L | ACL_R);
    assert_int_equal(t_read_removed(s, 1, 1, &e), RC_NOTFOUND);
    take_away(holder, 2);
    OK(t_read_removed(s, 2, 1, &e));
    OK(bind_again(s, mbx, ACL_L | ACL_R, GRANT, &e));
    OK(t_read_removed(s, 2, 1, &e));
    assert_int_equal(t_read_removed(s, 1, 1, &e), RC_NOTFOUND);
    store_free(&s);
    store_free(&holder);
}

static enum rc t_make(struct store *s, unsigned char tag, uint8_t special, struct err *e)
{
    struct store_folder_create_req rq = {.name = SPAN_LIT("sealed"), .special = special};
    struct store_folder_msg rep;

    memset(rq.tag, tag, sizeof rq.tag);
    return store_call(s, STORE_FOLDER_CREATE, &rq, -1, &rep, e);
}

/* The first folders of a mailbox may be a delegate's to make. What a folder is for already is not taken by another. */
static void a_use_that_is_taken_is_the_holders(void **state)
{
    uint64_t mbx = live_box(0);
    struct store *s;
    struct err e;

    (void)state;
    set_slots(mbx, 1, GRANT);
    s = delegate(mbx, ACL_ALL);
    OK(t_make(s, 1, SU_SENT, &e));
    assert_int_equal(t_make(s, 2, SU_SENT, &e), RC_DENIED);
    assert_int_equal(e.cause, CAUSE_NO_RIGHT);
    OK(t_make(s, 2, SU_JUNK, &e));
    OK(t_make(s, 3, SU_NONE, &e));
    store_free(&s);
}

static enum rc bind_own(struct store *s, uint64_t mbx)
{
    struct buf wire = BUF_INIT, mem = BUF_INIT;
    struct store_box_rep box;
    struct err e;
    enum rc rc;

    live_ticket(&L, mbx, RIGHT_READ | RIGHT_WRITE, &wire);
    rc = store_bind(s, buf_span(&wire), &box, &mem, &e);
    buf_free(&mem);
    buf_free(&wire);
    return rc;
}

/* A session that was taken over shows a delegate's ticket where it has shown its own. The place that it had is given back, and it has none of the
 * other mailbox to give back when it ends. */
static void a_place_is_not_taken_to_anothers_mailbox(void **state)
{
    static const char *const one[] = {"imapd.max_sessions_per_account", "1", NULL};
    uint64_t mbx, hers;
    struct store *s, *next;
    struct err e;

    (void)state;
    live_stop(&L, SIGTERM);
    L.more = one;
    live_start(&L);
    mbx = live_box(0);
    hers = live_box(0);
    set_slots(mbx, 1, GRANT);
    s = live_bound(&L, hers);
    OK(bind_again(s, mbx, ACL_ALL, GRANT, &e));
    next = store_new(ROLE_IMAPD);
    assert_int_equal(bind_own(next, hers), RC_OK);
    store_free(&s);
    store_free(&next);
    next = store_new(ROLE_IMAPD);
    for (int64_t until = deadline_in(60000); bind_own(next, hers) != RC_OK;) /* until stored has seen both go */
        assert_true(deadline_left_ms(until) > 0);
    OK(t_list(next, &e));
    store_free(&next);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(flags_that_may_not_be_changed_stay, setup, teardown),
        cmocka_unit_test_setup_teardown(a_folder_has_rights_of_its_own, setup, teardown),
        cmocka_unit_test_setup_teardown(a_level_keeps_the_rights_of_its_folder, setup, teardown),
        cmocka_unit_test_setup_teardown(a_delegation_ends, setup, teardown),
        cmocka_unit_test_setup_teardown(a_delegate_is_given_her_own_slot, setup, teardown),
        cmocka_unit_test_setup_teardown(a_delegation_of_less_holds_in_every_folder, setup, teardown),
        cmocka_unit_test_setup_teardown(her_annotations_are_her_affair, setup, teardown),
        cmocka_unit_test_setup_teardown(what_was_removed_before_is_not_for_her, setup, teardown),
        cmocka_unit_test_setup_teardown(a_use_that_is_taken_is_the_holders, setup, teardown),
        cmocka_unit_test_setup_teardown(a_place_is_not_taken_to_anothers_mailbox, setup, teardown)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
