/* SPDX-License-Identifier: EUPL-1.2 */
/* flow/file_test.c - what stored is given: sealed, complete, openable by each recipient and by nobody else; small and large. */
#include "extract/queued.h"
#include "flow/fake_test.h"
#include "flow/file.h"
#include "extract/summary.h"
#include <setjmp.h>
#include <stdarg.h>
/* last, as it asks */
#include <cmocka.h>

static struct spool *put_message(struct spool *s, size_t size)
{
    static const char head[] = "From: ana@chu.example\r\nSubject: marker-subject\r\n\r\n";
    struct err e;

    assert_int_equal(spool_put(s, SPAN_LIT(head), &e), RC_OK);
    for (size_t n = 0; n < size; n += 16)
        assert_int_equal(spool_put(s, SPAN_LIT("marker-bodytext\n"), &e), RC_OK);
    assert_int_equal(spool_end(s, &e), RC_OK);
    return s;
}

static struct spool *message_of(size_t size)
{
    return put_message(spool_new(1u << 30), size);
}

static enum rc same(void *ctx, struct span piece, struct err *e)
{
    struct span *left = ctx;

    (void)e;
    assert_true(left->n >= piece.n && memcmp(left->p, piece.p, piece.n) == 0);
    *left = span_from(*left, piece.n);
    return RC_OK;
}

static void check_place(size_t i, struct span trace, struct spool *m)
{
    struct buf plain = BUF_INIT, mem = BUF_INIT;
    struct summary sum;
    struct span left;
    struct err e;

    assert_int_equal(fake_open(i, SEAL_MESSAGE, &plain, &e), RC_OK);
    assert_int_equal(plain.n, trace.n + spool_size(m));
    assert_memory_equal(plain.p, trace.p, trace.n);
    left = span_from(buf_span(&plain), trace.n);
    assert_int_equal(spool_each(m, same, &left, &e), RC_OK);
    assert_int_equal(left.n, 0);
    buf_clear(&plain);
    assert_int_equal(fake_open(i, SEAL_SUMMARY, &plain, &e), RC_OK);
    assert_int_equal(summary_read(buf_span(&plain), &mem, &sum, &e), RC_OK);
    assert_true(sum.size == trace.n + spool_size(m) && span_find(sum.envelope, SPAN_LIT("marker-subject")) >= 0);
    buf_clear(&plain);
    assert_int_equal(fake_open(i, SEAL_SEARCH, &plain, &e), RC_OK);
    buf_free(&plain);
    buf_free(&mem);
}

static void filed_from(struct spool *message, bool by_fd, bool sealed_once)
{
    struct recipient to[] = {{.local = true, .mbx = 21, .folder = STORE_INBOX, .internaldate = 1000},
                             {.local = true, .mbx = 22, .folder = 5, .flags = MF_SEEN},
                             {.local = true, .mbx = 21, .folder = STORE_INBOX}, /* by another address: one copy */
                             {.local = true, .mbx = 23, .verdict = CAUSE_DISABLED_RCPT}, /* a step refused it */
                             {.address = (char[]){"bob@partner.example"}, .verdict = CAUSE_TNEF}};
    struct file_request rq = {
        .trace = SPAN_LIT("Received: by mail.chu.example\r\n"), .to = to, .n_to = 5, .mid = "0123456789abcdef"};
    struct keyd *k = keyd_new(ROLE_SMTPD);
    struct store *st = store_new(ROLE_SMTPD);
    struct file_result res;
    unsigned fds = fake->by_fd;
    struct err e;

    rq.message = message;
    assert_int_equal(file_message(k, st, &rq, &res, &e), RC_OK);
    assert_int_equal(fake->by_fd - fds, by_fd);
    assert_int_equal(fake->req.lead, sealed_once ? rq.trace.n : 0);
    assert_true(!by_fd || fake->seals == (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE));
    assert_int_equal(fake->n_objects, fake->req.len_message + fake->req.len_summary + fake->req.len_search);
    assert_int_equal(fake->req.len_message, seal_led_size(rq.trace.n + spool_size(rq.message), fake->req.lead));
    assert_true(span_find(span_of(fake->objects, fake->n_objects), SPAN_LIT("marker")) < 0);
    assert_true(fake->n_places == 2 && fake->places[0].internaldate == 1000 && fake->places[1].flags == MF_SEEN);
    check_place(0, rq.trace, rq.message);
    check_place(1, rq.trace, rq.message);
    assert_true(res.n_placed == 2 && res.placed[1].mbx == 22 && res.placed[1].uid == 2 && res.qid == 0);
    file_result_free(&res);
    spool_free(&rq.message);
    keyd_free(&k);
    store_free(&st);
}

