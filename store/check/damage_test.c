/* SPDX-License-Identifier: EUPL-1.2 */
/* store/check/damage_test.c - one flipped bit: whoever needs that page is told RC_CORRUPT, the page is named, everybody else
 * goes on, the daemon lives. For the first page, the root and others of every table. */
#include "store/check/damage_test.h"
#include "store/stored/live_each_test.h"

static void count(enum rc rc, unsigned *bad)
{
    assert_true(rc == RC_OK || rc == RC_CORRUPT);
    *bad += rc == RC_CORRUPT;
}

/* An entry that came without its object: asked for alone it is sound, or said to be damaged. Those beside it came. */
static void read_alone(struct store *s, enum seal_kind kind, const struct store_entry *en, unsigned *bad)
{
    struct store_read_req rq = {.folder = STORE_INBOX, .uid = en->uid, .kind = (uint8_t)kind};
    struct store_read_rep rep;
    struct buf mem = BUF_INIT;
    struct err e;

    count(store_call_in(s, STORE_READ, &rq, -1, &rep, &mem, &e), bad);
    buf_free(&mem);
}

static void read_all(struct store *s, enum store_op op, unsigned *bad)
{
    static const enum seal_kind kinds[] = {
        [STORE_SUMMARIES] = SEAL_SUMMARY, [STORE_TEXTS] = SEAL_SEARCH, [STORE_READ_MANY] = SEAL_MESSAGE};

    struct store_range_req rq = {STORE_INBOX, live_range(1, UINT32_MAX), 0, 0};
    struct store_list_rep list;
    struct store_entry en;
    struct buf mem = BUF_INIT;
    struct err e, end;
    enum rc rc;

    do {
        rc = store_call_in(s, op, &rq, -1, &list, &mem, &e);
        count(rc, bad);
        while (rc == RC_OK && ipc_list_next(&list.list, store_entry_f, &en, &end) == RC_OK)
            if (op != STORE_ENTRIES && en.len_object > 0 && en.object.n == 0)
                read_alone(s, kinds[op], &en, bad);
        rq.from = list.next;
    } while (rc == RC_OK && list.next != 0);
    buf_free(&mem);
}

/* What a mailbox is asked in a day. Every answer is right or RC_CORRUPT; returns how many were that. */
static unsigned use(struct store *s, uint64_t mbx)
{
    static const enum store_op reads[] = {STORE_ENTRIES, STORE_SUMMARIES, STORE_TEXTS, STORE_READ_MANY};
    struct store *in = store_new(ROLE_SMTPD);
    struct store_expunge_rep ex;
    struct store_flags_rep fl;
    struct store_copy_rep cp;
    struct store_deliver_rep rep;
    struct letter l;
    struct err e;
    unsigned bad = 0;

    for (size_t i = 0; i < sizeof reads / sizeof reads[0]; i++)
        read_all(s, reads[i], &bad);
    count(store_call(s, STORE_FLAGS,
                     &(struct store_flags_req){STORE_INBOX, live_range(1, 9), 0, FLAGS_ADD, MF_FLAGGED, 0}, -1, &fl,
                     &e),
          &bad);
    count(store_call(s, STORE_COPY, &(struct store_copy_req){STORE_INBOX, STORE_INBOX, live_range(5, 6), 0, 0, 0}, -1,
                     &cp, &e),
          &bad);
    count(store_call(s, STORE_EXPUNGE, &(struct store_expunge_req){STORE_INBOX, live_range(3, 3), 0, 0}, -1, &ex, &e),
          &bad);
    letter_new(&l, 900, 700, 300);
    letter_to(&l, mbx, STORE_INBOX, 0);
    letter_out(&l, "remote", 77);
    count(letter_send(&l, in, NULL, &rep, &e), &bad);
    letter_free(&l);
    store_free(&in);
    return bad;
}

