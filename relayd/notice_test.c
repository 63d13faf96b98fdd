/* SPDX-License-Identifier: EUPL-1.2 */
/* relayd/notice_test.c - who is told of what, under which object id; an original that does not open; a stored that has the report already. The daemons
 * are stand-ins that keep what they are asked, so that a crash between "filed" and "written down" can be made: the second call. */
#include "flow/fake_test.h"
#include "proto/smtp/param.h"
#include "relayd/notice.h"
#include <setjmp.h>
#include <stdarg.h>
/* last, as it asks */
#include <cmocka.h>

static const unsigned char cek[SEAL_CEK] = {7}, oid[SEAL_OID] = "the original oid";
static const char letter[] = "From: gp@a.test\r\nMessage-ID: <o@a.test>\r\n\r\nBonjour.\r\n";
enum { DAMAGED_QID = 13 };

static enum rc queue_open(void *d, struct ipc_peer *p, const void *req, int fd, struct ipc_reply *r, struct err *e)
{
    struct keyd_queue_rep *rep = r->msg;

    (void)d, (void)p, (void)req, (void)fd, (void)e;
    rep->what = KEYD_QUEUE_CEK;
    memcpy(rep->key, cek, SEAL_CEK);
    return RC_OK;
}

static enum rc queue_read(void *d, struct ipc_peer *p, const void *req, int fd, struct ipc_reply *r, struct err *e)
{
    const struct store_queue_read_req *q = req;
    struct store_read_rep *rep = r->msg;
    enum rc rc = seal_whole(cek, oid, SEAL_MESSAGE, SPAN_LIT(letter), r->scratch, e);

    (void)d, (void)p, (void)fd;
    if (q->qid == DAMAGED_QID)
        r->scratch->p[9] ^= 1;
    rep->chunks = buf_span(r->scratch);
    rep->count = 1;
    return rc;
}

static enum rc lookup(void *d, struct ipc_peer *p, const void *req, int fd, struct ipc_reply *r, struct err *e)
{
    const struct dird_lookup_req *q = req;
    struct dird_lookup_rep *rep = r->msg;

    (void)d, (void)p, (void)fd;
    if (span_eq_str(q->address, "slow@a.test"))
        return err_set(e, RC_TEMP, "directory away");
    rep->kind = span_eq_str(q->address, "gp@a.test")       ? DK_MAILBOX
                : span_eq_str(q->address, "gone@a.test")   ? DK_UNKNOWN
                : span_eq_str(q->address, "closed@a.test") ? DK_CLOSED
                : span_eq_str(q->address, "purged@a.test") ? DK_CLOSED
                                                           : DK_NOT_LOCAL;
    rep->mbx = span_eq_str(q->address, "purged@a.test") ? 0 : 21;
    return RC_OK;
}

static enum rc trust(void *d, struct ipc_peer *p, const void *req, int fd, struct ipc_reply *r, struct err *e)
{
    const struct dird_trust_req *q = req;

    (void)d, (void)p, (void)fd, (void)e;
    ((struct dird_trust_rep *)r->msg)->trusted = span_eq_str(q->domain, "b.test") ? DTR_YES : DTR_UNKNOWN_DOMAIN;
    return RC_OK;
}

