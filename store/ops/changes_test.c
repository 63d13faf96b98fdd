/* SPDX-License-Identifier: EUPL-1.2 */
/* store/ops/changes_test.c - changing a folder of a real daemon: flags, keywords, expunge, copy, move; and being
 * told of it. */
#include "store/stored/live_each_test.h"

static void test_flags(void **state)
{
    uint64_t mbx = live_box(0), since;
    struct store *s = live_bound(&L, mbx);
    struct store_flags_rep rep;
    struct store_flags_req rq = {
        .folder = STORE_INBOX, .uids = live_range(1, 2), .how = FLAGS_ADD, .flags = MF_SEEN | MF_FLAGGED};
    struct err e;

    (void)state;
    for (int i = 0; i < 3; i++)
        live_deliver(s, mbx, STORE_INBOX, 10, 0);
    since = live_status(s, STORE_INBOX).modseq;
    OK(store_call(s, STORE_FLAGS, &rq, -1, &rep, &e));
    assert_int_equal(rep.brief.n, 2 * STORE_BRIEF);
    assert_int_equal(live_brief_at(rep.brief, 1).flags, MF_SEEN | MF_FLAGGED);
    assert_int_equal(live_brief_at(rep.brief, 1).modseq, since + 1);
    assert_int_equal(live_status(s, STORE_INBOX).unseen, 1);
    OK(store_call(s, STORE_FLAGS, &rq, -1, &rep, &e)); /* nothing changes: no modseq is taken */
    assert_int_equal(rep.brief.n, 2 * STORE_BRIEF);
    assert_int_equal(live_status(s, STORE_INBOX).modseq, since + 1);
    rq.how = FLAGS_REMOVE;
    rq.flags = MF_SEEN;
    rq.uids = live_range(2, 3);
    rq.unchanged_since = since;
    OK(store_call(s, STORE_FLAGS, &rq, -1, &rep, &e));
    assert_int_equal(rep.brief.n, STORE_BRIEF);
    assert_int_equal(rep.modified.n, 4);
    assert_int_equal(live_u32_at(rep.modified, 0), 2);
    rq.unchanged_since = 0;
    rq.how = FLAGS_SET;
    rq.flags = MF_DRAFT;
    rq.uids = live_range(1, UINT32_MAX);
    OK(store_call(s, STORE_FLAGS, &rq, -1, &rep, &e));
    assert_int_equal(rep.brief.n, 3 * STORE_BRIEF);
    assert_int_equal(live_status(s, STORE_INBOX).unseen, 3);
    rq.how = 3;
    assert_int_equal(store_call(s, STORE_FLAGS, &rq, -1, &rep, &e), RC_SYNTAX);
    store_free(&s);
}

static void test_keywords(void **state)
{
    uint64_t mbx = live_box(0);
    struct store *s = live_bound(&L, mbx);
    struct store_keyword_add_req rq = {.name = SPAN_LIT("sealed keyword")};
    struct store_keyword_add_rep rep;
    struct store_flags_rep frep;
    struct store_list_rep list;
    struct store_keyword k;
    struct span rest;
    struct err e;
    int n = 0;

    (void)state;
    live_deliver(s, mbx, STORE_INBOX, 10, 0);
    for (int i = 0; i < STORE_KEYWORDS_MAX; i++) {
        rq.tag[0] = (unsigned char)i;
        OK(store_call(s, STORE_KEYWORD_ADD, &rq, -1, &rep, &e));
        assert_int_equal(rep.index, i);
        OK(store_call(s, STORE_KEYWORD_ADD, &rq, -1, &rep, &e));
        assert_int_equal(rep.index, i);
    }
    rq.tag[0] = 99;
    assert_int_equal(store_call(s, STORE_KEYWORD_ADD, &rq, -1, &rep, &e), RC_PERM);
    OK(store_call(s, STORE_KEYWORDS, &(struct store_cursor_req){0}, -1, &list, &e));
    rest = list.list;
    while (ipc_list_next(&rest, store_keyword_f, &k, &e) == RC_OK)
        assert_int_equal(k.index, n++);
    assert_int_equal(n, STORE_KEYWORDS_MAX);
    OK(store_call(s, STORE_FLAGS, &(struct store_flags_req){.folder = 1, .uids = live_range(1, 1), .flags = 1ull << 63},
                  -1, &frep, &e));
    assert_true(live_brief_at(frep.brief, 0).flags == 1ull << 63);
    store_free(&s);
}