static void filed(size_t size, bool by_fd)
{
    bool large;
    struct spool *s = put_message(spool_new_led(1u << 30), size);

    large = spool_size(s) > SPOOL_MEMORY;
    filed_from(message_of(size), by_fd, false); /* a spool that nothing is put in front of: sealed again */
    filed_from(s, by_fd, large);
}

static void test_sizes(void **state)
{
    (void)state;
    filed(0, false);
    filed(4000, false);
    filed(60000, false);
    filed(84000, false);
    filed(95000, true);
    filed(SEAL_CHUNK * 4, true);
    filed(SPOOL_MEMORY - 64, true); /* with its header: still in memory, or just not any more */
    filed(SPOOL_MEMORY - 48, true);
    filed(SPOOL_MEMORY - 32, true);
    filed(3000000, true);
}

/* ---- sealed once: docs/decisions/0041 ---- */
struct sealed { /* what stored was given */
    unsigned char oid[SEAL_OID], last[64];
    uint64_t skip;
    struct buf summary;
};

static struct sealed file_once(struct file_request *rq)
{
    struct keyd *k = keyd_new(ROLE_SMTPD);
    struct store *st = store_new(ROLE_SMTPD);
    struct sealed out = {.skip = 0};
    struct file_result res;
    struct err e;

    assert_int_equal(file_message(k, st, rq, &res, &e), RC_OK);
    check_place(0, rq->trace, rq->message);
    out.skip = fake->req.skip;
    memcpy(out.oid, fake->req.oid, SEAL_OID);
    memcpy(out.last, fake->objects + fake->req.len_message - sizeof out.last, sizeof out.last);
    assert_int_equal(fake_open(0, SEAL_SUMMARY, &out.summary, &e), RC_OK);
    file_result_free(&res);
    keyd_free(&k);
    store_free(&st);
    return out;
}

/* The chunks that waited are those that are filed; whoever files the spool again, another trace say, seals under another key and id (INV-W1). */
static void test_once_and_again(void **state)
{
    struct recipient box = {.local = true, .mbx = 21, .folder = STORE_INBOX};
    struct file_request rq = {.to = &box, .n_to = 1, .mid = "0123456789abcdef", .trace = SPAN_LIT("Received: one\r\n")};
    struct sealed first, again;

    (void)state;
    rq.message = put_message(spool_new_led(1u << 30), 400000);
    first = file_once(&rq);
    assert_true(fake->req.lead == rq.trace.n && first.skip > 0);
    rq.trace = SPAN_LIT("Received: two\r\n");
    again = file_once(&rq);
    assert_true(fake->req.lead == 0 && again.skip == 0);
    assert_memory_not_equal(first.oid, again.oid, SEAL_OID);
    assert_memory_not_equal(first.last, again.last, sizeof first.last);
    spool_free(&rq.message);
    buf_free(&first.summary);
    buf_free(&again.summary);
}

/* A trace that no lead holds, an object id of the caller's: sealed anew, and right. */
static void test_not_once(void **state)
{
    static const unsigned char oid[SEAL_OID] = "the caller's oid";
    struct recipient box = {.local = true, .mbx = 21, .folder = STORE_INBOX};
    struct file_request rq = {.to = &box, .n_to = 1, .mid = "0123456789abcdef"};
    struct buf trace = BUF_INIT;
    struct sealed s;

    (void)state;
    while (trace.n <= SEAL_LEAD_MAX)
        buf_addstr(&trace, "X-Long: 0123456789abcdef0123456789abcdef\r\n");
    rq.trace = buf_span(&trace);
    rq.message = put_message(spool_new_led(1u << 30), 400000);
    s = file_once(&rq);
    assert_int_equal(fake->req.lead, 0);
    spool_free(&rq.message);
    buf_free(&s.summary);
    rq = (struct file_request){
        .to = &box, .n_to = 1, .mid = "0123456789abcdef", .oid = oid, .trace = SPAN_LIT("Received: x\r\n")};
    rq.message = put_message(spool_new_led(1u << 30), 400000);
    s = file_once(&rq);
    assert_int_equal(fake->req.lead, 0);
    assert_memory_equal(s.oid, oid, SEAL_OID);
    spool_free(&rq.message);
    buf_free(&s.summary);
    buf_free(&trace);
}