/* Binding reads the mailbox's own record and its folders' counters: that too is an answer. */
static unsigned use_bound(uint64_t mbx)
{
    struct ticket t = {.method = METHOD_PASSWORD,
                       .rights = RIGHT_READ | RIGHT_WRITE,
                       .mbx = mbx,
                       .issued = (uint64_t)time(NULL),
                       .expires = (uint64_t)time(NULL) + 3600,
                       .address = "a@b",
                       .actor = "a@b"};
    struct store *s = store_new(ROLE_IMAPD);
    struct store_box_rep rep;
    struct buf wire = BUF_INIT, mem = BUF_INIT;
    struct err e;
    unsigned bad = 0;

    ticket_make(&t, &L.tickets, &wire);
    count(store_bind(s, buf_span(&wire), &rep, &mem, &e), &bad);
    if (bad == 0)
        bad = use(s, mbx);
    buf_free(&mem);
    buf_free(&wire);
    store_free(&s);
    return bad;
}

static uint64_t damage(struct buf *list)
{
    struct store *s = store_new(ROLE_ADMIN);
    struct store_damage_rep rep;
    struct err e;

    OK(store_call(s, STORE_DAMAGE, NULL, -1, &rep, &e));
    buf_clear(list);
    buf_addspan(list, rep.list);
    store_free(&s);
    return rep.pages;
}

/* Runs a whole check; how many findings, and their text. */
static uint64_t check(struct buf *out)
{
    struct store *s = store_new(ROLE_ADMIN);
    struct store_check_req rq = {0};
    struct store_check_rep rep;
    uint64_t bad = 0;
    struct err e;

    buf_clear(out);
    do {
        OK(store_call(s, STORE_CHECK, &rq, -1, &rep, &e));
        buf_addspan(out, rep.findings);
        bad += rep.bad;
        rq.cursor = rep.cursor;
    } while (rep.cursor);
    store_free(&s);
    return bad;
}

static void one_page(enum table t, size_t page, uint64_t a, uint64_t b)
{
    char name[64];
    struct buf list = BUF_INIT;
    unsigned bad;

    damage_flip(&L, t, page);
    damage_start(&L);
    bad = use_bound(a) + use_bound(b);
    snprintf(name, sizeof name, "%s page %u ", tables[t].file, (unsigned)page);
    if ((bad > 0 || page == 0) && (damage(&list) == 0 || span_find(buf_span(&list), span_str(name)) < 0))
        fail_msg("%u requests failed, and \"%s\" is not named: %s", bad, name, buf_cstr(&list));
    snprintf(name, sizeof name, "table %s page %u:", tables[t].file, (unsigned)page);
    if (t % 2 == 0) /* a whole check takes a while */
        goto out;
    if (check(&list) == 0 || span_find(buf_span(&list), span_str(name)) < 0)
        fail_msg("the check does not say \"%s\": %s", name, buf_cstr(&list));
out:
    assert_int_equal(live_stop(&L, SIGTERM), 0); /* it has lived all the while */
    damage_flip(&L, t, page);                    /* as it was */
    buf_free(&list);
}

static void test_every_table(void **state)
{
    uint64_t a = live_box(0), b = live_box(0);
    struct buf list = BUF_INIT;

    (void)state;
    damage_populate(&L, a, 40);
    damage_populate(&L, b, 5);
    assert_int_equal(live_stop(&L, SIGTERM), 0);
    for (int t = 0; t < TABLES; t++) {
        size_t n = damage_pages(&L, (enum table)t);
        one_page((enum table)t, t % 3 ? 1 : 0, a, b); /* the root; of some the first page, whose table stays closed */
        if (n >= 4 && t != T_TEXTS && t != T_OBJREFS)
            one_page((enum table)t, n / 2, a, b);
    }
    damage_start(&L);
    assert_int_equal(use_bound(a) + use_bound(b), 0);
    poll(NULL, 0, 1100); /* so that every object was last touched in a second before the check's */
    /* Its page is as it was, but nobody has kept the index since it was bad. */
    if (check(&list) != 1 || span_find(buf_span(&list), SPAN_LIT("the index of what is due was given up")) < 0)
        fail_msg("%s", buf_cstr(&list));
    buf_free(&list);
}

