/* SPDX-License-Identifier: EUPL-1.2 */
/* store/ops/queue_test.c - the queue on a real daemon: pages, those that are due, filters, counts, and who may change what when two do. */
#include "store/stored/live_each_test.h"

static size_t list_queue(struct store *s, uint64_t due, struct store_queue_item *last)
{
    struct store_queue_list_req rq = {.due_before = due};
    struct store_queue_list_rep rep;
    struct store_queue_item it;
    struct err e;
    size_t n = 0;

    do {
        struct span rest;
        OK(store_call(s, STORE_QUEUE_LIST, &rq, -1, &rep, &e));
        rest = rep.items;
        while (ipc_list_next(&rest, store_queue_item_f, &it, &e) == RC_OK) {
            n++;
            if (last)
                *last = it;
        }
        rq.qid_from = rep.next_qid;
        rq.rcpt_from = rep.next_rcpt;
    } while (rep.next_qid);
    return n;
}

static struct store_deliver_rep several_pages(struct store *in, const char *envelope)
{
    struct store_deliver_rep rep;
    struct letter l;
    struct err e;

    for (int k = 0; k < 100; k++) {
        letter_new(&l, 50, 0, 0);
        letter_out(&l, envelope, 2000 + (uint64_t)k);
        OK(letter_send(&l, in, NULL, &rep, &e));
        letter_free(&l);
    }
    return rep;
}

static void test_queue(void **state)
{
    struct store *in = store_new(ROLE_SMTPD), *relay = store_new(ROLE_RELAYD);
    struct store_queue_update_req up;
    struct store_queue_item it;
    struct store_deliver_rep rep;
    struct store_read_rep rd;
    struct buf told = BUF_INIT;
    struct store_queue_error why;
    struct letter l;
    struct err e;
    static char envelope[3000];

    (void)state;
    memset(envelope, 'e', sizeof envelope - 1);
    letter_new(&l, 100000, 100, 0);
    for (int i = 0; i < 25; i++)
        letter_out(&l, envelope, 1000 + (uint64_t)i);
    OK(letter_send(&l, in, NULL, &rep, &e));
    letter_free(&l);
    rep = several_pages(in, envelope);
    assert_int_equal(list_queue(relay, 0, NULL), 125);
    assert_int_equal(list_queue(relay, 2009, NULL), list_queue(relay, 0, NULL) - 90);
    assert_int_equal(list_queue(relay, 2099, &it), list_queue(relay, 0, NULL));
    assert_int_equal(it.qid, rep.qid);
    assert_int_equal(it.next_try, 2099);
    assert_int_equal(it.envelope.n, sizeof envelope - 1);
    OK(store_call(relay, STORE_QUEUE_READ, &(struct store_queue_read_req){it.qid, SEAL_MESSAGE, 0}, -1, &rd, &e));
    assert_int_equal(rd.plain_size, 50);
    assert_int_equal(
        store_call(relay, STORE_QUEUE_READ, &(struct store_queue_read_req){it.qid, SEAL_MESSAGE, 1}, -1, &rd, &e),
        RC_NOTFOUND);
    store_queue_error_write(&told, CAUSE_UNREACHABLE, 0, SPAN_LIT("4.4.1"));
    up = (struct store_queue_update_req){
        .qid = it.qid, .rcpt = it.rcpt, .state = Q_WAITING, .next_try = 5000, .last_error = SPAN_LIT("4.4.1")};
    assert_int_equal(store_call(relay, STORE_QUEUE_UPDATE, &up, -1, NULL, &e), RC_SYNTAX); /* a text of a peer's */
    up.last_error = buf_span(&told);
    OK(store_call(relay, STORE_QUEUE_UPDATE, &up, -1, NULL, &e));
    assert_int_equal(list_queue(relay, 2099, NULL), list_queue(relay, 0, NULL) - 1);
    list_queue(relay, 5000, &it);
    assert_int_equal(it.attempts, 1);
    assert_true(store_queue_error_read(it.last_error, &why));
    assert_int_equal(why.cause, CAUSE_UNREACHABLE);
    assert_true(span_eq_str(why.esc, "4.4.1"));
    up.state = Q_HELD;
    OK(store_call(relay, STORE_QUEUE_UPDATE, &up, -1, NULL, &e));
    assert_int_equal(list_queue(relay, 9000, NULL), list_queue(relay, 0, NULL) - 1);
    up.state = Q_DONE;
    OK(store_call(relay, STORE_QUEUE_UPDATE, &up, -1, NULL, &e));
    assert_int_equal(store_call(relay, STORE_QUEUE_UPDATE, &up, -1, NULL, &e), RC_NOTFOUND);
    assert_int_equal(
        store_call(relay, STORE_QUEUE_READ, &(struct store_queue_read_req){up.qid, SEAL_MESSAGE, 0}, -1, &rd, &e),
        RC_NOTFOUND);
    up.state = 9;
    assert_int_equal(store_call(relay, STORE_QUEUE_UPDATE, &up, -1, NULL, &e), RC_SYNTAX);
    assert_int_equal(list_queue(relay, 9000, NULL), list_queue(relay, 0, NULL));
    buf_free(&told);
    store_free(&in);
    store_free(&relay);
}

