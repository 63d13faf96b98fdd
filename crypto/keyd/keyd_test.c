/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/keyd/keyd_test.c - pli-keyd as a process of its own behind its real socket and sandbox, asked through the client. */
#include "base/clock.h"
#include "base/log.h"
#include "base/wipe.h"
#include "crypto/cms/cms.h"
#include "crypto/keyd/client/client.h"
#include "crypto/keyd/people_fixture_int.h"
#include "crypto/pki/pki.h"
#include "crypto/seal/digest.h"
#include <openssl/pem.h>
#include <openssl/x509.h>

static struct keyd *imapd, *smtpd;

static int group_start(void **st)
{
    (void)st;
    admin = keyd_new(ROLE_ADMIN);
    imapd = keyd_new(ROLE_IMAPD);
    smtpd = keyd_new(ROLE_SMTPD);
    return fixture_start();
}

static int group_end(void **st)
{
    (void)st;
    keyd_free(&admin);
    keyd_free(&imapd);
    keyd_free(&smtpd);
    return fixture_end();
}

static enum rc box_open(const struct box *b, uint64_t ticket_mbx, const char *password, unsigned char priv[SEAL_PRIV])
{
    struct buf t = ticket_new(ticket_mbx, "ana@trial.test", RIGHT_READ, 60);
    enum rc rc = keyd_open_box(imapd, buf_span(&t), b->pub, buf_span(&b->slots), span_str(password), priv, &e);

    buf_free(&t);
    return rc;
}

/* ---- mailboxes ---- */

/* sealed at the door, opened by the holder: the whole way of a content key */
static void test_wrap_and_open(void **st)
{
    struct box b = box_new(16, SLOT_KEYD, NULL);
    struct keyd_box boxes[2] = {{.mbx = 16}, {.mbx = SEAL_QUEUE_BOX}};
    unsigned char cek[SEAL_CEK], priv[SEAL_PRIV], ekey[SEAL_EPOCH_KEY], got[SEAL_CEK];
    struct keyd_wrapped w[2], again[2];

    (void)st;
    memcpy(boxes[0].pub, b.pub, SEAL_PUB);
    seal_cek_new(cek);
    assert_int_equal(keyd_wrap(smtpd, cek, boxes, 2, w, &e), RC_OK);
    assert_int_equal(box_open(&b, 16, "", priv), RC_OK);
    assert_int_equal(seal_epoch_open(priv, b.pub, 16, w[0].epoch, w[0].epoch_rec, ekey, &e), RC_OK);
    assert_int_equal(seal_unwrap(ekey, 16, w[0].epoch, w[0].wrap, got, &e), RC_OK);
    assert_memory_equal(got, cek, SEAL_CEK);
    assert_int_equal(keyd_wrap(imapd, cek, boxes, 2, again, &e), RC_OK);
    assert_int_equal(again[0].epoch, w[0].epoch); /* the epoch goes on, its record is repeated */
    assert_memory_equal(again[0].epoch_rec, w[0].epoch_rec, SEAL_EPOCH_REC);
    assert_int_not_equal(w[0].epoch, w[1].epoch);
    assert_int_equal(keyd_wrap(smtpd, cek, boxes, 0, w, &e), RC_OK);
    boxes[0].mbx = 5;
    assert_int_equal(keyd_wrap(smtpd, cek, boxes, 1, w, &e), RC_PERM);
    buf_free(&b.slots);
}

static void wraps_this(const struct box *b, const unsigned char cek[SEAL_CEK], const struct keyd_wrapped *w)
{
    unsigned char priv[SEAL_PRIV], ekey[SEAL_EPOCH_KEY], got[SEAL_CEK];

    assert_int_equal(box_open(b, w->mbx, "", priv), RC_OK);
    assert_int_equal(seal_epoch_open(priv, b->pub, w->mbx, w->epoch, w->epoch_rec, ekey, &e), RC_OK);
    assert_int_equal(seal_unwrap(ekey, w->mbx, w->epoch, w->wrap, got, &e), RC_OK);
    assert_memory_equal(got, cek, SEAL_CEK);
}