static enum rc to_scan(void *ctx, struct span piece, struct err *e)
{
    (void)e;
    scan_feed(ctx, piece);
    return RC_OK;
}

/* With the scan that was made while octets came: the same summary as by a scan of all that is filed. */
static void test_scan_given(void **state)
{
    static const struct span traces[] = {SPAN_LIT("Received: x\r\n"), SPAN_LIT("Content-Type: text/html\r\n")};
    struct recipient box = {.local = true, .mbx = 21, .folder = STORE_INBOX};
    struct err e;

    (void)state;
    for (size_t i = 0; i < sizeof traces / sizeof *traces; i++) {
        struct file_request rq = {.to = &box, .n_to = 1, .mid = "0123456789abcdef", .trace = traces[i]};
        struct scan *scan = scan_new();
        struct sealed with, without;

        rq.message = put_message(spool_new_led(1u << 30), 300000);
        without = file_once(&rq);
        assert_int_equal(spool_each(rq.message, to_scan, scan, &e), RC_OK);
        scan_end(scan);
        rq.scan = scan;
        with = file_once(&rq);
        assert_true(span_eq(buf_span(&with.summary), buf_span(&without.summary)));
        assert_true(i > 0 || scan_size(scan) == traces[i].n + spool_size(rq.message)); /* it was not made for nothing */
        spool_free(&rq.message);
        scan_free(&scan);
        buf_free(&with.summary);
        buf_free(&without.summary);
    }
}

static void test_remote(void **state)
{
    struct recipient to[] = {{.address = (char[]){"bob@Partner.example"}, .orcpt = (char[]){"rfc822;b"}, .notify = 4},
                             {.address = (char[]){"eve@other.example"}},
                             {.address = (char[]){"bob@Partner.example"}}};
    struct file_request rq = {.to = to,
                              .n_to = 3,
                              .mid = "0123456789abcdef",
                              .sender = SPAN_LIT("ana@chu.example"),
                              .envid = SPAN_LIT("env1"),
                              .ret = 2};
    struct keyd *k = keyd_new(ROLE_SMTPD);
    struct store *st = store_new(ROLE_SMTPD);
    unsigned char cek[SEAL_CEK];
    struct buf plain = BUF_INIT;
    struct queued_envelope v;
    struct file_result res;
    struct err e;

    (void)state;
    rq.message = message_of(100);
    assert_int_equal(file_message(k, st, &rq, &res, &e), RC_OK);
    assert_true(res.qid == 77 && res.n_remotes == 2 && fake->n_remotes == 2 && fake->n_places == 0);
    assert_int_equal(seal_unwrap(fake_ekey, SEAL_QUEUE_BOX, fake->req.queue_epoch, fake->req.queue_wrap, cek, &e),
                     RC_OK);
    assert_true(span_find(span_of(fake->remotes[0], fake->remote_len[0]), SPAN_LIT("artner")) < 0);
    assert_int_equal(open_whole(cek, fake->remotes[0], SEAL_ENVELOPE,
                                span_of(fake->remotes[0] + SEAL_OID, fake->remote_len[0] - SEAL_OID), &plain, &e),
                     RC_OK);
    assert_int_equal(queued_envelope_open(buf_span(&plain), &v, &e), RC_OK);
    assert_true(span_eq_str(v.recipient, "bob@Partner.example") && span_eq_str(v.sender, "ana@chu.example") &&
                v.ret == 2);
    assert_true(span_eq_str(v.orcpt, "rfc822;b") && span_eq_str(v.envid, "env1"));
    queued_envelope_free(&v);
    for (size_t n = 0; n < plain.n; n++) /* every prefix: refused, or whole */
        assert_int_equal(queued_envelope_open(span_head(buf_span(&plain), n), &v, &e), RC_CORRUPT);
    buf_free(&plain);
    file_result_free(&res);
    spool_free(&rq.message);
    keyd_free(&k);
    store_free(&st);
}