static int up(void **state)
{
    (void)state;
    log_open("notice-test", LOG_ERROR_ + 1);
    fake = mmap(NULL, sizeof *fake, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (fake == MAP_FAILED || !mkdtemp(fake_dir) || chdir(fake_dir) != 0)
        return -1;
    fake_start("keyd.sock", &keyd_proto,
               (const struct ipc_bind[]){{KEYD_WRAP, fake_wrap}, {KEYD_QUEUE_OPEN, queue_open}, {0, NULL}});
    fake_start("stored.sock", &stored_proto,
               (const struct ipc_bind[]){{STORE_DELIVER, fake_deliver},
                                         {STORE_DELIVER_FD, fake_deliver},
                                         {STORE_QUEUE_READ, queue_read},
                                         {0, NULL}});
    fake_start("dird.sock", &dird_proto,
               (const struct ipc_bind[]){{DIRD_LOOKUP, lookup}, {DIRD_TRUST, trust}, {0, NULL}});
    return 0;
}

/* ---- one call ---- */
static struct notices with;
static struct queued_envelope envelope;
static struct store_queue_item items[2];
static struct notice_recipient rcpts[2];

static void about(const char *sender, uint64_t qid, uint16_t first, uint16_t second)
{
    envelope = (struct queued_envelope){.sender = span_str(sender), .recipient = SPAN_LIT("x@b.test"), .ret = RET_HDRS};
    for (uint32_t i = 0; i < 2; i++) {
        items[i] = (struct store_queue_item){.qid = qid,
                                             .rcpt = i,
                                             .notify = i ? second : first,
                                             .size = sizeof letter - 1,
                                             .mid = SPAN_LIT("0123456789abcdef")};
        memcpy(items[i].oid, oid, SEAL_OID);
        rcpts[i] = (struct notice_recipient){
            .item = &items[i], .envelope = &envelope, .code = 550, .esc = SPAN_LIT("5.1.1"), .text = SPAN_LIT("no")};
    }
    fake->deliveries = 0;
    fake->answer = RC_OK;
}

static enum rc file(enum notice_kind kind, size_t n, bool *filed)
{
    struct err e;

    return notice_file(&with, kind, rcpts, n, filed, &e);
}

/* How many reports that call filed: none or one. */
static unsigned told(enum notice_kind kind, size_t n)
{
    bool filed;

    fake->deliveries = 0;
    assert_int_equal(file(kind, n, &filed), RC_OK);
    assert_int_equal(filed, fake->deliveries == 1);
    return fake->deliveries;
}

static void test_whom(void **state)
{
    (void)state;
    about("gp@a.test", 1, 0, 0);
    assert_int_equal(told(NOTICE_FAILED, 1), 1);
    assert_true(fake->n_places == 1 && fake->places[0].mbx == 21 && fake->n_remotes == 0);
    about("x@b.test", 1, 0, 0); /* elsewhere: through the queue, to be sent */
    assert_int_equal(told(NOTICE_FAILED, 1), 1);
    assert_true(fake->n_places == 0 && fake->n_remotes == 1 && fake->states[0] == Q_WAITING);
    about("", 1, 0, 0);
    assert_int_equal(told(NOTICE_FAILED, 1), 0);
    about("gone@a.test", 1, 0, 0);
    assert_int_equal(told(NOTICE_FAILED, 1), 0);
    about("closed@a.test", 1, 0, 0); /* its mail is kept, this too */
    assert_int_equal(told(NOTICE_FAILED, 1), 1);
    about("purged@a.test", 1, 0, 0);
    assert_int_equal(told(NOTICE_FAILED, 1), 0);
    about("x@left.test", 1, 0, 0);
    assert_int_equal(told(NOTICE_FAILED, 1), 0);
    about("gp@a.test", 1, NOTIFY_NEVER, NOTIFY_SUCCESS);
    assert_int_equal(told(NOTICE_FAILED, 2), 0);
    assert_int_equal(told(NOTICE_RELAYED, 2), 1);
    about("gp@a.test", 1, QUEUE_WARNED, NOTIFY_DELAY | QUEUE_WARNED);
    assert_int_equal(told(NOTICE_DELAYED, 2), 0);
    about("gp@a.test", 1, QUEUE_WARNED, NOTIFY_DELAY);
    assert_int_equal(told(NOTICE_DELAYED, 2), 1);
}

static void last_oid(unsigned char out[SEAL_OID])
{
    memcpy(out, fake->req.oid, SEAL_OID);
}

/* The same entries and kind, in whatever order: the same id. Anything else: another. A stored that has it already is content. */
static void test_once(void **state)
{
    unsigned char first[SEAL_OID], next[SEAL_OID];
    struct notice_recipient swap;
    bool filed;

    (void)state;
    about("gp@a.test", 5, 0, 0);
    assert_int_equal(told(NOTICE_FAILED, 2), 1);
    last_oid(first);
    swap = rcpts[0], rcpts[0] = rcpts[1], rcpts[1] = swap;
    assert_int_equal(told(NOTICE_FAILED, 2), 1);
    last_oid(next);
    assert_memory_equal(first, next, SEAL_OID);
    assert_int_equal(told(NOTICE_FAILED, 1), 1);
    last_oid(next);
    assert_memory_not_equal(first, next, SEAL_OID);
    assert_int_equal(told(NOTICE_DELAYED, 2), 1);
    last_oid(next);
    assert_memory_not_equal(first, next, SEAL_OID);
    fake->answer = RC_EXISTS; /* filed, and then the process was killed */
    assert_int_equal(file(NOTICE_FAILED, 2, &filed), RC_OK);
    assert_true(filed);
}

static void test_later(void **state)
{
    bool filed;

    (void)state;
    about("gp@a.test", 6, 0, 0);
    fake->answer = RC_TEMP;
    assert_int_equal(file(NOTICE_FAILED, 1, &filed), RC_TEMP);
    about("slow@a.test", 6, 0, 0);
    assert_int_equal(file(NOTICE_FAILED, 1, &filed), RC_TEMP);
    about("gp@a.test", 6, 0, 0);
    fake->answer = RC_NOTFOUND; /* the mailbox was deleted just now */
    assert_int_equal(file(NOTICE_FAILED, 1, &filed), RC_OK);
    assert_false(filed);
}

/* The sender hears of the failure though his message's octets are damaged. */
static void test_damaged(void **state)
{
    struct buf octets = BUF_INIT;
    struct err e;

    (void)state;
    about("gp@a.test", 7, 0, 0);
    assert_int_equal(told(NOTICE_FAILED, 1), 1);
    assert_int_equal(fake_open(0, SEAL_MESSAGE, &octets, &e), RC_OK);
    assert_true(span_find(buf_span(&octets), SPAN_LIT("In-Reply-To: <o@a.test>")) > 0);
    assert_true(span_find(buf_span(&octets), SPAN_LIT("Bonjour")) < 0);
    about("gp@a.test", DAMAGED_QID, 0, 0);
    assert_int_equal(told(NOTICE_FAILED, 1), 1);
    buf_clear(&octets);
    assert_int_equal(fake_open(0, SEAL_MESSAGE, &octets, &e), RC_OK);
    assert_true(span_find(buf_span(&octets), SPAN_LIT("In-Reply-To")) < 0);
    assert_true(span_find(buf_span(&octets), SPAN_LIT("Diagnostic-Code: smtp; 550 5.1.1 no\r\n")) > 0);
    buf_free(&octets);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_whom), cmocka_unit_test(test_once),
                                       cmocka_unit_test(test_later), cmocka_unit_test(test_damaged)};
    int failed;

    if (up(NULL) != 0)
        return 1;
    with = (struct notices){
        keyd_new(ROLE_RELAYD), store_new(ROLE_RELAYD), dir_new(ROLE_RELAYD), "mail.a.test", "a.test", 1000};
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    keyd_free(&with.keyd);
    store_free(&with.store);
    dir_free(&with.dir);
    return fakes_down(NULL) != 0 || failed;
}
