/* SPDX-License-Identifier: EUPL-1.2 */
/* store/ops/folders_test.c - folders and mailboxes on a real daemon: names kept unique by tag, what deletion leaves,
 * slots' versions. */
#include "store/stored/live_each_test.h"
#include <fcntl.h>
#include <sys/mman.h>

static void tag_of(unsigned char tag[SEAL_NAME_TAG], const char *name)
{
    memset(tag, 0, SEAL_NAME_TAG);
    memcpy(tag, name, strlen(name));
}

static enum rc create(struct store *s, const char *name, uint16_t flags, uint8_t special, uint32_t *folder_out,
                      struct err *e)
{
    struct store_folder_create_req rq = {.special = special, .flags = flags, .name = span_str(name)};
    struct store_folder_msg rep;
    enum rc rc;

    tag_of(rq.tag, name);
    rc = store_call(s, STORE_FOLDER_CREATE, &rq, -1, &rep, e);
    if (rc == RC_OK)
        *folder_out = rep.folder;
    return rc;
}

/* The folder of that name as listed; .folder 0: none. */
static struct store_folder listed(struct store *s, const char *name)
{
    static char text[64];
    struct store_cursor_req rq = {0};
    struct store_list_rep rep;
    struct store_folder f, found = {0};
    struct err e;

    do {
        struct span rest;
        OK(store_call(s, STORE_FOLDERS, &rq, -1, &rep, &e));
        rest = rep.list;
        while (ipc_list_next(&rest, store_folder_f, &f, &e) == RC_OK)
            if (span_eq_str(f.name, name)) {
                assert_int_equal(found.folder, 0);
                found = f;
                snprintf(text, sizeof text, "%s", name);
                found.name = span_str(text);
            }
        rq.from = rep.next;
    } while (rep.next);
    return found;
}

static void add_rename(struct buf *b, uint32_t folder, const char *name)
{
    struct store_rename r = {.folder = folder, .name = span_str(name)};

    tag_of(r.tag, name);
    ipc_list_add(b, store_rename_f, &r);
}

static enum rc rename_all(struct store *s, struct buf *b, struct err *e)
{
    struct store_folder_rename_req rq = {.renames = buf_span(b)};
    enum rc rc = store_call(s, STORE_FOLDER_RENAME, &rq, -1, NULL, e);

    buf_free(b);
    return rc;
}

/* A memfd with the list, sealed or not. */
static int list_fd(struct buf *b, int seals)
{
    int fd = memfd_create("renames", MFD_CLOEXEC | MFD_ALLOW_SEALING);

    assert_true(fd >= 0 && write(fd, b->p, b->n) == (ssize_t)b->n);
    assert_int_equal(fcntl(fd, F_ADD_SEALS, seals), 0);
    buf_free(b);
    return fd;
}

static enum rc rename_by_fd(struct store *s, int fd, struct err *e)
{
    struct store_folder_rename_req rq = {.renames = SPAN_NULL};
    enum rc rc = store_call(s, STORE_FOLDER_RENAME_FD, &rq, fd, NULL, e);

    close(fd);
    return rc;
}

/* Names of some length: few folders are more than one packet holds. */
static void add_long(struct buf *b, uint32_t folder, const char *tag)
{
    static char pad[2000];
    struct store_rename r = {.folder = folder, .name = span_of(pad, sizeof pad)};

    memset(pad, 'x', sizeof pad);
    memcpy(pad, tag, strlen(tag) + 1);
    tag_of(r.tag, tag);
    ipc_list_add(b, store_rename_f, &r);
}

/* More than one packet names moves in one transaction: all, or none. */
static void test_a_large_tree(void **state)
{
    enum { N = 64, SEALS = F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW };
    struct store *s = live_bound(&L, live_box(0));
    struct buf b = BUF_INIT;
    uint32_t ids[N], again;
    char name[16];
    struct err e;

    (void)state;
    for (int i = 0; i < N; i++) {
        snprintf(name, sizeof name, "t/%d", i);
        OK(create(s, name, 0, SU_NONE, &ids[i], &e));
    }
    for (int with = 0; with < 3; with++) {
        for (int i = 0; i < N; i++) {
            snprintf(name, sizeof name, "m/%d", i);
            add_long(&b, ids[i], name);
        }
        assert_true(b.n > STORE_PAGE);
        if (with == 0) /* somebody could still change it */
            assert_int_equal(rename_by_fd(s, list_fd(&b, 0), &e), RC_SYNTAX);
        if (with == 1) { /* the last is not there */
            add_long(&b, 99999, "none");
            assert_int_equal(rename_by_fd(s, list_fd(&b, SEALS), &e), RC_NOTFOUND);
            assert_int_equal(listed(s, "t/0").folder, ids[0]);
        }
        if (with == 2)
            OK(rename_by_fd(s, list_fd(&b, SEALS), &e));
    }
    for (int i = 0; i < N; i++) {
        snprintf(name, sizeof name, "t/%d", i);
        assert_int_equal(listed(s, name).folder, 0);
    }
    assert_int_equal(create(s, "m/63", 0, SU_NONE, &again, &e), RC_EXISTS);
    OK(create(s, "t/63", 0, SU_NONE, &again, &e));
    store_free(&s);
}

