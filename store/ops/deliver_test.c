/* SPDX-License-Identifier: EUPL-1.2 */
/* store/ops/deliver_test.c - delivery to a real daemon: sizes, many recipients, the same id twice, what is refused,
 * what comes back. */
#include "store/stored/live_each_test.h"

/* Every chunk of an object, against what was sent. */
static void check_object(struct store *s, const struct letter *l, uint32_t folder, uint32_t uid, uint8_t kind,
                         uint64_t off, uint64_t len)
{
    struct store_read_rep rep;
    struct store_read_req rq = {.folder = folder, .uid = uid, .kind = kind};
    struct err e;
    uint64_t at = 0;

    while (at < len) {
        OK(store_call(s, STORE_READ, &rq, -1, &rep, &e));
        assert_int_equal(seal_led_size(rep.plain_size, kind == SEAL_MESSAGE ? l->rq.lead : 0), len);
        assert_memory_equal(rep.oid, l->rq.oid, SEAL_OID);
        assert_memory_equal(rep.chunks.p, l->objects.p + off + at, rep.chunks.n);
        at += rep.chunks.n;
        rq.chunk++;
    }
    assert_int_equal(at, len);
    assert_int_equal(store_call(s, STORE_READ, &rq, -1, &rep, &e), RC_NOTFOUND);
}

static void test_sizes(void **state)
{
    static const struct {
        uint64_t size, summary, search;
    } t[] = {
        {0, 0, 0},
        {1, 1, 1},
        {4096, 900, 0},
        {65280, 10, 10},
        {65536, 500, 100},
        {65537, 20000, 70000},
        {75000, 3000, 9000},
        {200000, 0, 500},
        {1 << 20, 100, 100},
        {(1 << 20) + 1, 17000, 66000},
        {5000001, 4000, 100000},
    };
    uint64_t mbx = live_box(0);
    struct store *in = store_new(ROLE_SMTPD), *s = live_bound(&L, mbx);
    struct store_deliver_rep rep;
    struct store_placed p;
    struct err e;

    (void)state;
    for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
        struct letter l;

        letter_new(&l, t[i].size, t[i].summary, t[i].search);
        letter_to(&l, mbx, STORE_INBOX, 0);
        OK(letter_send(&l, in, &p, &rep, &e));
        assert_int_equal(p.uid, i + 1);
        check_object(s, &l, STORE_INBOX, p.uid, SEAL_MESSAGE, 0, l.rq.len_message);
        check_object(s, &l, STORE_INBOX, p.uid, SEAL_SUMMARY, l.rq.len_message, l.rq.len_summary);
        check_object(s, &l, STORE_INBOX, p.uid, SEAL_SEARCH, l.rq.len_message + l.rq.len_summary, l.rq.len_search);
        letter_free(&l);
    }
    store_free(&in);
    store_free(&s);
}

static bool same_place(const struct store_placed *a, const struct store_placed *b)
{
    return a->mbx == b->mbx && a->folder == b->folder && a->uid == b->uid && a->uidvalidity == b->uidvalidity;
}

static void test_same_id_again(void **state)
{
    uint64_t mbx = live_box(0);
    struct store *in = store_new(ROLE_SMTPD), *s = live_bound(&L, mbx);
    struct store_deliver_rep rep;
    struct store_status_rep st;
    struct store_expunge_rep ex;
    struct store_placed p, again;
    struct err e;

    (void)state;
    for (uint64_t size = 100; size < 4000000; size *= 150) {
        struct letter l;

        letter_new(&l, size, 100, 100);
        letter_to(&l, mbx, STORE_INBOX, 0);
        letter_out(&l, "remote", 0);
        OK(letter_send(&l, in, &p, &rep, &e));
        uint64_t qid = rep.qid;
        assert_true(qid != 0);
        OK(letter_send(&l, in, &again, &rep, &e));
        assert_true(same_place(&p, &again));
        assert_int_equal(rep.qid, qid);
        OK(store_call(s, STORE_EXPUNGE, &(struct store_expunge_req){STORE_INBOX, live_range(p.uid, p.uid), 0, 0}, -1,
                      &ex, &e));
        OK(store_call(in, STORE_PING, NULL, -1, NULL, &e));
        OK(letter_send(&l, in, &again, &rep, &e)); /* INV-4: expunged since, still not filed twice */
        assert_true(same_place(&p, &again));
        l.objects.p[3] ^= 1; /* another message under the same id */
        assert_int_equal(letter_send(&l, in, &again, &rep, &e), RC_EXISTS);
        letter_free(&l);
    }
    OK(store_call(s, STORE_FOLDER_STATUS, &(struct store_folder_msg){STORE_INBOX}, -1, &st, &e));
    assert_int_equal(st.exists, 0);
    store_free(&in);
    store_free(&s);
}