/* The envelope of the queue's item number i, opened. */
static void item(size_t i, struct queued_envelope *v_out)
{
    unsigned char cek[SEAL_CEK];
    struct buf plain = BUF_INIT;
    struct err e;

    assert_int_equal(seal_unwrap(fake_ekey, SEAL_QUEUE_BOX, fake->req.queue_epoch, fake->req.queue_wrap, cek, &e),
                     RC_OK);
    assert_int_equal(open_whole(cek, fake->remotes[i], SEAL_ENVELOPE,
                                span_of(fake->remotes[i] + SEAL_OID, fake->remote_len[i] - SEAL_OID), &plain, &e),
                     RC_OK);
    assert_int_equal(queued_envelope_open(buf_span(&plain), v_out, &e), RC_OK);
    buf_free(&plain);
}

/* NOTIFY=SUCCESS of a mailbox here: place and report's duty in one request, for each of its names that asked. The flags say
 * what the message needs, and the caller's object id is taken. A sender <> hears of nothing. */
static void test_told(void **state)
{
    static const unsigned char oid[SEAL_OID] = "the caller's oid";
    struct recipient to[] = {
        {.local = true, .address = (char[]){"gp@chu.example"}, .mbx = 21, .folder = STORE_INBOX, .notify = 4},
        {.local = true, .address = (char[]){"alias@chu.example"}, .mbx = 21, .folder = STORE_INBOX, .notify = 2},
        {.local = true, .address = (char[]){"full@chu.example"}, .mbx = 22, .verdict = CAUSE_QUOTA, .notify = 2},
        {.address = (char[]){"eve@other.example"}, .notify = 6}};
    struct file_request rq = {.to = to,
                              .n_to = 4,
                              .mid = "0123456789abcdef",
                              .sender = SPAN_LIT("ana@chu.example"),
                              .flags = QE_REQUIRETLS,
                              .trace = SPAN_LIT("X: \xc3\xa9\r\n"),
                              .oid = oid};
    struct keyd *k = keyd_new(ROLE_SMTPD);
    struct store *st = store_new(ROLE_SMTPD);
    struct queued_envelope v;
    struct file_result res;
    struct err e;

    (void)state;
    rq.message = message_of(100);
    assert_int_equal(file_message(k, st, &rq, &res, &e), RC_OK);
    assert_true(res.n_placed == 1 && res.n_remotes == 1 && fake->n_places == 1 && fake->n_remotes == 2);
    assert_memory_equal(fake->req.oid, oid, SEAL_OID);
    assert_int_equal(fake->states[0], Q_WAITING);
    assert_int_equal(fake->states[1], Q_REPORT);
    item(1, &v);
    assert_true(span_eq_str(v.recipient, "alias@chu.example"));
    assert_int_equal(v.flags, QE_REQUIRETLS | QE_8BIT);
    queued_envelope_free(&v);
    file_result_free(&res);
    rq.sender = SPAN_NULL;
    rq.trace = SPAN_NULL;
    assert_int_equal(file_message(k, st, &rq, &res, &e), RC_OK);
    assert_int_equal(fake->n_remotes, 1);
    item(0, &v);
    assert_int_equal(v.flags, QE_REQUIRETLS);
    queued_envelope_free(&v);
    file_result_free(&res);
    spool_free(&rq.message);
    keyd_free(&k);
    store_free(&st);
}

static void test_refusals(void **state)
{
    static const enum rc answers[] = {RC_TEMP, RC_QUOTA, RC_NOTFOUND};
    struct recipient box = {.local = true, .mbx = 21, .folder = STORE_INBOX};
    struct file_request rq = {.to = &box, .n_to = 1, .mid = "0123456789abcdef"};
    struct keyd *k = keyd_new(ROLE_SMTPD);
    struct store *st = store_new(ROLE_SMTPD);
    struct file_result res = {.qid = 5};
    struct err e;

    (void)state;
    rq.message = message_of(100);
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        fake->answer = answers[i];
        assert_int_equal(file_message(k, st, &rq, &res, &e), answers[i]);
        assert_int_equal(res.qid, 5); /* untouched */
    }
    fake->answer = RC_OK;
    spool_free(&rq.message);
    keyd_free(&k);
    store_free(&st);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_sizes),          cmocka_unit_test(test_remote),
                                       cmocka_unit_test(test_told),           cmocka_unit_test(test_refusals),
                                       cmocka_unit_test(test_once_and_again), cmocka_unit_test(test_not_once),
                                       cmocka_unit_test(test_scan_given)};

    return cmocka_run_group_tests(tests, fakes_up, fakes_down);
}