static void test_expunge_and_changes(void **state)
{
    uint64_t mbx = live_box(0), since;
    struct store *s = live_bound(&L, mbx);
    struct store_expunge_rep ex;
    struct store_expunge_req rq = {STORE_INBOX, live_range(1, 400), 0, 1};
    struct store_flags_rep frep;
    struct store_changes_rep ch;
    struct err e;
    uint32_t gone = 0;

    (void)state;
    for (int i = 0; i < 400; i++)
        live_deliver(s, mbx, STORE_INBOX, 10, i % 2 ? MF_DELETED | MF_SEEN : 0);
    since = live_status(s, STORE_INBOX).modseq;
    do {
        OK(store_call(s, STORE_EXPUNGE, &rq, -1, &ex, &e));
        for (size_t i = 0; i < ex.expunged.n / 4; i++)
            assert_int_equal(live_u32_at(ex.expunged, i), gone += 2);
        rq.from = ex.next;
    } while (ex.next);
    assert_int_equal(gone, 400);
    assert_int_equal(live_status(s, STORE_INBOX).exists, 200);
    assert_int_equal(live_status(s, STORE_INBOX).bytes, 2000);
    OK(store_call(s, STORE_FLAGS,
                  &(struct store_flags_req){.folder = 1, .uids = live_range(7, 9), .how = FLAGS_ADD, .flags = MF_SEEN},
                  -1, &frep, &e));
    live_deliver(s, mbx, STORE_INBOX, 10, 0);
    OK(store_call(s, STORE_CHANGES, &(struct store_changes_req){STORE_INBOX, since, 0}, -1, &ch, &e));
    assert_int_equal(ch.gone.n, 200 * 8); /* every second one: as many ranges */
    assert_int_equal(ch.brief.n, 3 * STORE_BRIEF);
    assert_int_equal(live_brief_at(ch.brief, 0).uid, 7);
    assert_int_equal(live_brief_at(ch.brief, 2).uid, 401);
    assert_int_equal(ch.exists, 201);
    assert_int_equal(ch.next, 0);
    /* the arrival alone */
    OK(store_call(s, STORE_CHANGES, &(struct store_changes_req){STORE_INBOX, ch.modseq - 1, 0}, -1, &ch, &e));
    assert_int_equal(ch.brief.n, STORE_BRIEF);
    assert_int_equal(ch.gone.n, 0);
    OK(store_call(s, STORE_CHANGES, &(struct store_changes_req){STORE_INBOX, ch.modseq, 0}, -1, &ch, &e));
    assert_int_equal(ch.brief.n + ch.gone.n, 0);
    assert_int_equal(store_call(s, STORE_CHANGES, &(struct store_changes_req){55, 0, 0}, -1, &ch, &e), RC_NOTFOUND);
    store_free(&s);
}

/* More changes than a page holds: every UID is told once. */
static void test_changes_pages(void **state)
{
    enum { N = 12000 };
    uint64_t mbx = live_box(0);
    struct store *in = store_new(ROLE_SMTPD), *s = live_bound(&L, mbx);
    struct store_changes_req rq = {STORE_INBOX, 1, 0};
    struct store_changes_rep ch;
    struct store_deliver_rep drep;
    struct store_expunge_rep ex = {0};
    struct letter l;
    struct err e;
    uint32_t briefs = 0, gone = 0;

    (void)state;
    for (int i = 0; i < N / 500; i++) {
        letter_new(&l, 0, 0, 0);
        for (int k = 0; k < 500; k++)
            letter_to(&l, mbx, STORE_INBOX, 0);
        OK(letter_send(&l, in, NULL, &drep, &e));
        letter_free(&l);
    }
    do
        OK(store_call(s, STORE_EXPUNGE, &(struct store_expunge_req){STORE_INBOX, live_range(1, 6000), ex.next, 0}, -1,
                      &ex, &e));
    while (ex.next);
    do {
        OK(store_call(s, STORE_CHANGES, &rq, -1, &ch, &e));
        for (size_t i = 0; i < ch.brief.n / STORE_BRIEF; i++)
            assert_int_equal(live_brief_at(ch.brief, i).uid, 6000 + ++briefs);
        for (size_t i = 0; i < ch.gone.n / 8; i++) {
            assert_int_equal(live_u32_at(ch.gone, 2 * i), ++gone);
            gone = live_u32_at(ch.gone, 2 * i + 1);
        }
        rq.cursor = ch.next;
    } while (ch.next);
    assert_int_equal(briefs, N - 6000);
    assert_int_equal(gone, 6000);
    store_free(&in);
    store_free(&s);
}