/* ---- filters and counts ---- */
static uint64_t put(struct store *in, const char *keys, uint64_t received, uint64_t size)
{
    struct store_remote r = {.not_before = 7000, .envelope = SPAN_LIT("sealed"), .keys = span_str(keys)};
    struct store_deliver_rep rep;
    struct letter l;
    struct err e;

    letter_new(&l, size, 0, 0);
    letter_out(&l, "x", 0);
    buf_clear(&l.remotes);
    ipc_list_add(&l.remotes, store_remote_f, &r);
    l.rq.received = received;
    OK(letter_send(&l, in, NULL, &rep, &e));
    letter_free(&l);
    return rep.qid;
}

/* The numbers of what the filter finds, whatever the page. */
static size_t find(struct store *s, struct store_queue_list_req rq, uint64_t *qids, size_t most)
{
    struct store_queue_list_rep rep;
    struct store_queue_item it;
    struct err e;
    size_t n = 0;

    do {
        OK(store_call(s, STORE_QUEUE_LIST, &rq, -1, &rep, &e));
        for (struct span rest = rep.items; ipc_list_next(&rest, store_queue_item_f, &it, &e) == RC_OK;) {
            assert_true(n < most);
            qids[n++] = it.qid;
        }
        rq.qid_from = rep.next_qid;
        rq.rcpt_from = rep.next_rcpt;
    } while (rep.next_qid);
    return n;
}

static enum rc set(struct store *s, uint64_t qid, uint8_t state, uint16_t from, enum cause why)
{
    struct store_queue_update_req up = {.qid = qid, .state = state, .next_try = 8000, .from_states = from};
    struct buf told = BUF_INIT;
    struct err e;
    enum rc rc;

    if (why != CAUSE_NONE) {
        store_queue_error_write(&told, why, 0, SPAN_NULL);
        up.last_error = buf_span(&told);
    }
    rc = store_call(s, STORE_QUEUE_UPDATE, &up, -1, NULL, &e);
    buf_free(&told);
    return rc;
}

/* Ends what an earlier test left. */
static void empty(struct store *s)
{
    struct store_queue_item it;

    while (list_queue(s, 0, &it) > 0) {
        struct store_queue_update_req up = {.qid = it.qid, .rcpt = it.rcpt, .state = Q_FAILED};
        struct err e;
        OK(store_call(s, STORE_QUEUE_UPDATE, &up, -1, NULL, &e));
    }
}

static struct store_queue_item item_of(struct store *s, uint64_t qid)
{
    struct store_queue_list_req rq = {.qid_from = qid};
    struct store_queue_list_rep rep;
    struct store_queue_item it = {0};
    struct err e;

    OK(store_call(s, STORE_QUEUE_LIST, &rq, -1, &rep, &e));
    OK(ipc_list_next(&rep.items, store_queue_item_f, &it, &e));
    assert_int_equal(it.qid, qid);
    return it;
}

#define ID1 "key1"
#define ID2 "key2"
#define D1 "domain-----1"
#define D2 "domain-----2"
#define S1 "sender-----1"
#define S2 "sender-----2"
#define R1 "recipient--1"
#define R2 "recipient--2"