static void test_names(void **state)
{
    struct store *s = live_bound(&L, live_box(0));
    struct buf b = BUF_INIT;
    uint32_t a, c, d, last = 0;
    struct err e;

    (void)state;
    assert_int_equal(listed(s, "").folder, STORE_INBOX);
    assert_int_equal(listed(s, "").special, SU_INBOX);
    OK(create(s, "a", FF_SUBSCRIBED, SU_SENT, &a, &e));
    OK(create(s, "c", 0, SU_NONE, &c, &e));
    OK(create(s, "d", 0, SU_NONE, &d, &e));
    assert_int_equal(create(s, "a", 0, SU_NONE, &d, &e), RC_EXISTS);
    assert_int_equal(create(s, "x", 0, SU_INBOX, &d, &e), RC_SYNTAX);
    assert_int_equal(create(s, "", 0, SU_NONE, &d, &e), RC_SYNTAX);
    assert_int_equal(listed(s, "a").special, SU_SENT);
    assert_true(listed(s, "c").uidvalidity > listed(s, "a").uidvalidity); /* INV-7 */
    add_rename(&b, a, "c");
    assert_int_equal(rename_all(s, &b, &e), RC_EXISTS);
    add_rename(&b, STORE_INBOX, "z");
    assert_int_equal(rename_all(s, &b, &e), RC_PERM);
    add_rename(&b, 99, "z");
    assert_int_equal(rename_all(s, &b, &e), RC_NOTFOUND);
    add_rename(&b, a, "c"); /* names exchanged, in one request */
    add_rename(&b, c, "a");
    OK(rename_all(s, &b, &e));
    assert_int_equal(listed(s, "a").folder, c);
    assert_int_equal(listed(s, "c").folder, a);
    add_rename(&b, a, "c"); /* to its own name */
    OK(rename_all(s, &b, &e));
    for (int i = 0; i < 300; i++) { /* more than a page of names */
        char name[16];
        snprintf(name, sizeof name, "many%03d", i);
        OK(create(s, name, 0, SU_NONE, &a, &e));
        assert_true(a > last);
        last = a;
    }
    assert_int_equal(listed(s, "many299").folder, last);
    store_free(&s);
}

static void test_delete(void **state)
{
    uint64_t mbx = live_box(0);
    struct store *s = live_bound(&L, mbx);
    struct store_status_rep st;
    struct store_folder_flags_req fl;
    struct store_box_rep box;
    uint32_t a, again;
    struct err e;

    (void)state;
    OK(store_call(s, STORE_BOX_GET, &(struct store_mbx_msg){mbx}, -1, &box, &e));
    assert_int_equal(box.folders, 1);
    OK(create(s, "a", FF_SUBSCRIBED, SU_NONE, &a, &e));
    OK(store_call(s, STORE_BOX_GET, &(struct store_mbx_msg){mbx}, -1, &box, &e));
    assert_int_equal(box.folders, 2);
    for (int i = 0; i < 250; i++)
        live_deliver(s, mbx, a, 100, 0);
    OK(store_call(s, STORE_FOLDER_DELETE, &(struct store_folder_msg){a}, -1, NULL, &e));
    assert_int_equal(store_call(s, STORE_FOLDER_DELETE, &(struct store_folder_msg){a}, -1, NULL, &e), RC_NOTFOUND);
    OK(store_call(s, STORE_BOX_GET, &(struct store_mbx_msg){mbx}, -1, &box, &e));
    assert_int_equal(box.folders, 1);
    assert_int_equal(store_call(s, STORE_FOLDER_STATUS, &(struct store_folder_msg){a}, -1, &st, &e), RC_NOTFOUND);
    assert_int_equal(store_call(s, STORE_FOLDER_DELETE, &(struct store_folder_msg){STORE_INBOX}, -1, NULL, &e),
                     RC_PERM);
    OK(store_call(s, STORE_BOX_GET, &(struct store_mbx_msg){0}, -1, &box, &e));
    assert_int_equal(box.used, 0);
    assert_int_equal(listed(s, "a").flags, FF_SUBSCRIBED | FF_GONE);
    OK(create(s, "a", 0, SU_NONE, &again, &e)); /* the subscription was remembered; nothing else was */
    assert_true(again != a);
    assert_int_equal(listed(s, "a").folder, again);
    assert_int_equal(listed(s, "a").flags, FF_SUBSCRIBED);
    assert_int_equal(listed(s, "a").exists, 0);
    OK(store_call(s, STORE_FOLDER_DELETE, &(struct store_folder_msg){again}, -1, NULL, &e));
    fl = (struct store_folder_flags_req){again, 0, FF_SUBSCRIBED};
    OK(store_call(s, STORE_FOLDER_FLAGS, &fl, -1, NULL, &e));
    assert_int_equal(listed(s, "a").folder, 0);
    OK(create(s, "b", 0, SU_NONE, &a, &e));
    fl = (struct store_folder_flags_req){a, FF_SUBSCRIBED, 0};
    OK(store_call(s, STORE_FOLDER_FLAGS, &fl, -1, NULL, &e));
    assert_int_equal(listed(s, "b").flags, FF_SUBSCRIBED);
    fl.set = FF_GONE;
    assert_int_equal(store_call(s, STORE_FOLDER_FLAGS, &fl, -1, NULL, &e), RC_SYNTAX);
    store_free(&s);
}