/* asked ahead and taken; asked ahead and left lying: the next message's key, and any other request, get answers of their own */
static void test_wrap_ahead(void **st)
{
    struct box b = box_new(18, SLOT_KEYD, NULL);
    struct keyd_box box = {.mbx = 18};
    unsigned char cek[2][SEAL_CEK];
    struct keyd_status_rep status;
    struct buf mem = BUF_INIT;
    struct keyd_wrapped w;

    (void)st;
    memcpy(box.pub, b.pub, SEAL_PUB);
    for (int i = 0; i < 2; i++)
        seal_cek_new(cek[i]);
    for (int i = 0; i < 4; i++) {
        keyd_wrap_ahead(smtpd, cek[i & 1], &box, 1);
        assert_int_equal(keyd_wrap(smtpd, cek[i & 1], &box, 1, &w, &e), RC_OK);
        wraps_this(&b, cek[i & 1], &w);
    }
    keyd_wrap_ahead(smtpd, cek[0], &box, 1);
    assert_int_equal(keyd_wrap(smtpd, cek[1], &box, 1, &w, &e), RC_OK);
    wraps_this(&b, cek[1], &w);
    keyd_wrap_ahead(smtpd, cek[0], &box, 1);
    keyd_wrap_ahead(smtpd, cek[1], &box, 1);
    assert_int_equal(keyd_wrap(smtpd, cek[1], &box, 1, &w, &e), RC_OK);
    wraps_this(&b, cek[1], &w);
    keyd_wrap_ahead(admin, cek[0], &box, 1);
    assert_int_equal(keyd_status(admin, &status, &mem, &e), RC_OK);
    buf_free(&mem);
    keyd_wrap_ahead(smtpd, cek[0], &box, 1);
    keyd_rest(smtpd);
    assert_int_equal(keyd_wrap(smtpd, cek[0], &box, 1, &w, &e), RC_OK);
    wraps_this(&b, cek[0], &w);
    buf_free(&b.slots);
}

/* an epoch ends after its share of wraps; another key named for the mailbox has an epoch of its own */
static void test_epoch_ends(void **st)
{
    struct box b = box_new(17, SLOT_KEYD, NULL), other = box_new(17, SLOT_KEYD, NULL);
    struct keyd_box box = {.mbx = 17};
    unsigned char cek[SEAL_CEK];
    struct keyd_wrapped w, first;
    unsigned changes = 0;

    (void)st;
    seal_cek_new(cek);
    memcpy(box.pub, b.pub, SEAL_PUB);
    assert_int_equal(keyd_wrap(smtpd, cek, &box, 1, &first, &e), RC_OK);
    memcpy(box.pub, other.pub, SEAL_PUB);
    assert_int_equal(keyd_wrap(smtpd, cek, &box, 1, &w, &e), RC_OK);
    assert_int_not_equal(w.epoch, first.epoch);
    memcpy(box.pub, b.pub, SEAL_PUB);
    for (uint64_t last = first.epoch, i = 0; i < 250; i++, last = w.epoch) {
        assert_int_equal(keyd_wrap(smtpd, cek, &box, 1, &w, &e), RC_OK);
        changes += w.epoch != last;
    }
    assert_int_equal(changes, 2);
    buf_free(&b.slots);
    buf_free(&other.slots);
}

static void test_many_boxes(void **st)
{
    enum { N = 1100 }; /* three requests */
    struct keyd_box *boxes = calloc(N, sizeof *boxes);
    struct keyd_wrapped *w = calloc(N, sizeof *w);
    struct box b = box_new(100, SLOT_KEYD, NULL);
    unsigned char cek[SEAL_CEK];

    (void)st;
    seal_cek_new(cek);
    for (size_t i = 0; i < N; i++) {
        boxes[i].mbx = 100 + i % 50;
        memcpy(boxes[i].pub, b.pub, SEAL_PUB);
    }
    assert_int_equal(keyd_wrap(smtpd, cek, boxes, N, w, &e), RC_OK);
    for (size_t i = 0; i < N; i++)
        assert_int_equal(w[i].mbx, boxes[i].mbx);
    free(boxes);
    free(w);
    buf_free(&b.slots);
}

