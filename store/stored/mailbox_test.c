/* SPDX-License-Identifier: EUPL-1.2 */
/* store/stored/mailbox_test.c - a session's view of a real daemon: listing, pages, flags, expunge, copy, move, changes, rights, events. */
#include "store/stored/live_test.h"

static struct live L;

static int setup(void **state)
{
    (void)state;
    live_new(&L);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    live_end(&L);
    return 0;
}

struct brief {
    uint32_t uid;
    uint64_t flags, modseq;
};

static struct brief brief_at(struct span s, size_t i)
{
    struct rd r = rd_of(span_from(s, i * STORE_BRIEF));
    struct brief b;

    b.uid = rd_u32(&r);
    b.flags = rd_u64(&r);
    b.modseq = rd_u64(&r);
    assert_true(rd_ok(&r));
    return b;
}

static uint32_t u32_at(struct span s, size_t i)
{
    struct rd r = rd_of(span_from(s, i * 4));
    uint32_t v = rd_u32(&r);

    assert_true(rd_ok(&r));
    return v;
}

static struct store_status_rep status(struct store *s, uint32_t folder)
{
    struct store_status_rep st;
    struct err e;

    OK(store_call(s, STORE_FOLDER_STATUS, &(struct store_folder_msg){folder}, -1, &st, &e));
    return st;
}

static uint32_t new_folder(struct store *s, const char *name)
{
    struct store_folder_create_req rq = {.flags = FF_SUBSCRIBED, .name = span_str(name)};
    struct store_folder_msg rep;
    struct err e;

    memcpy(rq.tag, name, strlen(name));
    OK(store_call(s, STORE_FOLDER_CREATE, &rq, -1, &rep, &e));
    return rep.folder;
}

static void test_list_pages(void **state)
{
    enum { N = 9000 };
    uint64_t mbx = live_box(0);
    struct store *in = store_new(ROLE_SMTPD), *s = live_bound(&L, mbx);
    struct store_list_req rq = {STORE_INBOX, 1, UINT32_MAX};
    struct store_brief_rep rep;
    struct store_deliver_rep drep;
    struct letter l;
    struct err e;
    uint32_t seen = 0;

    (void)state;
    for (int i = 0; i < N / 500; i++) {
        letter_new(&l, 50, 20, 0);
        for (int k = 0; k < 500; k++)
            letter_to(&l, mbx, STORE_INBOX, k % 3 ? 0 : MF_SEEN);
        OK(letter_send(&l, in, NULL, &drep, &e));
        letter_free(&l);
    }
    do {
        OK(store_call(s, STORE_LIST, &rq, -1, &rep, &e));
        for (size_t i = 0; i < rep.brief.n / STORE_BRIEF; i++) {
            struct brief b = brief_at(rep.brief, i);
            assert_int_equal(b.uid, ++seen);
            assert_int_equal(b.modseq, seen + 1);
        }
        rq.lo = rep.next;
    } while (rep.next);
    assert_int_equal(seen, N);
    assert_int_equal(status(s, STORE_INBOX).exists, N);
    assert_int_equal(status(s, STORE_INBOX).unseen, N - N / 500 * 167);
    assert_int_equal(status(s, STORE_INBOX).recent, N);
    rq = (struct store_list_req){STORE_INBOX, N - 1, N - 1};
    OK(store_call(s, STORE_LIST, &rq, -1, &rep, &e));
    assert_int_equal(rep.brief.n, STORE_BRIEF);
    rq.folder = 99;
    assert_int_equal(store_call(s, STORE_LIST, &rq, -1, &rep, &e), RC_NOTFOUND);
    store_free(&in);
    store_free(&s);
}

static void set_add(struct buf *b, uint32_t lo, uint32_t hi)
{
    buf_u32(b, lo);
    buf_u32(b, hi);
}

