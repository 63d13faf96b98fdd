/* SPDX-License-Identifier: EUPL-1.2 */
/* store/ops/metadata_test.c - annotations on a real daemon: all of a request or nothing, limits, what counts in the quota, what a deletion takes
 * along, news of what was removed, pages. */
#include "store/stored/live_each_test.h"

static void add(struct buf *list, uint32_t folder, bool shared, unsigned char tag, size_t n)
{
    static unsigned char value[STORE_ANNOTATION_MAX];
    struct store_annotation one = {
        .folder = folder, .shared = shared, .tag = {tag, 7}, .name = SPAN_LIT("name"), .value = span_of(value, n)};

    ipc_list_add(list, store_annotation_f, &one);
}

static enum rc set(struct store *s, uint32_t folder, uint8_t special, struct buf *list, struct err *e)
{
    struct store_metadata_set_req rq = {.folder = folder, .special = special, .list = buf_span(list)};
    struct store_metadata_set_rep rep;
    enum rc rc = store_call(s, STORE_METADATA_SET, &rq, -1, &rep, e);

    buf_free(list);
    return rc;
}

static enum rc set_one(struct store *s, uint32_t folder, unsigned char tag, size_t n, struct err *e)
{
    struct buf list = BUF_INIT;

    add(&list, folder, false, tag, n);
    return set(s, folder, STORE_SPECIAL_KEEP, &list, e);
}

/* How many there are, page after page; pages_out: how many pages that took. */
static unsigned count(struct store *s, uint32_t folder, uint8_t values, uint64_t since, unsigned *pages_out)
{
    struct store_metadata_req rq = {.folder = folder, .values = values, .since = since};
    struct store_metadata_rep rep;
    struct store_annotation row;
    struct buf from = BUF_INIT;
    unsigned n = 0;
    struct err e;

    *pages_out = 0;
    do {
        OK(store_call(s, STORE_METADATA, &rq, -1, &rep, &e));
        ++*pages_out;
        while (ipc_list_next(&rep.list, store_annotation_f, &row, &e) == RC_OK)
            n++;
        buf_clear(&from);
        buf_addspan(&from, rep.next);
        rq.from = buf_span(&from);
    } while (rq.from.n > 0);
    buf_free(&from);
    return n;
}

static struct store_box_rep box_of(struct store *s)
{
    struct store_box_rep rep;
    struct err e;

    OK(store_call(s, STORE_BOX_GET, &(struct store_mbx_msg){0}, -1, &rep, &e));
    return rep;
}

static uint64_t change_of(struct store *s)
{
    struct store_metadata_rep rep;
    struct err e;

    OK(store_call(s, STORE_METADATA, &(struct store_metadata_req){.folder = 0}, -1, &rep, &e));
    return rep.change;
}

static void test_all_or_nothing(void **state)
{
    struct store *s = live_bound(&L, live_box(0));
    uint32_t f = live_folder(s, "a"), g = live_folder(s, "b");
    struct buf list = BUF_INIT;
    unsigned pages;
    struct err e;

    (void)state;
    add(&list, f, false, 1, 10);
    OK(set(s, f, SU_SENT, &list, &e));
    add(&list, g, false, 1, 10);
    assert_int_equal(set(s, g, SU_SENT, &list, &e), RC_EXISTS);
    assert_int_equal(count(s, g, 1, 0, &pages), 0);
    add(&list, STORE_INBOX, false, 1, 10);
    assert_int_equal(set(s, STORE_INBOX, SU_SENT, &list, &e), RC_SYNTAX);
    add(&list, 999, false, 1, 10);
    assert_int_equal(set(s, 999, STORE_SPECIAL_KEEP, &list, &e), RC_NOTFOUND);
    for (unsigned i = 0; i < STORE_ANNOTATIONS_FOLDER; i++)
        add(&list, g, false, (unsigned char)i, 3);
    OK(set(s, g, STORE_SPECIAL_KEEP, &list, &e));
    add(&list, g, false, 5, 4);
    add(&list, g, false, 200, 3);
    assert_int_equal(set(s, g, STORE_SPECIAL_KEEP, &list, &e), RC_QUOTA);
    assert_int_equal(e.cause, CAUSE_METADATA_TOO_MANY);
    assert_int_equal(count(s, g, 1, 0, &pages), STORE_ANNOTATIONS_FOLDER);
    add(&list, g, false, 5, 0); /* one goes, one comes */
    add(&list, g, false, 200, 3);
    OK(set(s, g, STORE_SPECIAL_KEEP, &list, &e));
    store_free(&s);
    buf_free(&list);
}