static void test_open_refusals(void **st)
{
    struct box b = box_new(18, SLOT_KEYD, NULL);
    unsigned char priv[SEAL_PRIV];
    struct buf t;

    (void)st;
    assert_int_equal(box_open(&b, 18, "", priv), RC_OK);
    assert_int_equal(box_open(&b, 19, "", priv), RC_CORRUPT); /* a ticket for another mailbox opens nothing here */
    t = ticket_new(18, "ana@trial.test", RIGHT_READ, -1);
    assert_int_equal(keyd_open_box(imapd, buf_span(&t), b.pub, buf_span(&b.slots), SPAN_NULL, priv, &e), RC_DENIED);
    buf_free(&t);
    t = ticket_new(18, "ana@trial.test", RIGHT_SUBMIT, 60);
    assert_int_equal(keyd_open_box(imapd, buf_span(&t), b.pub, buf_span(&b.slots), SPAN_NULL, priv, &e), RC_DENIED);
    assert_int_equal(keyd_open_box(smtpd, buf_span(&t), b.pub, buf_span(&b.slots), SPAN_NULL, priv, &e),
                     RC_DENIED); /* not for smtpd */
    t.p[10] ^= 1;
    assert_int_equal(keyd_open_box(imapd, buf_span(&t), b.pub, buf_span(&b.slots), SPAN_NULL, priv, &e), RC_DENIED);
    buf_free(&t);
    buf_free(&b.slots);
}

static void test_strict(void **st)
{
    struct box b = box_new(20, SLOT_PASSWORD, "cigogne");
    unsigned char priv[SEAL_PRIV], second[SEAL_PRIV];
    struct keyd_rewrap_req rq = {
        .mbx = 20, .slots = buf_span(&b.slots), .old_password = SPAN_LIT("wrong"), .new_password = SPAN_LIT("heron")};
    struct buf slots = BUF_INIT;

    (void)st;
    memcpy(rq.pub, b.pub, SEAL_PUB);
    assert_int_equal(box_open(&b, 20, "cigogne", priv), RC_OK);
    for (int i = 0; i < 70; i++) /* remembered: as slow hashes these would be more than a minute's share */
        assert_int_equal(box_open(&b, 20, "cigogne", second), RC_OK);
    assert_memory_equal(priv, second, SEAL_PRIV);
    assert_int_equal(box_open(&b, 20, "cigognf", second), RC_DENIED);
    assert_int_equal(e.cause, CAUSE_STRICT_PASSWORD);
    assert_int_equal(keyd_rewrap(admin, &rq, &slots, &e), RC_DENIED);
    assert_int_equal(slots.n, 0);
    rq.old_password = SPAN_LIT("cigogne");
    assert_int_equal(keyd_rewrap(admin, &rq, &slots, &e), RC_OK);
    buf_free(&b.slots);
    b.slots = slots;
    assert_int_equal(box_open(&b, 20, "heron", second), RC_OK);
    assert_memory_equal(priv, second, SEAL_PRIV);
    assert_int_equal(box_open(&b, 20, "cigogne", second), RC_DENIED);
    buf_free(&b.slots);
}

/* a session that was taken over can not try passwords for ever */
static void test_guesses(void **st)
{
    struct box b = box_new(23, SLOT_PASSWORD, "cigogne");
    unsigned char priv[SEAL_PRIV];
    unsigned tried = 0;
    char guess[16];
    enum rc rc;

    (void)st;
    do {
        snprintf(guess, sizeof guess, "guess %u", ++tried);
        rc = box_open(&b, 23, guess, priv);
    } while (rc == RC_DENIED && tried < 100);
    assert_int_equal(rc, RC_TEMP);
    assert_int_equal(e.cause, CAUSE_TOO_MANY_OPERATIONS);
    assert_in_range(tried, 31, 62); /* the minute may turn once */
    buf_free(&b.slots);
}