/* A page of a's summaries is bad: b's mailbox notices nothing, nor do a's other requests. */
static void test_others_go_on(void **state)
{
    uint64_t a = live_box(0), b = live_box(0);
    struct store *s;
    unsigned bad = 0, summaries;
    size_t leaf;

    (void)state;
    damage_populate(&L, a, 200);
    damage_populate(&L, b, 5);
    assert_int_equal(live_stop(&L, SIGTERM), 0);
    leaf = damage_leaf_of(&L, T_SUMMARIES, a, 100);
    damage_flip(&L, T_SUMMARIES, leaf);
    damage_start(&L);
    for (int i = 0; i < 3; i++)
        assert_int_equal(use_bound(b), 0);
    s = live_bound(&L, a);
    read_all(s, STORE_SUMMARIES, &bad);
    assert_in_range(bad, 1, 100); /* those of one page; the others came */
    summaries = bad;
    read_all(s, STORE_READ_MANY, &bad);
    read_all(s, STORE_TEXTS, &bad);
    assert_int_equal(bad, summaries);
    store_free(&s);
    assert_int_equal(live_stop(&L, SIGTERM), 0);
    damage_flip(&L, T_SUMMARIES, leaf);
    damage_start(&L);
}

static uint64_t live_bytes(void)
{
    struct store *s = store_new(ROLE_ADMIN);
    struct store_stats_rep rep;
    struct err e;

    OK(store_call(s, STORE_STATS, NULL, -1, &rep, &e));
    store_free(&s);
    return rep.live_bytes;
}

static void delete_box(uint64_t mbx)
{
    struct store *s = store_new(ROLE_ADMIN);
    struct err e;

    OK(store_call(s, STORE_BOX_DELETE, &(struct store_mbx_msg){mbx}, -1, NULL, &e));
    store_free(&s);
}

/* A deleted mailbox that cannot be emptied keeps no other from being emptied. */
static void test_others_are_emptied(void **state)
{
    uint64_t a = live_box(0), b = live_box(0), before;
    struct store *in = store_new(ROLE_SMTPD);
    int64_t until = deadline_in(60000);
    size_t leaf;

    (void)state;
    for (int i = 0; i < 120; i++)
        live_deliver(in, a, STORE_INBOX, 900, 0);
    live_deliver(in, b, STORE_INBOX, 70000, 0);
    store_free(&in);
    assert_int_equal(live_stop(&L, SIGTERM), 0);
    leaf = damage_leaf_of(&L, T_MSGS, a, 60);
    damage_flip(&L, T_MSGS, leaf);
    damage_start(&L);
    before = live_bytes();
    delete_box(a);
    delete_box(b);
    while (live_bytes() + 70000 > before && deadline_left_ms(until) > 0)
        poll(NULL, 0, 50);
    assert_true(live_bytes() + 70000 <= before);
    assert_int_equal(live_stop(&L, SIGTERM), 0);
    damage_flip(&L, T_MSGS, leaf);
    damage_start(&L);
}

/* The daemon was killed, and the page that recovery wants is bad: it starts all the same, and says so. */
static void test_recovery_passes_by(void **state)
{
    uint64_t a = live_box(0);
    struct store *in = store_new(ROLE_SMTPD);
    struct store_stats_rep st;
    struct buf list = BUF_INIT;
    struct err e;

    (void)state;
    damage_populate(&L, a, 5);
    assert_int_equal(live_stop(&L, SIGTERM), 0);
    damage_start(&L);
    for (int i = 0; i < 20; i++)
        live_deliver(in, a, STORE_INBOX, 900, 0);
    assert_int_equal(live_stop(&L, SIGKILL), 128 + SIGKILL);
    damage_flip(&L, T_MSGS, damage_leaf_of(&L, T_MSGS, a, 3));
    damage_start(&L);
    store_free(&in);
    in = store_new(ROLE_ADMIN);
    OK(store_call(in, STORE_PING, NULL, -1, &st, &e));
    assert_true(damage(&list) > 0);
    assert_true(span_find(buf_span(&list), SPAN_LIT("msgs.db")) >= 0);
    store_free(&in);
    buf_free(&list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_every_table), cmocka_unit_test(test_others_go_on),
                                       cmocka_unit_test(test_others_are_emptied),
                                       cmocka_unit_test(test_recovery_passes_by)};

    return cmocka_run_group_tests(tests, setup, teardown);
}