/* The holder's own and the shared one of a name are two; pages hold several large ones. */
static void test_pages(void **state)
{
    struct store *s = live_bound(&L, live_box(0));
    struct buf list = BUF_INIT;
    unsigned pages;
    struct err e;

    (void)state;
    for (unsigned char i = 0; i < 20; i++)
        OK(set_one(s, STORE_INBOX, i, STORE_ANNOTATION_MAX, &e));
    add(&list, STORE_INBOX, true, 3, 5);
    add(&list, STORE_INBOX, false, 3, 5);
    OK(set(s, STORE_INBOX, STORE_SPECIAL_KEEP, &list, &e));
    add(&list, 0, true, 3, 5);
    OK(set(s, 0, STORE_SPECIAL_KEEP, &list, &e));
    assert_int_equal(count(s, STORE_INBOX, 1, 0, &pages), 21);
    assert_true(pages >= 8);
    assert_int_equal(count(s, STORE_INBOX, 0, 0, &pages), 21);
    assert_int_equal(pages, 1);
    assert_int_equal(count(s, 0, 1, 0, &pages), 1);
    assert_int_equal(count(s, STORE_EVERY_FOLDER, 1, 0, &pages), 22);
    store_free(&s);
}

static void test_quota(void **state)
{
    struct store *s, *admin = store_new(ROLE_ADMIN);
    uint64_t mbx = live_box(0), before;
    struct store_box_set_req rq = {.mbx = mbx, .what = BOX_SET_QUOTA, .quota = 50000};
    uint32_t f;
    struct err e;

    (void)state;
    s = live_bound(&L, mbx);
    f = live_folder(s, "a");
    before = box_of(s).used;
    OK(store_call(admin, STORE_BOX_SET, &rq, -1, NULL, &e));
    OK(set_one(s, f, 1, 30000, &e));
    assert_int_equal(box_of(s).used, before + 30000 + 4 + 64);
    assert_int_equal(set_one(s, f, 2, 30000, &e), RC_QUOTA);
    OK(set_one(s, f, 1, 20000, &e));
    assert_int_equal(box_of(s).used, before + 20000 + 4 + 64);
    rq.quota = 100; /* there is more than there may be: it may become less */
    OK(store_call(admin, STORE_BOX_SET, &rq, -1, NULL, &e));
    OK(set_one(s, f, 1, 10000, &e));
    assert_int_equal(set_one(s, f, 1, 10001, &e), RC_QUOTA);
    OK(set_one(s, f, 1, 0, &e));
    assert_int_equal(box_of(s).used, before);
    rq.quota = 0;
    OK(store_call(admin, STORE_BOX_SET, &rq, -1, NULL, &e));
    OK(set_one(s, f, 1, 10000, &e));
    OK(store_call(s, STORE_FOLDER_DELETE, &(struct store_folder_msg){f}, -1, NULL, &e));
    assert_int_equal(box_of(s).used, before);
    store_free(&s);
    store_free(&admin);
}

/* What was removed is told for 64 changes, and then its row goes. */
static void test_news(void **state)
{
    struct store *s = live_bound(&L, live_box(0));
    uint64_t mark;
    unsigned pages;
    struct err e;

    (void)state;
    OK(set_one(s, STORE_INBOX, 1, 10, &e));
    OK(set_one(s, STORE_INBOX, 2, 10, &e));
    mark = change_of(s);
    assert_int_equal(count(s, STORE_EVERY_FOLDER, 0, mark, &pages), 0);
    OK(set_one(s, STORE_INBOX, 1, 0, &e));
    OK(set_one(s, STORE_INBOX, 9, 0, &e)); /* nothing was there: nothing changed */
    assert_int_equal(change_of(s), mark + 1);
    assert_int_equal(count(s, STORE_EVERY_FOLDER, 0, mark, &pages), 1);
    assert_int_equal(count(s, STORE_INBOX, 1, 0, &pages), 1);
    for (int i = 0; i < 66; i++)
        OK(set_one(s, STORE_INBOX, 2, 10 + (size_t)i, &e));
    assert_int_equal(count(s, STORE_EVERY_FOLDER, 0, mark, &pages), 1); /* 2 alone */
    store_free(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_or_nothing),
        cmocka_unit_test(test_pages),
        cmocka_unit_test(test_quota),
        cmocka_unit_test(test_news),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