static void test_rewrap_without_password_slot(void **st)
{
    struct box b = box_new(21, SLOT_KEYD, NULL);
    struct keyd_rewrap_req rq = {.mbx = 21, .slots = buf_span(&b.slots)};
    struct buf slots = BUF_INIT;

    (void)st;
    memcpy(rq.pub, b.pub, SEAL_PUB);
    assert_int_equal(keyd_rewrap(admin, &rq, &slots, &e), RC_OK);
    assert_true(span_eq(buf_span(&slots), buf_span(&b.slots)));
    assert_int_equal(keyd_box_new(admin, 22, SLOT_PASSWORD, SPAN_NULL, b.pub, &slots, &e), RC_PERM);
    assert_int_equal(keyd_box_new(admin, 22, SLOT_DELEGATE, SPAN_LIT("x"), b.pub, &slots, &e), RC_PERM);
    buf_free(&slots);
    buf_free(&b.slots);
}

/* ---- signatures ---- */

static enum rc once_read(void *ctx, struct span *piece, struct err *err)
{
    bool *done = ctx;

    if (*done)
        return err_set(err, RC_NOTFOUND, "end");
    *done = true;
    *piece = SPAN_LIT("Bonjour\r\n");
    return RC_OK;
}

static void test_sign(void **st)
{
    (void)st;
    for (uint8_t alg = 1; alg <= 2; alg++) {
        struct account a = account_new("ana@trial.test", alg);
        struct cms_anchors *anchors = NULL;
        struct buf cms = BUF_INIT;
        struct cms_verdict v;
        unsigned char md[DIGEST_LEN];
        bool done = false;

        digest_of(SPAN_LIT("Bonjour\r\n"), md);
        assert_int_equal(cms_anchors_load("ca.pem", &anchors, &e), RC_OK);
        for (int i = 0; i < 3; i++) { /* the signer is kept */
            buf_clear(&cms);
            assert_int_equal(keyd_sign_mail(smtpd, buf_span(&a.ticket), buf_span(&a.slot), md,
                                            i == 1 ? clock_utc() : CMS_NO_TIME, &cms, &e),
                             RC_OK); /* with a time and without */
        }
        assert_int_equal(
            cms_verify(buf_span(&cms), once_read, &done, &(const struct cms_trust){.anchors = anchors}, &v, &e), RC_OK);
        assert_true(v.valid && v.trusted);
        assert_string_equal(v.mails[0], "ana@trial.test");
        cms_anchors_free(&anchors);
        buf_free(&cms);
        account_free(&a);
    }
}

static void test_sign_refusals(void **st)
{
    struct account a = account_new("ana@trial.test", 2), b = account_new("bob@trial.test", 2);
    struct buf cms = BUF_INIT, reader = ticket_new(30, "ana@trial.test", RIGHT_READ, 60);
    unsigned char md[DIGEST_LEN] = {0};
    int64_t now = clock_utc();
    unsigned given = 0;

    (void)st;
    assert_int_equal(keyd_sign_mail(smtpd, buf_span(&a.ticket), buf_span(&b.slot), md, now, &cms, &e),
                     RC_CORRUPT); /* bob's key */
    assert_int_equal(keyd_sign_mail(smtpd, buf_span(&reader), buf_span(&a.slot), md, now, &cms, &e), RC_DENIED);
    assert_int_equal(keyd_sign_mail(smtpd, buf_span(&a.ticket), SPAN_NULL, md, now, &cms, &e), RC_NOTFOUND);
    assert_int_equal(keyd_sign_mail(smtpd, buf_span(&a.ticket), buf_span(&a.slot), md, now + 86400, &cms, &e), RC_PERM);
    assert_int_equal(keyd_sign_mail(smtpd, buf_span(&a.ticket), buf_span(&a.slot), md, 1, &cms, &e), RC_PERM);
    assert_int_equal(keyd_sign_mail(imapd, buf_span(&a.ticket), buf_span(&a.slot), md, now, &cms, &e), RC_DENIED);
    assert_int_equal(cms.n, 0);
    for (int i = 0; i < 110; i++) { /* the limit is 50 a minute; the minute may turn once */
        buf_clear(&cms);
        given += keyd_sign_mail(smtpd, buf_span(&b.ticket), buf_span(&b.slot), md, now, &cms, &e) == RC_OK;
    }
    assert_in_range(given, 50, 100);
    buf_free(&cms);
    buf_free(&reader);
    account_free(&a);
    account_free(&b);
}