static void test_filters(void **state)
{
    struct store *in = store_new(ROLE_SMTPD), *ad = store_new(ROLE_ADMIN);
    uint64_t q[6], got[200];

    (void)state;
    empty(ad);
    q[0] = put(in, ID1 D1 S1 R1, 1000, 10);
    q[1] = put(in, ID1 D2 S1 R2, 2000, 20);
    q[2] = put(in, ID1 D1 S2 R2, 3000, 30);
    q[3] = put(in, ID2 D2 S2 R1, 4000, 40);       /* made under another key: can not be told apart */
    q[4] = put(in, "0123456789abcdef", 5000, 50); /* of an older release */
    q[5] = put(in, "", 6000, 60);
    assert_int_equal(set(ad, q[1], Q_HELD, 0, CAUSE_PEER_TLS), RC_OK);
    assert_int_equal(set(ad, q[2], Q_WAITING, 0, CAUSE_UNREACHABLE), RC_OK);
    const struct {
        struct store_queue_list_req rq;
        const char *found; /* indexes */
    } rows[] = {
        {{0}, "012345"},
        {{.states = 1 << Q_HELD}, "1"},
        {{.states = 1 << Q_WAITING}, "02345"},
        {{.states = 1 << Q_WAITING | 1 << Q_HELD}, "012345"},
        {{.states = 1 << Q_DROPPED}, ""},
        {{.received_before = 3000}, "01"},
        {{.received_before = 3001}, "012"},
        {{.cause = CAUSE_PEER_TLS}, "1"},
        {{.cause = CAUSE_PEER_DN}, ""},
        {{.which = QK_DOMAIN, .keys = SPAN_LIT(ID1 D1 S2 R1)}, "02345"},
        {{.which = QK_SENDER, .keys = SPAN_LIT(ID1 D1 S2 R1)}, "2345"},
        {{.which = QK_RECIPIENT, .keys = SPAN_LIT(ID1 D1 S2 R1)}, "0345"},
        {{.which = QK_DOMAIN | QK_SENDER, .keys = SPAN_LIT(ID1 D1 S1 R2)}, "0345"},
        {{.which = QK_DOMAIN, .keys = SPAN_LIT(ID2 D1 S2 R1)}, "01245"},
        {{.which = 0, .keys = SPAN_LIT(ID1 D1 S2 R1)}, "012345"},
        {{.most = 1}, "012345"},
        {{.most = 2, .which = QK_DOMAIN, .keys = SPAN_LIT(ID1 D2 S2 R1), .states = 1 << Q_WAITING}, "345"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        size_t n = find(ad, rows[i].rq, got, 200);
        assert_int_equal(n, strlen(rows[i].found));
        for (size_t k = 0; k < n; k++)
            assert_int_equal(got[k], q[rows[i].found[k] - '0']);
    }
    store_free(&in);
    store_free(&ad);
}

static void test_counts(void **state)
{
    struct store *in = store_new(ROLE_SMTPD), *ad = store_new(ROLE_ADMIN);
    struct store_queue_count_req rq = {0};
    struct store_queue_count_rep rep;
    struct store_queue_sum sum;
    uint64_t entries = 0, octets = 0;
    struct err e;
    size_t n;

    (void)state;
    empty(ad);
    put(in, ID1 D1 S1 R1, 1000, 10);
    put(in, ID1 D1 S2 R2, 900, 10);
    assert_int_equal(set(ad, put(in, ID1 D1 S1 R1, 500, 10), Q_WAITING, 0, CAUSE_PEER_TLS), RC_OK);
    assert_int_equal(set(ad, put(in, ID1 D2 S1 R1, 100, 10), Q_HELD, 0, CAUSE_NONE), RC_OK);
    put(in, "", 3000, 10);
    OK(store_call(ad, STORE_QUEUE_COUNT, &rq, -1, &rep, &e));
    assert_int_equal(rep.next_qid, 0);
    for (n = 0; ipc_list_next(&rep.sums, store_queue_sum_f, &sum, &e) == RC_OK; n++) {
        entries += sum.entries;
        octets += sum.octets;
        if (sum.state == Q_WAITING && span_eq_str(sum.domain, ID1 D1) && sum.cause == 0) {
            assert_int_equal(sum.entries, 2);
            assert_int_equal(sum.oldest, 900);
            assert_int_equal(sum.next_try, 7000);
        }
    }
    assert_int_equal(n, 4);
    assert_int_equal(entries, 5);
    assert_int_equal(octets, 50);
    store_free(&in);
    store_free(&ad);
}

/* ---- two who change one entry ---- */
static size_t due(struct store *relay, uint64_t qid)
{
    struct store_queue_list_req rq = {.due_before = 8000};
    uint64_t got[200];
    size_t n = find(relay, rq, got, 200), found = 0;

    while (n > 0)
        found += got[--n] == qid;
    return found;
}

static void test_what_an_administrator_said_stays(void **state)
{
    struct store *in = store_new(ROLE_SMTPD), *ad = store_new(ROLE_ADMIN), *relay = store_new(ROLE_RELAYD);
    uint64_t held = put(in, "", 1000, 10), dropped = put(in, "", 1000, 10);
    struct store_queue_error why;
    struct store_queue_item it;

    (void)state;
    assert_int_equal(due(relay, held), 1);
    assert_int_equal(set(ad, held, Q_HELD, 1 << Q_WAITING, CAUSE_NONE), RC_OK);
    assert_int_equal(due(relay, held), 0);
    assert_int_equal(set(relay, held, Q_WAITING, 0, CAUSE_PEER_LOST), RC_OK); /* it had the entry in hand */
    it = item_of(ad, held);
    assert_int_equal(it.state, Q_HELD);
    assert_int_equal(it.attempts, 1);
    assert_true(store_queue_error_read(it.last_error, &why) && why.cause == CAUSE_PEER_LOST);
    assert_int_equal(due(relay, held), 0);
    assert_int_equal(set(ad, held, Q_WAITING, 1 << Q_WAITING, CAUSE_NONE), RC_EXISTS); /* a retry of what is held */
    assert_int_equal(set(ad, held, Q_WAITING, 1 << Q_HELD, CAUSE_NONE), RC_OK);
    it = item_of(ad, held);
    assert_true(store_queue_error_read(it.last_error, &why) &&
                why.cause == CAUSE_PEER_LOST); /* no error was given: it stays */
    assert_int_equal(due(relay, held), 1);

    assert_int_equal(set(ad, dropped, Q_DROPPED, 1 << Q_WAITING | 1 << Q_HELD, CAUSE_QUEUE_DROPPED), RC_OK);
    assert_int_equal(due(relay, dropped), 1); /* relayd reports it */
    assert_int_equal(set(relay, dropped, Q_WAITING, 0, CAUSE_PEER_LOST), RC_OK);
    it = item_of(ad, dropped);
    assert_int_equal(it.state, Q_DROPPED);
    assert_true(store_queue_error_read(it.last_error, &why) && why.cause == CAUSE_QUEUE_DROPPED);
    assert_int_equal(set(ad, dropped, Q_WAITING, 1 << Q_HELD, CAUSE_NONE), RC_EXISTS);
    assert_int_equal(due(relay, dropped), 1);
    assert_int_equal(set(relay, dropped, Q_FAILED, 0, CAUSE_NONE), RC_OK);
    assert_int_equal(set(ad, dropped, Q_HELD, 0, CAUSE_NONE), RC_NOTFOUND);
    assert_int_equal(set(relay, held, Q_DONE, 0, CAUSE_NONE), RC_OK);
    store_free(&in);
    store_free(&ad);
    store_free(&relay);
}

/* What waits for relayd in any way has its row in the index of those that are due: the check of the store says so (INV-9). */
static void test_the_check_finds_the_index_whole(void **state)
{
    struct store *in = store_new(ROLE_SMTPD), *ad = store_new(ROLE_ADMIN);
    struct store_check_req rq = {0};
    struct store_check_rep rep;
    struct err e;

    (void)state;
    assert_int_equal(set(ad, put(in, "", 1000, 10), Q_DROPPED, 0, CAUSE_QUEUE_DROPPED), RC_OK);
    assert_int_equal(set(ad, put(in, "", 1000, 10), Q_HELD, 0, CAUSE_NONE), RC_OK);
    put(in, "", 1000, 10);
    do {
        OK(store_call(ad, STORE_CHECK, &rq, -1, &rep, &e));
        if (rep.findings.n > 0 && span_find(rep.findings, SPAN_LIT("due")) >= 0)
            fail_msg("%.*s", SPAN_ARG(rep.findings));
        rq.cursor = rep.cursor;
    } while (rep.cursor != 0);
    store_free(&in);
    store_free(&ad);
}

static enum rc becomes(struct store *relay, const struct store_queue_item *it, uint8_t state, uint16_t marks)
{
    struct store_queue_update_req up = {
        .qid = it->qid, .rcpt = it->rcpt, .state = state, .next_try = 9100, .marks = marks};
    struct err e;

    return store_call(relay, STORE_QUEUE_UPDATE, &up, -1, NULL, &e);
}

/* A message for a mailbox here whose sender asked for a report of its delivery: one transaction files both. The entry is
 * due like one that waits, its message can be read, and nothing makes it one that would be sent. */
static void test_queue_report(void **state)
{
    struct store *in = store_new(ROLE_SMTPD), *relay = store_new(ROLE_RELAYD);
    size_t others = list_queue(relay, 0, NULL);
    uint64_t mbx = live_box(0);
    struct store_queue_item it;
    struct store_placed placed;
    struct store_deliver_rep rep;
    struct store_read_rep rd;
    struct letter l;
    struct err e;

    (void)state;
    letter_new(&l, 700, 20, 0);
    letter_to(&l, mbx, STORE_INBOX, 0);
    letter_state(&l, "here", 9000, Q_REPORT);
    letter_out(&l, "elsewhere", 9001);
    OK(letter_send(&l, in, &placed, &rep, &e));
    assert_int_equal(placed.mbx, mbx);
    letter_free(&l);
    assert_int_equal(list_queue(relay, 0, NULL), others + 2);
    list_queue(relay, 9000, &it);
    assert_int_equal(it.qid, rep.qid);
    assert_int_equal(it.state, Q_REPORT);
    OK(store_call(relay, STORE_QUEUE_READ, &(struct store_queue_read_req){it.qid, SEAL_MESSAGE, 0}, -1, &rd, &e));
    assert_int_equal(rd.plain_size, 700);
    assert_int_equal(becomes(relay, &it, Q_HELD, 0), RC_PERM);
    assert_int_equal(becomes(relay, &it, Q_DROPPED, 0), RC_PERM);
    assert_int_equal(becomes(relay, &it, Q_REPORT, 4), RC_SYNTAX); /* no mark: NOTIFY's bits are the sender's */
    OK(becomes(relay, &it, Q_WAITING, 0));                         /* "retry": its time changes */
    list_queue(relay, 9100, &it);
    assert_int_equal(it.state, Q_REPORT);
    assert_int_equal(it.next_try, 9100);
    OK(becomes(relay, &it, Q_DONE, 0));
    list_queue(relay, 9100, &it); /* the other one */
    assert_int_equal(it.state, Q_WAITING);
    assert_int_equal(becomes(relay, &it, Q_REPORT, 0), RC_SYNTAX);
    OK(becomes(relay, &it, Q_WAITING, QUEUE_WARNED));
    OK(becomes(relay, &it, Q_WAITING, 0)); /* the mark stays */
    list_queue(relay, 9100, &it);
    assert_int_equal(it.notify, 1 | QUEUE_WARNED);
    OK(becomes(relay, &it, Q_FAILED, 0));
    assert_int_equal(list_queue(relay, 0, NULL), others);
    letter_new(&l, 50, 0, 0);
    letter_state(&l, "held from the start", 1, Q_HELD);
    assert_int_equal(letter_send(&l, in, NULL, &rep, &e), RC_SYNTAX);
    letter_free(&l);
    store_free(&in);
    store_free(&relay);
}

/* A recipient who gets nothing stands in the queue until the sender was told why; relayd alone ends the entry. */
static void test_queued_without_hope(void **state)
{
    struct store *in = store_new(ROLE_SMTPD), *relay = store_new(ROLE_RELAYD);
    size_t others = list_queue(relay, 0, NULL);
    struct store_remote r = {.notify = 1, .not_before = 1, .envelope = SPAN_LIT("full"), .state = Q_DROPPED};
    struct store_queue_item it;
    struct store_queue_error why;
    struct store_deliver_rep rep;
    struct letter l;
    struct err e;

    (void)state;
    for (unsigned cause = 0; cause <= CAUSES_; cause += CAUSES_) { /* none, and none that there is */
        letter_new(&l, 50, 0, 0);
        letter_out(&l, "elsewhere", 1);
        r.cause = (uint16_t)cause;
        ipc_list_add(&l.remotes, store_remote_f, &r);
        assert_int_equal(letter_send(&l, in, NULL, &rep, &e), RC_SYNTAX);
        letter_free(&l);
    }
    letter_new(&l, 50, 0, 0);
    letter_state(&l, "full", 1, 0);
    l.remotes.n = 0; /* its epoch is set; the one recipient is this */
    r.cause = CAUSE_QUOTA;
    ipc_list_add(&l.remotes, store_remote_f, &r);
    OK(letter_send(&l, in, NULL, &rep, &e));
    letter_free(&l);
    assert_int_equal(list_queue(relay, 0, NULL), others + 1);
    list_queue(relay, 1, &it);
    assert_int_equal(it.state, Q_DROPPED);
    assert_true(store_queue_error_read(it.last_error, &why) && why.cause == CAUSE_QUOTA);
    OK(becomes(relay, &it, Q_FAILED, 0));
    assert_int_equal(list_queue(relay, 0, NULL), others);
    store_free(&in);
    store_free(&relay);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_queue),
        cmocka_unit_test(test_filters),
        cmocka_unit_test(test_counts),
        cmocka_unit_test(test_what_an_administrator_said_stays),
        cmocka_unit_test(test_the_check_finds_the_index_whole),
        cmocka_unit_test(test_queue_report),
        cmocka_unit_test(test_queued_without_hope),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