static void test_many_recipients(void **state)
{
    enum { BOXES = 5, COPIES = 60 };
    uint64_t mbx[BOXES];
    struct store *in = store_new(ROLE_SMTPD);
    struct store_deliver_rep rep;
    struct store_stats_rep st;
    struct store_placed p;
    struct letter l;
    struct err e;
    struct span rest;
    int n = 0;

    (void)state;
    letter_new(&l, 30000, 900, 400);
    for (int i = 0; i < BOXES; i++)
        mbx[i] = live_box(0);
    for (int i = 0; i < BOXES * COPIES; i++) /* in no order, some twice */
        letter_to(&l, mbx[(i * 7) % BOXES], STORE_INBOX, 0);
    OK(letter_send(&l, in, &p, &rep, &e));
    rest = rep.placed;
    while (ipc_list_next(&rest, store_placed_f, &p, &e) == RC_OK) {
        assert_int_equal(p.mbx, mbx[(n * 7) % BOXES]);
        assert_int_equal(p.uid, n / BOXES + 1);
        n++;
    }
    assert_int_equal(n, BOXES * COPIES);
    for (int i = 0; i < BOXES; i++) {
        struct store *s = live_bound(&L, mbx[i]);
        check_object(s, &l, STORE_INBOX, COPIES, SEAL_MESSAGE, 0, l.rq.len_message);
        check_object(s, &l, STORE_INBOX, 1, SEAL_SEARCH, l.rq.len_message + l.rq.len_summary, l.rq.len_search);
        store_free(&s);
    }
    store_free(&in);
    in = store_new(ROLE_ADMIN);
    OK(store_call(in, STORE_STATS, NULL, -1, &st, &e));
    assert_true(st.messages >= BOXES * COPIES);
    store_free(&in);
    letter_free(&l);
}

static void test_all_or_nothing(void **state)
{
    uint64_t mbx = live_box(0);
    struct store *in = store_new(ROLE_SMTPD), *s = live_bound(&L, mbx);
    struct store_deliver_rep rep;
    struct store_status_rep st;
    struct letter l;
    struct err e;

    (void)state;
    for (uint64_t size = 1000; size < 3000000; size += 2000000) {
        letter_new(&l, size, 100, 0);
        letter_to(&l, mbx, STORE_INBOX, 0);
        letter_to(&l, mbx, 77, 0); /* no such folder */
        assert_int_equal(letter_send(&l, in, NULL, &rep, &e), RC_TEMP);
        assert_non_null(strstr(e.log, "is gone"));
        letter_free(&l);
    }
    OK(store_call(s, STORE_FOLDER_STATUS, &(struct store_folder_msg){STORE_INBOX}, -1, &st, &e));
    assert_int_equal(st.exists, 0);
    assert_int_equal(st.uidnext, 1);
    store_free(&in);
    store_free(&s);
}