static void test_copy_and_move(void **state)
{
    uint64_t mbx = live_box(0), modseq;
    struct store *s = live_bound(&L, mbx);
    uint32_t folder = live_folder(s, "archive");
    struct store_copy_req rq = {STORE_INBOX, folder, live_range(2, 4), 0, 0, 0};
    struct store_copy_rep rep;
    struct store_changes_rep ch;
    struct store_read_rep rd;
    struct store_expunge_rep ex;
    struct letter l;
    struct store_deliver_rep drep;
    struct err e;

    (void)state;
    for (int i = 0; i < 4; i++)
        live_deliver(s, mbx, STORE_INBOX, 1000, 0);
    letter_new(&l, 100000, 20000, 80000);
    letter_to(&l, mbx, STORE_INBOX, MF_FLAGGED);
    OK(letter_send(&l, s, NULL, &drep, &e));
    OK(store_call(s, STORE_COPY, &rq, -1, &rep, &e));
    assert_int_equal(rep.pairs.n, 3 * 8);
    assert_int_equal(live_u32_at(rep.pairs, 4), 4);
    assert_int_equal(live_u32_at(rep.pairs, 5), 3);
    assert_int_equal(rep.uidvalidity, live_status(s, folder).uidvalidity);
    assert_int_equal(live_status(s, folder).exists, 3);
    assert_int_equal(live_status(s, STORE_INBOX).exists, 5);
    modseq = live_status(s, STORE_INBOX).modseq;
    rq.move = 1;
    rq.uids = live_range(3, 5);
    OK(store_call(s, STORE_COPY, &rq, -1, &rep, &e));
    assert_int_equal(live_status(s, folder).exists, 6);
    assert_int_equal(live_status(s, STORE_INBOX).exists, 2);
    assert_int_equal(live_status(s, STORE_INBOX).bytes, 2000);
    OK(store_call(s, STORE_CHANGES, &(struct store_changes_req){STORE_INBOX, modseq, 0}, -1, &ch, &e));
    assert_int_equal(ch.gone.n, 8); /* one range */
    assert_int_equal(live_u32_at(ch.gone, 0), 3);
    assert_int_equal(live_u32_at(ch.gone, 1), 5);
    /* the objects still come from the copy; then the last reference goes */
    OK(store_call(s, STORE_READ, &(struct store_read_req){folder, 6, SEAL_MESSAGE, 1, 1, 0}, -1, &rd, &e));
    assert_memory_equal(rd.chunks.p, l.objects.p + SEAL_CHUNK + SEAL_TAG, rd.chunks.n);
    OK(store_call(s, STORE_READ, &(struct store_read_req){folder, 6, SEAL_SUMMARY, 0, 1, 0}, -1, &rd, &e));
    assert_memory_equal(rd.chunks.p, l.objects.p + l.rq.len_message, rd.chunks.n);
    rq = (struct store_copy_req){folder, folder, live_range(1, 6), 1, 0, 0}; /* within the folder: new UIDs */
    OK(store_call(s, STORE_COPY, &rq, -1, &rep, &e));
    assert_int_equal(live_status(s, folder).exists, 6);
    assert_int_equal(live_status(s, folder).uidnext, 13);
    OK(store_call(s, STORE_EXPUNGE, &(struct store_expunge_req){folder, live_range(12, 12), 0, 0}, -1, &ex, &e));
    assert_int_equal(
        store_call(s, STORE_READ, &(struct store_read_req){folder, 12, SEAL_MESSAGE, 0, 1, 0}, -1, &rd, &e),
        RC_NOTFOUND);
    rq.dest = 77;
    assert_int_equal(store_call(s, STORE_COPY, &rq, -1, &rep, &e), RC_NOTFOUND);
    letter_free(&l);
    store_free(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_flags),
        cmocka_unit_test(test_keywords),
        cmocka_unit_test(test_expunge_and_changes),
        cmocka_unit_test(test_changes_pages),
        cmocka_unit_test(test_copy_and_move),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