static void test_issue_operator(void **st)
{
    struct keyd_issue_req rq = {.use = KEYD_ISSUE_OPERATOR, .name = SPAN_LIT("load.test")};
    struct buf cert = BUF_INIT, slot = BUF_INIT, key = BUF_INIT, der = BUF_INIT;

    (void)st;
    assert_int_equal(keyd_issue_trial(admin, &rq, &cert, &slot, &key, &e), RC_OK);
    assert_int_equal(slot.n, 0);
    assert_int_equal(pki_unpem("PRIVATE KEY", buf_span(&key), &der, &e), RC_OK);
    assert_int_equal(pki_match(buf_span(&der), buf_span(&cert), &e), RC_OK);
    rq.name = SPAN_NULL;
    assert_int_equal(keyd_issue_trial(admin, &rq, &cert, &slot, &key, &e), RC_PERM);
    rq.name = SPAN_LIT("load.test");
    assert_int_equal(keyd_issue_trial(smtpd, &rq, &cert, &slot, &key, &e), RC_DENIED);
    buf_free(&cert);
    buf_free(&slot);
    buf_free(&key);
    buf_free(&der);
}

/* ---- TLS ---- */

/* As sessions name the key of a certificate. */
static void shown(const char *pem, unsigned char out[KEYD_SHOWN])
{
    FILE *f = fopen(pem, "re");
    X509 *x = PEM_read_X509(f, NULL, NULL, NULL);
    unsigned char *spki = NULL;
    int n = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x), &spki);

    assert_true(n > 0);
    digest_of(span_of(spki, (size_t)n), out);
    OPENSSL_free(spki);
    X509_free(x);
    fclose(f);
}

static void test_tls_purpose(void **st)
{
    static const unsigned char hash[64] = "hash of a handshake";
    static const struct {
        size_t n;
        uint8_t key;
        uint16_t scheme;
        enum rc rc;
    } t[] = {
        {32, 1, 0x0804, RC_OK},     {48, 1, 0x0805, RC_OK},     {64, 1, 0x0806, RC_OK},     {32, 1, 0x0401, RC_OK},
        {48, 1, 0x0501, RC_OK},     {32, 2, 0x0403, RC_OK},     {48, 2, 0x0503, RC_OK},     {32, 1, 0x0403, RC_DENIED},
        {32, 2, 0x0804, RC_DENIED}, {32, 9, 0x0804, RC_DENIED}, {32, 0, 0x0804, RC_DENIED}, {48, 1, 0x0804, RC_DENIED},
        {31, 1, 0x0401, RC_DENIED}, {0, 2, 0x0403, RC_DENIED},  {20, 1, 0x0201, RC_DENIED}, {32, 1, 0x0809, RC_DENIED},
    };
    unsigned char of[10][KEYD_SHOWN] = {{0}};
    unsigned given = 0;

    (void)st;
    shown("tls/server.pem", of[1]);
    shown("tls/server-ec.pem", of[2]);
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        struct keyd_tls_req rq = {t[i].key, span_of(of[t[i].key], KEYD_SHOWN), t[i].scheme, span_of(hash, t[i].n)};
        struct buf sig = BUF_INIT;
        enum rc rc = keyd_tls_sign(smtpd, &rq, &sig, &e);

        if (rc != t[i].rc || (rc == RC_OK) != (sig.n > 0))
            fail_msg("row %zu: %s", i, rc_name(rc));
        assert_int_equal(keyd_tls_sign(admin, &rq, &sig, &e), RC_DENIED);
        buf_free(&sig);
    }
    for (int i = 0; i < 80; i++) { /* one process: 30 a minute, which may turn once */
        struct keyd_tls_req rq = {2, span_of(of[2], KEYD_SHOWN), 0x0403, span_of(hash, 32)};
        struct buf sig = BUF_INIT;

        given += keyd_tls_sign(i % 2 ? imapd : smtpd, &rq, &sig, &e) == RC_OK;
        buf_free(&sig);
    }
    assert_in_range(given, 23, 53);
}