static void test_quota(void **state)
{
    uint64_t mbx = live_box(10000);
    struct store *s = live_bound(&L, mbx), *in = store_new(ROLE_SMTPD);
    struct store_deliver_rep rep;
    struct store_box_rep box;
    struct store_copy_rep cp;
    struct letter l;
    struct err e;

    (void)state;
    OK(store_call(in, STORE_CAN_TAKE, &(struct store_can_take_req){mbx, 8976}, -1, NULL, &e));
    live_deliver(s, mbx, STORE_INBOX, 6000, 0); /* each counts 1,024 for its rows */
    assert_int_equal(store_call(in, STORE_CAN_TAKE, &(struct store_can_take_req){mbx, 1953}, -1, NULL, &e), RC_QUOTA);
    OK(store_call(in, STORE_CAN_TAKE, &(struct store_can_take_req){mbx, 1952}, -1, NULL, &e));
    assert_int_equal(store_call(in, STORE_CAN_TAKE, &(struct store_can_take_req){mbx + 1000, 1}, -1, NULL, &e),
                     RC_NOTFOUND);
    letter_new(&l, 5000, 0, 0);
    letter_to(&l, mbx, STORE_INBOX, 0);
    l.rq.enforce_quota = 1;
    assert_int_equal(letter_send(&l, s, NULL, &rep, &e), RC_QUOTA);
    letter_free(&l);
    assert_int_equal(store_call(s, STORE_COPY,
                                &(struct store_copy_req){STORE_INBOX, STORE_INBOX, live_range(1, 1), 0, 0, 0}, -1, &cp,
                                &e),
                     RC_QUOTA);
    OK(store_call(s, STORE_BOX_GET, &(struct store_mbx_msg){0}, -1, &box, &e));
    assert_int_equal(box.used, 7024);
    assert_int_equal(box.messages, 1);
    assert_int_equal(box.quota, 10000);
    store_free(&s);
    store_free(&in);
}

static void test_refused(void **state)
{
    uint64_t mbx = live_box(0), other = live_box(0);
    struct store *s = live_bound(&L, mbx), *in = store_new(ROLE_SMTPD);
    struct store_deliver_rep rep;
    struct letter l;
    struct err e;
    int fd;

    (void)state;
    letter_new(&l, 100, 0, 0);
    assert_int_equal(letter_send(&l, in, NULL, &rep, &e), RC_SYNTAX); /* to nobody */
    letter_to(&l, other, STORE_INBOX, 0);
    assert_int_equal(letter_send(&l, s, NULL, &rep, &e), RC_DENIED); /* not the ticket's */
    l.rq.len_message++;
    assert_int_equal(letter_send(&l, in, NULL, &rep, &e), RC_SYNTAX);
    l.rq.len_message--;
    l.rq.size = 200, l.rq.len_message = seal_size(200);
    assert_int_equal(letter_send(&l, in, NULL, &rep, &e), RC_SYNTAX); /* fewer bytes than announced */
    l.rq.size = 100, l.rq.len_message = seal_size(100);
    buf_clear(&l.places);
    letter_to(&l, other, STORE_INBOX, 32); /* no such flag */
    assert_int_equal(letter_send(&l, in, NULL, &rep, &e), RC_SYNTAX);
    buf_clear(&l.places);
    letter_to(&l, mbx, STORE_INBOX, 1 << 8); /* a keyword without a name */
    assert_int_equal(letter_send(&l, s, NULL, &rep, &e), RC_SYNTAX);
    buf_clear(&l.places);
    letter_to(&l, mbx, STORE_INBOX, 0);
    l.rq.places = buf_span(&l.places);
    l.rq.objects = SPAN_NULL;
    fd = memfd_create("open", MFD_ALLOW_SEALING); /* not sealed */
    assert_int_equal(write(fd, l.objects.p, l.objects.n), l.objects.n);
    assert_int_equal(store_call(in, STORE_DELIVER_FD, &l.rq, fd, &rep, &e), RC_SYNTAX);
    assert_int_equal(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW), 0);
    OK(store_call(in, STORE_DELIVER_FD, &l.rq, fd, &rep, &e));
    close(fd);
    fd = open("/dev/zero", O_RDONLY);
    seal_oid_new(l.rq.oid);
    assert_int_equal(store_call(in, STORE_DELIVER_FD, &l.rq, fd, &rep, &e), RC_SYNTAX);
    close(fd);
    letter_free(&l);
    store_free(&s);
    store_free(&in);
}

