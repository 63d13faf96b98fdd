/* SPDX-License-Identifier: EUPL-1.2 */
/* store/stored/mailbox_test.c - a session's view of a real daemon: listing, pages, objects, rights, \Recent, events. */
#include "store/stored/live_each_test.h"

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
            struct brief b = live_brief_at(rep.brief, i);
            assert_int_equal(b.uid, ++seen);
            assert_int_equal(b.modseq, seen + 1);
        }
        rq.lo = rep.next;
    } while (rep.next);
    assert_int_equal(seen, N);
    assert_int_equal(live_status(s, STORE_INBOX).exists, N);
    assert_int_equal(live_status(s, STORE_INBOX).unseen, N - N / 500 * 167);
    assert_int_equal(live_status(s, STORE_INBOX).recent, N);
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
static void check_page(struct store *s, enum store_op op, uint8_t kind, struct span set, const struct letter *l,
                       size_t n, size_t want)
{
    struct store_range_req rq = {STORE_INBOX, set, 0, 0};
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
            uint64_t len = kind == SEAL_MESSAGE   ? x->rq.len_message
                           : kind == SEAL_SUMMARY ? x->rq.len_summary
                           : kind                 ? x->rq.len_search
                                                  : 0;
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
    static const uint64_t sizes[][3] = {{10, 700, 200},      {70000, 15000, 3000}, {90000, 30000, 60000}, {5, 0, 0},
                                        {94000, 80000, 100}, {500, 1, 1},          {200000, 16000, 65000}};
    enum { N = 140 };
    static struct letter l[N];
    static const struct {
        enum store_op op;
        uint8_t kind;
    } ways[] = {{STORE_ENTRIES, 0},
                {STORE_SUMMARIES, SEAL_SUMMARY},
                {STORE_TEXTS, SEAL_SEARCH},
                {STORE_READ_MANY, SEAL_MESSAGE}};
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
    static const struct {
        const char *what;
        uint32_t v[4];
        size_t n;
    } t[] = {{"backwards", {5, 4}, 8},
             {"zero", {0, 4}, 8},
             {"half a pair", {1, 2, 3}, 12},
             {"not sorted", {5, 6, 1, 2}, 16},
             {"touching", {1, 5, 5, 6}, 16}};
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
        assert_int_equal(store_call(s, STORE_ENTRIES, &(struct store_range_req){STORE_INBOX, set, 0, 0}, -1, &list, &e),
                         RC_SYNTAX);
        assert_int_equal(
            store_call(s, STORE_FLAGS, &(struct store_flags_req){.folder = STORE_INBOX, .uids = set}, -1, &flags, &e),
            RC_SYNTAX);
        assert_int_equal(store_call(s, STORE_EXPUNGE, &(struct store_expunge_req){STORE_INBOX, set, 0, 0}, -1, &ex, &e),
                         RC_SYNTAX);
        assert_int_equal(
            store_call(s, STORE_COPY, &(struct store_copy_req){STORE_INBOX, STORE_INBOX, set, 0, 0, 0}, -1, &cp, &e),
            RC_SYNTAX);
    }
    assert_int_equal(live_status(s, STORE_INBOX).exists, 1);
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
    assert_int_equal(live_status(s, STORE_INBOX).recent, 1);
    assert_int_equal(live_status(s, STORE_INBOX).first_recent, 3);
    store_free(&s);
}