/* ---- status, restart ---- */

static void test_status(void **st)
{
    struct keyd_status_rep rep, later;
    struct buf mem = BUF_INIT, later_mem = BUF_INIT;
    unsigned char pub[SEAL_PUB];

    (void)st;
    assert_int_equal(keyd_status(admin, &rep, &mem, &e), RC_OK);
    assert_int_equal(rep.queue_pub.n, SEAL_PUB);
    memcpy(pub, rep.queue_pub.p, SEAL_PUB);
    assert_int_equal(keyd_status(admin, &later, &later_mem, &e), RC_OK);
    keyd_rest(admin); /* the first answer is as it was */
    assert_memory_equal(rep.queue_pub.p, pub, SEAL_PUB);
    assert_true(rep.wraps >= 1100 && rep.opens > 3 && rep.signatures >= 50 && rep.tls > 5 && rep.denied > 10 &&
                rep.epochs > 50);
    assert_int_equal(keyd_status(imapd, &rep, &mem, &e), RC_DENIED);
    buf_free(&mem);
    buf_free(&later_mem);
}

/* killed and started again: the same client asks on, and what was sealed opens */
static void test_restart(void **st)
{
    struct box b = box_new(40, SLOT_KEYD, NULL);
    unsigned char priv[SEAL_PRIV], again[SEAL_PRIV];

    (void)st;
    assert_int_equal(box_open(&b, 40, "", priv), RC_OK);
    keyd_end(SIGKILL);
    assert_int_not_equal(box_open(&b, 40, "", again), RC_OK);
    keyd_start();
    assert_int_equal(box_open(&b, 40, "", again), RC_OK);
    assert_memory_equal(priv, again, SEAL_PRIV);
    buf_free(&b.slots);
}

/* no secret and no password is ever in the log */
static void test_log_is_clean(void **st)
{
    (void)st;
    assert_int_not_equal(system("grep -q -e cigogne -e heron keyd.log"), 0);
    assert_int_equal(system("grep -q 'open-box address=ana@trial.test' keyd.log || grep -q 'ev=open-box ' keyd.log"),
                     0);
}

int main(void)
{
    const struct CMUnitTest t[] = {
        cmocka_unit_test(test_wrap_and_open),  cmocka_unit_test(test_wrap_ahead),
        cmocka_unit_test(test_epoch_ends),     cmocka_unit_test(test_many_boxes),
        cmocka_unit_test(test_open_refusals),  cmocka_unit_test(test_strict),
        cmocka_unit_test(test_guesses),        cmocka_unit_test(test_rewrap_without_password_slot),
        cmocka_unit_test(test_sign),           cmocka_unit_test(test_sign_refusals),
        cmocka_unit_test(test_issue_operator), cmocka_unit_test(test_tls_purpose),
        cmocka_unit_test(test_status),         cmocka_unit_test(test_restart),
        cmocka_unit_test(test_log_is_clean),
    };
    log_open("keyd_test", LOG_ERROR_);
    return cmocka_run_group_tests_name("keyd", t, group_start, group_end);
}