/* Objects of every size, by every way of asking, each entry against the letter it came from. */
static void check_page(struct store *s, enum store_op op, uint8_t kind, struct span set, const struct letter *l, size_t n, size_t want)
{
    struct store_range_req rq = {STORE_INBOX, set, 0};
    struct store_list_rep rep;
    struct store_entry en;
    struct err e;
    size_t got = 0;

    do {
        struct span rest;
        OK(store_call(s, op, &rq, -1, &rep, &e));
        rest = rep.list;
        while (ipc_list_next(&rest, store_entry_f, &en, &e) == RC_OK) {
            const struct letter *x = &l[en.uid - 1];
            uint64_t len = kind == SEAL_MESSAGE ? x->rq.len_message : kind == SEAL_SUMMARY ? x->rq.len_summary : kind ? x->rq.len_search : 0;
            uint64_t off = kind == SEAL_MESSAGE ? 0 : x->rq.len_message + (kind == SEAL_SEARCH ? x->rq.len_summary : 0);

            assert_true(en.uid >= 1 && en.uid <= n);
            assert_memory_equal(en.oid, x->rq.oid, SEAL_OID);
            assert_int_equal(en.size, x->rq.size);
            assert_int_equal(en.len_object, len);
            if (len > 0 && len < 80000)
                assert_int_equal(en.object.n, len);
            if (en.object.n)
                assert_memory_equal(en.object.p, x->objects.p + off, len);
            got++;
        }
        rq.from = rep.next;
    } while (rep.next);
    assert_int_equal(got, want);
}

static void test_entries(void **state)
{
    static const uint64_t sizes[][3] = {{10, 700, 200}, {70000, 15000, 3000}, {90000, 30000, 60000}, {5, 0, 0}, {94000, 80000, 100},
                                        {500, 1, 1}, {200000, 16000, 65000}};
    enum { N = 140 };
    static struct letter l[N];
    static const struct { enum store_op op; uint8_t kind; } ways[] = {
        {STORE_ENTRIES, 0}, {STORE_SUMMARIES, SEAL_SUMMARY}, {STORE_TEXTS, SEAL_SEARCH}, {STORE_READ_MANY, SEAL_MESSAGE}};
    uint64_t mbx = live_box(0);
    struct store *in = store_new(ROLE_SMTPD), *s = live_bound(&L, mbx);
    struct store_deliver_rep rep;
    struct buf sparse = BUF_INIT;
    struct err e;

    (void)state;
    for (int i = 0; i < N; i++) {
        letter_new(&l[i], sizes[i % 7][0], sizes[i % 7][1], sizes[i % 7][2]);
        letter_to(&l[i], mbx, STORE_INBOX, 0);
        OK(letter_send(&l[i], in, NULL, &rep, &e));
    }
    set_add(&sparse, 2, 3);
    set_add(&sparse, 50, 50);
    set_add(&sparse, 130, 500);
    set_add(&sparse, 600, UINT32_MAX);
    for (size_t w = 0; w < sizeof ways / sizeof ways[0]; w++) {
        check_page(s, ways[w].op, ways[w].kind, live_range(1, UINT32_MAX), l, N, N);
        check_page(s, ways[w].op, ways[w].kind, live_range(140, 140), l, N, 1);
        check_page(s, ways[w].op, ways[w].kind, live_range(141, 150), l, N, 0);
        check_page(s, ways[w].op, ways[w].kind, buf_span(&sparse), l, N, 2 + 1 + 11);
        check_page(s, ways[w].op, ways[w].kind, SPAN_NULL, l, N, 0);
    }
    for (int i = 0; i < N; i++)
        letter_free(&l[i]);
    buf_free(&sparse);
    store_free(&in);
    store_free(&s);
}

static void test_bad_sets(void **state)
{
    static const struct { const char *what; uint32_t v[4]; size_t n; } t[] = {
        {"backwards", {5, 4}, 8}, {"zero", {0, 4}, 8}, {"half a pair", {1, 2, 3}, 12}, {"not sorted", {5, 6, 1, 2}, 16}, {"touching", {1, 5, 5, 6}, 16}};
    uint64_t mbx = live_box(0);
    struct store *s = live_bound(&L, mbx);
    struct err e;

    (void)state;
    live_deliver(s, mbx, STORE_INBOX, 10, 0);
    for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
        struct span set = span_of(t[i].v, t[i].n);
        struct store_list_rep list;
        struct store_flags_rep flags;
        struct store_expunge_rep ex;
        struct store_copy_rep cp;

        print_message("%s\n", t[i].what);
        assert_int_equal(store_call(s, STORE_ENTRIES, &(struct store_range_req){STORE_INBOX, set, 0}, -1, &list, &e), RC_SYNTAX);
        assert_int_equal(store_call(s, STORE_FLAGS, &(struct store_flags_req){.folder = STORE_INBOX, .uids = set}, -1, &flags, &e), RC_SYNTAX);
        assert_int_equal(store_call(s, STORE_EXPUNGE, &(struct store_expunge_req){STORE_INBOX, set, 0, 0}, -1, &ex, &e), RC_SYNTAX);
        assert_int_equal(store_call(s, STORE_COPY, &(struct store_copy_req){STORE_INBOX, STORE_INBOX, set, 0}, -1, &cp, &e), RC_SYNTAX);
    }
    assert_int_equal(status(s, STORE_INBOX).exists, 1);
    store_free(&s);
}