/* A lead that cannot be, objects that begin too far in the memfd, or that are not all there (INV-W5). */
static void test_lead_refused(void **state)
{
    static const struct {
        uint64_t size, lead, len, skip;
        enum rc rc;
    } t[] = {
        {300000, 700, 300000 + 6 * SEAL_TAG, 100, RC_OK}, /* the lead, and five */
        {300000, 700, 300000 + 5 * SEAL_TAG, 100, RC_SYNTAX},
        {300000, 0, 300000 + 5 * SEAL_TAG, SEAL_LEAD_MAX + SEAL_TAG, RC_OK},
        {300000, 0, 300000 + 5 * SEAL_TAG, SEAL_LEAD_MAX + SEAL_TAG + 1, RC_SYNTAX},
        {300000, SEAL_LEAD_MAX, 300000 + 6 * SEAL_TAG, 0, RC_OK},
        {300000, SEAL_LEAD_MAX + 1, 300000 + 6 * SEAL_TAG, 0, RC_SYNTAX},
        {1000, 999, 1000 + 2 * SEAL_TAG, 0, RC_OK},
        {1000, 1000, 1000 + 2 * SEAL_TAG, 0, RC_SYNTAX},
        {0, 1, 2 * SEAL_TAG, 0, RC_SYNTAX},
    };
    uint64_t mbx = live_box(0);
    struct store *in = store_new(ROLE_SMTPD);
    struct store_deliver_rep rep;
    struct err e;

    (void)state;
    for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
        struct letter l;
        int fd;

        letter_new(&l, 0, 0, 0);
        buf_clear(&l.objects);
        l.rq.size = t[i].size;
        l.rq.lead = (uint16_t)t[i].lead;
        l.rq.len_message = t[i].len;
        l.rq.skip = t[i].skip;
        letter_fill(&l.objects, l.rq.oid, t[i].len, SEAL_MESSAGE);
        letter_to(&l, mbx, STORE_INBOX, 0);
        l.rq.places = buf_span(&l.places);
        fd = letter_memfd(&l);
        assert_int_equal(store_call(in, STORE_DELIVER_FD, &l.rq, fd, &rep, &e), t[i].rc);
        seal_oid_new(l.rq.oid);
        l.rq.skip = t[i].skip > 0 ? t[i].skip - 1 : 1; /* the memfd is not of that length */
        assert_int_equal(store_call(in, STORE_DELIVER_FD, &l.rq, fd, &rep, &e), RC_SYNTAX);
        close(fd);
        letter_free(&l);
    }
    store_free(&in);
}

/* What stands under an epoch's number is the record that this number follows from: a session that files another one there, before or
 * after the true one, is refused, and the mailbox goes on taking mail. */
static void test_epochs(void **state)
{
    uint64_t mbx = live_box(0), ask[2] = {0, 77};
    struct store *s = live_bound(&L, mbx), *in = store_new(ROLE_SMTPD);
    struct store_epochs_rep rep;
    struct store_place p = {.mbx = mbx, .folder = STORE_INBOX};
    unsigned char rec[SEAL_EPOCH_REC];
    struct store_deliver_rep drep;
    struct letter l;
    struct err e;

    (void)state;
    memset(rec, 5, sizeof rec); /* as live_deliver() has it */
    p.epoch = ask[0] = seal_epoch_id(mbx, rec);
    letter_new(&l, 10, 0, 0);
    ipc_list_add(&l.places, store_place_f, &p); /* a record of zeros under the number that is the true record's */
    assert_int_equal(letter_send(&l, in, NULL, &drep, &e), RC_SYNTAX);
    letter_free(&l);
    live_deliver(in, mbx, STORE_INBOX, 10, 0);
    letter_new(&l, 10, 0, 0);
    ipc_list_add(&l.places, store_place_f, &p);
    assert_int_equal(letter_send(&l, in, NULL, &drep, &e), RC_SYNTAX);
    letter_free(&l);
    live_deliver(in, mbx, STORE_INBOX, 10, 0);
    OK(store_call(s, STORE_EPOCHS, &(struct store_epochs_req){span_of(ask, sizeof ask)}, -1, &rep, &e));
    assert_int_equal(rep.recs.n, 8 + SEAL_EPOCH_REC);
    assert_memory_equal(rep.recs.p, &ask[0], 8);
    assert_memory_equal(rep.recs.p + 8, rec, sizeof rec);
    store_free(&s);
    store_free(&in);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sizes),           cmocka_unit_test(test_same_id_again),
        cmocka_unit_test(test_many_recipients), cmocka_unit_test(test_all_or_nothing),
        cmocka_unit_test(test_quota),           cmocka_unit_test(test_refused),
        cmocka_unit_test(test_epochs),          cmocka_unit_test(test_lead_refused),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