static void test_rights(void **state)
{
    uint64_t mbx = live_box(0);
    struct store *r = live_bound_as(&L, ROLE_IMAPD, mbx, RIGHT_READ), *none = store_new(ROLE_IMAPD),
                 *in = store_new(ROLE_SMTPD);
    struct store_flags_rep frep;
    struct store_status_rep st;
    struct store_stats_rep stats;
    struct store_box_rep box;
    struct err e;

    (void)state;
    live_deliver(in, mbx, STORE_INBOX, 10, 0);
    assert_int_equal(
        store_call(r, STORE_FLAGS, &(struct store_flags_req){.folder = 1, .uids = live_range(1, 1)}, -1, &frep, &e),
        RC_DENIED);
    assert_int_equal(store_call(r, STORE_SELECT, &(struct store_select_req){STORE_INBOX, 0}, -1, &st, &e), RC_DENIED);
    OK(store_call(r, STORE_SELECT, &(struct store_select_req){STORE_INBOX, 1}, -1, &st, &e));
    assert_int_equal(store_call(r, STORE_BOX_SET,
                                &(struct store_box_set_req){.what = BOX_SET_SLOTS, .slots_version = 1}, -1, NULL, &e),
                     RC_DENIED);
    assert_int_equal(store_call(r, STORE_BOX_GET, &(struct store_mbx_msg){mbx + 1}, -1, &box, &e), RC_DENIED);
    assert_int_equal(store_call(none, STORE_SELECT, &(struct store_select_req){STORE_INBOX, 1}, -1, &st, &e),
                     RC_DENIED);
    assert_int_equal(store_call(r, STORE_STATS, NULL, -1, &stats, &e), RC_DENIED);
    assert_int_equal(store_bind(none, SPAN_LIT("no ticket"), &box, &live_mem[0], &e), RC_DENIED);
    for (unsigned by = 0; by < TICKET_CHECKERS;
         by++) { /* one key in every place: only stored's own makes a ticket for stored */
        struct live forger = L;
        struct buf forged = BUF_INIT;

        for (unsigned i = 0; i < TICKET_CHECKERS; i++)
            memcpy(forger.tickets.of[i], L.tickets.of[by], TICKET_KEY);
        live_ticket(&forger, mbx, RIGHT_READ, &forged);
        assert_int_equal(store_bind(none, buf_span(&forged), &box, &live_mem[0], &e),
                         by == TICKET_FOR_STORED ? RC_OK : RC_DENIED);
        buf_free(&forged);
    }
    store_free(&r);
    store_free(&none);
    store_free(&in);
}

/* An event within a tenth of a second (it is milliseconds), for the watched folder and not another. */
static void test_watch(void **state)
{
    uint64_t mbx = live_box(0);
    struct store *s = live_bound(&L, mbx), *w = live_bound(&L, mbx), *in = store_new(ROLE_SMTPD);
    uint32_t other = live_folder(s, "other");
    struct store_ev_changed ev;
    struct pollfd p;
    struct err e;

    (void)state;
    OK(store_call(w, STORE_WATCH, &(struct store_watch_req){STORE_INBOX}, -1, NULL, &e));
    assert_int_equal(store_event(w, &ev, &e), RC_MORE);
    live_deliver(in, mbx, other, 10, 0);
    live_deliver(in, mbx, STORE_INBOX, 10, 0);
    p = (struct pollfd){store_event_fd(w), POLLIN, 0};
    assert_int_equal(poll(&p, 1, 60000), 1);
    OK(store_event(w, &ev, &e));
    assert_int_equal(ev.folder, STORE_INBOX);
    assert_int_equal(ev.modseq, live_status(s, STORE_INBOX).modseq);
    assert_int_equal(store_event(w, &ev, &e), RC_MORE);
    live_stop(&L, SIGKILL);
    live_start(&L);
    poll(&p, 1, 60000);
    assert_int_equal(store_event(w, &ev, &e), RC_CLOSED);
    OK(store_call(w, STORE_WATCH, &(struct store_watch_req){0}, -1, NULL, &e)); /* dialled, bound and watching again */
    live_deliver(in, mbx, other, 10, 0);
    p.fd = store_event_fd(w);
    assert_int_equal(poll(&p, 1, 60000), 1);
    OK(store_event(w, &ev, &e));
    assert_int_equal(ev.folder, other);
    store_free(&s);
    store_free(&w);
    store_free(&in);
}

/* Two objects that together fill a page to its last octets: the second comes on the page or on the next one, and the reply is never too long. */
static void test_a_page_filled_to_its_end(void **state)
{
    uint64_t mbx = live_box(0);
    struct store *s = live_bound(&L, mbx);
    struct err e;

    (void)state;
    for (uint64_t size = 47900; size < 47960; size += 3) {
        uint32_t first = live_deliver(s, mbx, STORE_INBOX, 46000, 0), last = live_deliver(s, mbx, STORE_INBOX, size, 0);
        struct store_range_req rq = {.folder = STORE_INBOX, .uids = live_range(first, last)};
        struct store_list_rep rep;
        struct store_entry en;
        unsigned n = 0;

        do {
            OK(store_call(s, STORE_READ_MANY, &rq, -1, &rep, &e));
            for (struct span rest = rep.list; ipc_list_next(&rest, store_entry_f, &en, &e) == RC_OK;)
                n += en.object.n > 0;
            rq.from = rep.next;
        } while (rep.next);
        assert_int_equal(n, 2);
    }
    store_free(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_page_filled_to_its_end),
        cmocka_unit_test(test_list_pages),
        cmocka_unit_test(test_entries),
        cmocka_unit_test(test_bad_sets),
        cmocka_unit_test(test_recent),
        cmocka_unit_test(test_rights),
        cmocka_unit_test(test_watch),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