static void test_flags(void **state)
{
    uint64_t mbx = live_box(0), since;
    struct store *s = live_bound(&L, mbx);
    struct store_flags_rep rep;
    struct store_flags_req rq = {.folder = STORE_INBOX, .uids = live_range(1, 2), .how = FLAGS_ADD, .flags = MF_SEEN | MF_FLAGGED};
    struct err e;

    (void)state;
    for (int i = 0; i < 3; i++)
        live_deliver(s, mbx, STORE_INBOX, 10, 0);
    since = status(s, STORE_INBOX).modseq;
    OK(store_call(s, STORE_FLAGS, &rq, -1, &rep, &e));
    assert_int_equal(rep.brief.n, 2 * STORE_BRIEF);
    assert_int_equal(brief_at(rep.brief, 1).flags, MF_SEEN | MF_FLAGGED);
    assert_int_equal(brief_at(rep.brief, 1).modseq, since + 1);
    assert_int_equal(status(s, STORE_INBOX).unseen, 1);
    OK(store_call(s, STORE_FLAGS, &rq, -1, &rep, &e)); /* nothing changes: no modseq is taken */
    assert_int_equal(rep.brief.n, 2 * STORE_BRIEF);
    assert_int_equal(status(s, STORE_INBOX).modseq, since + 1);
    rq.how = FLAGS_REMOVE;
    rq.flags = MF_SEEN;
    rq.uids = live_range(2, 3);
    rq.unchanged_since = since;
    OK(store_call(s, STORE_FLAGS, &rq, -1, &rep, &e));
    assert_int_equal(rep.brief.n, STORE_BRIEF);
    assert_int_equal(rep.modified.n, 4);
    assert_int_equal(u32_at(rep.modified, 0), 2);
    rq.unchanged_since = 0;
    rq.how = FLAGS_SET;
    rq.flags = MF_DRAFT;
    rq.uids = live_range(1, UINT32_MAX);
    OK(store_call(s, STORE_FLAGS, &rq, -1, &rep, &e));
    assert_int_equal(rep.brief.n, 3 * STORE_BRIEF);
    assert_int_equal(status(s, STORE_INBOX).unseen, 3);
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
    OK(store_call(s, STORE_FLAGS, &(struct store_flags_req){.folder = 1, .uids = live_range(1, 1), .flags = 1ull << 63}, -1, &frep, &e));
    assert_true(brief_at(frep.brief, 0).flags == 1ull << 63);
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
    since = status(s, STORE_INBOX).modseq;
    do {
        OK(store_call(s, STORE_EXPUNGE, &rq, -1, &ex, &e));
        for (size_t i = 0; i < ex.expunged.n / 4; i++)
            assert_int_equal(u32_at(ex.expunged, i), gone += 2);
        rq.from = ex.next;
    } while (ex.next);
    assert_int_equal(gone, 400);
    assert_int_equal(status(s, STORE_INBOX).exists, 200);
    assert_int_equal(status(s, STORE_INBOX).bytes, 2000);
    OK(store_call(s, STORE_FLAGS, &(struct store_flags_req){.folder = 1, .uids = live_range(7, 9), .how = FLAGS_ADD, .flags = MF_SEEN}, -1, &frep, &e));
    live_deliver(s, mbx, STORE_INBOX, 10, 0);
    OK(store_call(s, STORE_CHANGES, &(struct store_changes_req){STORE_INBOX, since, 0}, -1, &ch, &e));
    assert_int_equal(ch.expunged.n, 200 * 4);
    assert_int_equal(ch.brief.n, 3 * STORE_BRIEF);
    assert_int_equal(brief_at(ch.brief, 0).uid, 7);
    assert_int_equal(brief_at(ch.brief, 2).uid, 401);
    assert_int_equal(ch.exists, 201);
    assert_int_equal(ch.next, 0);
    OK(store_call(s, STORE_CHANGES, &(struct store_changes_req){STORE_INBOX, ch.modseq - 1, 0}, -1, &ch, &e)); /* the arrival alone */
    assert_int_equal(ch.brief.n, STORE_BRIEF);
    assert_int_equal(ch.expunged.n, 0);
    OK(store_call(s, STORE_CHANGES, &(struct store_changes_req){STORE_INBOX, ch.modseq, 0}, -1, &ch, &e));
    assert_int_equal(ch.brief.n + ch.expunged.n, 0);
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
        OK(store_call(s, STORE_EXPUNGE, &(struct store_expunge_req){STORE_INBOX, live_range(1, 6000), ex.next, 0}, -1, &ex, &e));
    while (ex.next);
    do {
        OK(store_call(s, STORE_CHANGES, &rq, -1, &ch, &e));
        for (size_t i = 0; i < ch.brief.n / STORE_BRIEF; i++)
            assert_int_equal(brief_at(ch.brief, i).uid, 6000 + ++briefs);
        for (size_t i = 0; i < ch.expunged.n / 4; i++)
            assert_int_equal(u32_at(ch.expunged, i), ++gone);
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
    uint32_t folder = new_folder(s, "archive");
    struct store_copy_req rq = {STORE_INBOX, folder, live_range(2, 4), 0};
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
    assert_int_equal(u32_at(rep.pairs, 4), 4);
    assert_int_equal(u32_at(rep.pairs, 5), 3);
    assert_int_equal(rep.uidvalidity, status(s, folder).uidvalidity);
    assert_int_equal(status(s, folder).exists, 3);
    assert_int_equal(status(s, STORE_INBOX).exists, 5);
    modseq = status(s, STORE_INBOX).modseq;
    rq.move = 1;
    rq.uids = live_range(3, 5);
    OK(store_call(s, STORE_COPY, &rq, -1, &rep, &e));
    assert_int_equal(status(s, folder).exists, 6);
    assert_int_equal(status(s, STORE_INBOX).exists, 2);
    assert_int_equal(status(s, STORE_INBOX).bytes, 2000);
    OK(store_call(s, STORE_CHANGES, &(struct store_changes_req){STORE_INBOX, modseq, 0}, -1, &ch, &e));
    assert_int_equal(ch.expunged.n, 3 * 4);
    /* the objects still come from the copy; then the last reference goes */
    OK(store_call(s, STORE_READ, &(struct store_read_req){folder, 6, SEAL_MESSAGE, 1, 1}, -1, &rd, &e));
    assert_memory_equal(rd.chunks.p, l.objects.p + SEAL_CHUNK + SEAL_TAG, rd.chunks.n);
    OK(store_call(s, STORE_READ, &(struct store_read_req){folder, 6, SEAL_SUMMARY, 0, 1}, -1, &rd, &e));
    assert_memory_equal(rd.chunks.p, l.objects.p + l.rq.len_message, rd.chunks.n);
    rq = (struct store_copy_req){folder, folder, live_range(1, 6), 1}; /* within the folder: new UIDs */
    OK(store_call(s, STORE_COPY, &rq, -1, &rep, &e));
    assert_int_equal(status(s, folder).exists, 6);
    assert_int_equal(status(s, folder).uidnext, 13);
    OK(store_call(s, STORE_EXPUNGE, &(struct store_expunge_req){folder, live_range(12, 12), 0, 0}, -1, &ex, &e));
    assert_int_equal(store_call(s, STORE_READ, &(struct store_read_req){folder, 12, SEAL_MESSAGE, 0, 1}, -1, &rd, &e), RC_NOTFOUND);
    rq.dest = 77;
    assert_int_equal(store_call(s, STORE_COPY, &rq, -1, &rep, &e), RC_NOTFOUND);
    letter_free(&l);
    store_free(&s);
}

static void test_recent(void **state)
{
    uint64_t mbx = live_box(0);
    struct store *s = live_bound(&L, mbx);
    struct store_status_rep st;
    struct err e;

    (void)state;
    live_deliver(s, mbx, STORE_INBOX, 10, 0);
    live_deliver(s, mbx, STORE_INBOX, 10, 0);
    OK(store_call(s, STORE_SELECT, &(struct store_select_req){STORE_INBOX, 1}, -1, &st, &e));
    assert_int_equal(st.recent, 2);
    OK(store_call(s, STORE_SELECT, &(struct store_select_req){STORE_INBOX, 0}, -1, &st, &e));
    assert_int_equal(st.recent, 2);
    assert_int_equal(st.first_recent, 1);
    OK(store_call(s, STORE_SELECT, &(struct store_select_req){STORE_INBOX, 0}, -1, &st, &e));
    assert_int_equal(st.recent, 0);
    live_deliver(s, mbx, STORE_INBOX, 10, 0);
    assert_int_equal(status(s, STORE_INBOX).recent, 1);
    assert_int_equal(status(s, STORE_INBOX).first_recent, 3);
    store_free(&s);
}

static void test_rights(void **state)
{
    uint64_t mbx = live_box(0);
    struct store *r = live_bound_as(&L, ROLE_IMAPD, mbx, RIGHT_READ), *none = store_new(ROLE_IMAPD), *in = store_new(ROLE_SMTPD);
    struct store_flags_rep frep;
    struct store_status_rep st;
    struct store_stats_rep stats;
    struct store_box_rep box;
    struct err e;

    (void)state;
    live_deliver(in, mbx, STORE_INBOX, 10, 0);
    assert_int_equal(store_call(r, STORE_FLAGS, &(struct store_flags_req){.folder = 1, .uids = live_range(1, 1)}, -1, &frep, &e), RC_DENIED);
    assert_int_equal(store_call(r, STORE_SELECT, &(struct store_select_req){STORE_INBOX, 0}, -1, &st, &e), RC_DENIED);
    OK(store_call(r, STORE_SELECT, &(struct store_select_req){STORE_INBOX, 1}, -1, &st, &e));
    assert_int_equal(store_call(r, STORE_BOX_SET, &(struct store_box_set_req){.what = BOX_SET_SLOTS, .slots_version = 1}, -1, NULL, &e), RC_DENIED);
    assert_int_equal(store_call(r, STORE_BOX_GET, &(struct store_mbx_msg){mbx + 1}, -1, &box, &e), RC_DENIED);
    assert_int_equal(store_call(none, STORE_SELECT, &(struct store_select_req){STORE_INBOX, 1}, -1, &st, &e), RC_DENIED);
    assert_int_equal(store_call(r, STORE_STATS, NULL, -1, &stats, &e), RC_DENIED);
    assert_int_equal(store_bind(none, SPAN_LIT("no ticket"), &box, &e), RC_DENIED);
    store_free(&r);
    store_free(&none);
    store_free(&in);
}

/* An event within a tenth of a second (it is milliseconds), for the watched folder and not another. */
static void test_watch(void **state)
{
    uint64_t mbx = live_box(0);
    struct store *s = live_bound(&L, mbx), *w = live_bound(&L, mbx), *in = store_new(ROLE_SMTPD);
    uint32_t other = new_folder(s, "other");
    struct store_ev_changed ev;
    struct pollfd p;
    struct err e;

    (void)state;
    OK(store_call(w, STORE_WATCH, &(struct store_watch_req){STORE_INBOX}, -1, NULL, &e));
    assert_int_equal(store_event(w, &ev, &e), RC_MORE);
    live_deliver(in, mbx, other, 10, 0);
    live_deliver(in, mbx, STORE_INBOX, 10, 0);
    p = (struct pollfd){store_event_fd(w), POLLIN, 0};
    assert_int_equal(poll(&p, 1, 100), 1);
    OK(store_event(w, &ev, &e));
    assert_int_equal(ev.folder, STORE_INBOX);
    assert_int_equal(ev.modseq, status(s, STORE_INBOX).modseq);
    assert_int_equal(store_event(w, &ev, &e), RC_MORE);
    live_stop(&L, SIGKILL);
    live_start(&L);
    poll(&p, 1, 1000);
    assert_int_equal(store_event(w, &ev, &e), RC_CLOSED);
    OK(store_call(w, STORE_WATCH, &(struct store_watch_req){0}, -1, NULL, &e)); /* dialled, bound and watching again */
    live_deliver(in, mbx, other, 10, 0);
    p.fd = store_event_fd(w);
    assert_int_equal(poll(&p, 1, 100), 1);
    OK(store_event(w, &ev, &e));
    assert_int_equal(ev.folder, other);
    store_free(&s);
    store_free(&w);
    store_free(&in);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_list_pages), cmocka_unit_test(test_entries),       cmocka_unit_test(test_bad_sets),
        cmocka_unit_test(test_flags),      cmocka_unit_test(test_keywords),      cmocka_unit_test(test_expunge_and_changes),
        cmocka_unit_test(test_changes_pages), cmocka_unit_test(test_copy_and_move), cmocka_unit_test(test_recent),
        cmocka_unit_test(test_rights),     cmocka_unit_test(test_watch),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