/* Waits until the background has emptied all that was deleted: no message, no object. */
static void await_empty(struct store *admin, uint64_t messages)
{
    struct store_stats_rep st = {0};
    struct err e;

    for (int i = 0; i < 100; i++) {
        OK(store_call(admin, STORE_STATS, NULL, -1, &st, &e));
        if (st.messages == messages)
            return;
        poll(NULL, 0, 50);
    }
    fail_msg("%d messages left", (int)st.messages);
}

static void test_boxes(void **state)
{
    uint64_t mbx = live_box(0);
    struct store *admin = store_new(ROLE_ADMIN), *s = live_bound(&L, mbx), *in = store_new(ROLE_SMTPD);
    struct store_box_create_req cr = {.mbx = mbx, .slots = live_slots("other slots")};
    struct store_box_set_req set = {
        .mbx = mbx, .what = BOX_SET_SLOTS, .slots_version = 1, .slots = live_slots("other slots")};
    struct store_status_rep st;
    struct store_stats_rep stats;
    struct store_box_rep box;
    struct err e;

    (void)state;
    assert_int_equal(store_call(admin, STORE_BOX_CREATE, &cr, -1, NULL, &e), RC_EXISTS);
    cr.mbx = 3;
    assert_int_equal(store_call(admin, STORE_BOX_CREATE, &cr, -1, NULL, &e), RC_SYNTAX);
    OK(store_call(admin, STORE_BOX_SET, &set, -1, NULL, &e));
    assert_int_equal(store_call(admin, STORE_BOX_SET, &set, -1, NULL, &e), RC_EXISTS); /* another was quicker */
    set = (struct store_box_set_req){.mbx = mbx, .what = BOX_SET_QUOTA, .quota = 77};
    OK(store_call(admin, STORE_BOX_SET, &set, -1, NULL, &e));
    OK(store_call(admin, STORE_BOX_GET, &(struct store_mbx_msg){mbx}, -1, &box, &e));
    assert_int_equal(box.slots_version, 2);
    assert_int_equal(box.quota, 77);
    assert_true(span_eq(box.slots, live_slots("other slots")));
    assert_true(span_eq(box.former, live_slots("slots")));
    OK(store_call(admin, STORE_STATS, NULL, -1, &stats, &e));
    for (int i = 0; i < 300; i++)
        live_deliver(in, mbx, STORE_INBOX, 100, 0);
    OK(store_call(admin, STORE_BOX_DELETE, &(struct store_mbx_msg){mbx}, -1, NULL, &e));
    assert_int_equal(store_call(admin, STORE_BOX_DELETE, &(struct store_mbx_msg){mbx}, -1, NULL, &e), RC_NOTFOUND);
    assert_int_equal(store_call(s, STORE_FOLDER_STATUS, &(struct store_folder_msg){STORE_INBOX}, -1, &st, &e),
                     RC_NOTFOUND);
    assert_int_equal(store_call(in, STORE_CAN_TAKE, &(struct store_can_take_req){mbx, 1}, -1, NULL, &e), RC_NOTFOUND);
    await_empty(admin, stats.messages);
    store_free(&s);
    store_free(&in);
    store_free(&admin);
}

/* ---- the queue ---- */
int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_large_tree),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_delete),
        cmocka_unit_test(test_boxes),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
