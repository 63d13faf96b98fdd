/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/keyd/keyd_test.c - pli-keyd as a process of its own behind its real socket and sandbox, asked through the client. */
#include "base/clock.h"
#include "base/log.h"
#include "base/wipe.h"
#include "crypto/cms/cms.h"
#include "crypto/keyd/client/client.h"
#include "crypto/keyd/keyd_int.h"
#include "crypto/pki/pki.h"
#include "crypto/seal/digest.h"
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

static struct err e;
static char dir[] = "/tmp/keyd_test.XXXXXX", start_dir[4096];
static unsigned char seed[TICKET_KEY], ticket_pub[TICKET_KEY];
static pid_t keyd_pid;
static struct keyd *admin, *imapd, *smtpd, *relayd;

/* ---- a keyd ---- */

static int memfd_of(const void *p, size_t n)
{
    int fd = memfd_create("key", 0);

    assert_true(fd >= 0 && write(fd, p, n) == (ssize_t)n);
    return fd;
}

static void keyd_start(void)
{
    struct boot *b = boot_new();
    int ipc = ipc_listen("keyd.sock", &e), ticket = memfd_of(ticket_pub, TICKET_KEY);
    char fd[16];

    assert_true(ipc >= 0);
    boot_set(b, "instance", dir);
    boot_set(b, "run", dir);
    boot_set(b, "keyd.signatures_per_minute", "50");
    boot_set(b, "keyd.epoch_messages", "100");
    boot_give(b, "ipc", ipc);
    boot_give(b, "ticket.key", ticket);
    snprintf(fd, sizeof fd, "%d", boot_memfd(b));
    fflush(NULL);
    keyd_pid = fork();
    if (keyd_pid == 0) {
        int log = open("keyd.log", O_WRONLY | O_CREAT | O_APPEND, 0600);

        dup2(log, 2);
        setenv("PLI_BOOT", fd, 1);
        _exit(keyd_main());
    }
    close(ipc);
    close(ticket);
    boot_free(&b);
}

static int keyd_end(int sig)
{
    int status = -1;

    kill(keyd_pid, sig);
    while (waitpid(keyd_pid, &status, 0) < 0 && errno == EINTR)
        continue;
    return status;
}

static int group_start(void **st)
{
    struct keyring_spec spec = {dir, "trial.test", "mail.trial.test"};

    (void)st;
    signal(SIGPIPE, SIG_IGN);
    if (getcwd(start_dir, sizeof start_dir) == NULL || mkdtemp(dir) == NULL || chdir(dir) != 0)
        return -1;
    if (keyring_create(&spec, &e) != RC_OK || ticket_keys_new(seed, ticket_pub, &e) != RC_OK)
        return -1;
    keyd_start();
    admin = keyd_new(ROLE_ADMIN);
    imapd = keyd_new(ROLE_IMAPD);
    smtpd = keyd_new(ROLE_SMTPD);
    relayd = keyd_new(ROLE_RELAYD);
    return 0;
}

static int group_end(void **st)
{
    char cmd[64];
    int status = keyd_end(SIGTERM);

    (void)st;
    keyd_free(&admin);
    keyd_free(&imapd);
    keyd_free(&smtpd);
    keyd_free(&relayd);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        fprintf(stderr, "keyd ended with %#x\n", status);
        (void)!system("cat keyd.log >&2");
        return -1;
    }
    snprintf(cmd, sizeof cmd, "rm -r %s", dir);
    return chdir(start_dir) == 0 ? system(cmd) : -1;
}

static struct buf ticket_new(uint64_t mbx, const char *address, uint32_t rights, int64_t life)
{
    struct ticket t = {.method = METHOD_PASSWORD, .rights = rights, .mbx = mbx, .issued = (uint64_t)clock_utc(),
                       .expires = (uint64_t)(clock_utc() + life)};
    struct buf b = BUF_INIT;

    snprintf(t.address, sizeof t.address, "%s", address);
    snprintf(t.actor, sizeof t.actor, "%s", address);
    assert_int_equal(ticket_sign(&t, seed, &b, &e), RC_OK);
    return b;
}

struct box {
    uint64_t mbx;
    unsigned char pub[SEAL_PUB];
    struct buf slots;
};

static struct box box_new(uint64_t mbx, enum slot_type t, const char *password)
{
    struct box b = {.mbx = mbx};

    assert_int_equal(keyd_box_new(admin, mbx, t, span_str(password), b.pub, &b.slots, &e), RC_OK);
    return b;
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
    unsigned char priv[SEAL_PRIV], forged_seed[TICKET_KEY], unused[TICKET_KEY];
    struct buf t;

    (void)st;
    assert_int_equal(box_open(&b, 18, "", priv), RC_OK);
    assert_int_equal(box_open(&b, 19, "", priv), RC_CORRUPT); /* a ticket for another mailbox opens nothing here */
    t = ticket_new(18, "ana@trial.test", RIGHT_READ, -1);
    assert_int_equal(keyd_open_box(imapd, buf_span(&t), b.pub, buf_span(&b.slots), SPAN_NULL, priv, &e), RC_DENIED);
    buf_free(&t);
    t = ticket_new(18, "ana@trial.test", RIGHT_SUBMIT, 60);
    assert_int_equal(keyd_open_box(imapd, buf_span(&t), b.pub, buf_span(&b.slots), SPAN_NULL, priv, &e), RC_DENIED);
    assert_int_equal(keyd_open_box(smtpd, buf_span(&t), b.pub, buf_span(&b.slots), SPAN_NULL, priv, &e), RC_DENIED); /* not for smtpd */
    t.p[10] ^= 1;
    assert_int_equal(keyd_open_box(imapd, buf_span(&t), b.pub, buf_span(&b.slots), SPAN_NULL, priv, &e), RC_DENIED);
    buf_free(&t);
    memcpy(unused, seed, sizeof seed);
    assert_int_equal(ticket_keys_new(forged_seed, seed, &e), RC_OK);
    memcpy(seed, forged_seed, sizeof seed);
    assert_int_equal(box_open(&b, 18, "", priv), RC_DENIED);
    memcpy(seed, unused, sizeof seed);
    buf_free(&b.slots);
}

static void test_strict(void **st)
{
    struct box b = box_new(20, SLOT_PASSWORD, "cigogne");
    unsigned char priv[SEAL_PRIV], second[SEAL_PRIV];
    struct keyd_rewrap_req rq = {.mbx = 20, .slots = buf_span(&b.slots), .old_password = SPAN_LIT("wrong"), .new_password = SPAN_LIT("heron")};
    struct buf slots = BUF_INIT;
    int64_t before;

    (void)st;
    memcpy(rq.pub, b.pub, SEAL_PUB);
    assert_int_equal(box_open(&b, 20, "cigogne", priv), RC_OK);
    before = clock_mono();
    assert_int_equal(box_open(&b, 20, "cigogne", second), RC_OK);
    assert_true(clock_mono() - before < 20 * 1000000); /* remembered: no slow hash */
    assert_memory_equal(priv, second, SEAL_PRIV);
    assert_int_equal(box_open(&b, 20, "cigognf", second), RC_DENIED);
    assert_string_equal(e.esc, "5.7.8");
    assert_non_null(strstr(e.say, "Strict mailbox"));
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

struct account {
    struct buf cert, slot, ticket;
};

static struct account account_new(const char *address, uint8_t algorithm)
{
    struct account a = {BUF_INIT, BUF_INIT, ticket_new(30, address, RIGHT_SUBMIT, 60)};
    struct keyd_issue_req rq = {.use = KEYD_ISSUE_SMIME, .algorithm = algorithm, .name = span_str(address), .cn = SPAN_LIT("Dr Anaïs Müller")};

    assert_int_equal(keyd_issue_trial(admin, &rq, &a.cert, &a.slot, NULL, &e), RC_OK);
    return a;
}

static void account_free(struct account *a)
{
    buf_free(&a->cert);
    buf_free(&a->slot);
    buf_free(&a->ticket);
}

static enum rc once_read(void *ctx, struct span *piece, struct err *err)
{
    bool *done = ctx;

    if (*done)
        return err_set(err, RC_NOTFOUND, NULL, NULL, "end");
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
            assert_int_equal(keyd_sign_mail(smtpd, buf_span(&a.ticket), buf_span(&a.slot), md, clock_utc(), &cms, &e), RC_OK);
        }
        assert_int_equal(cms_verify_detached(buf_span(&cms), once_read, &done, anchors, &v, &e), RC_OK);
        assert_true(v.valid && v.trusted);
        assert_string_equal(v.signer, "ana@trial.test");
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
    assert_int_equal(keyd_sign_mail(smtpd, buf_span(&a.ticket), buf_span(&b.slot), md, now, &cms, &e), RC_CORRUPT); /* bob's key */
    assert_int_equal(keyd_sign_mail(smtpd, buf_span(&reader), buf_span(&a.slot), md, now, &cms, &e), RC_DENIED);
    assert_int_equal(keyd_sign_mail(smtpd, buf_span(&a.ticket), SPAN_NULL, md, now, &cms, &e), RC_NOTFOUND);
    assert_int_equal(keyd_sign_mail(smtpd, buf_span(&a.ticket), buf_span(&a.slot), md, now + 86400, &cms, &e), RC_PERM);
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

static size_t verify_data(unsigned char *d, const char *context, size_t hash)
{
    memset(d, ' ', 64);
    memcpy(d + 64, context, strlen(context) + 1);
    memset(d + 64 + strlen(context) + 1, 7, hash);
    return 64 + strlen(context) + 1 + hash;
}

static size_t exchange_data(unsigned char *d, unsigned group, size_t point)
{
    memset(d, 9, 64);
    d[64] = 3;
    d[65] = (unsigned char)(group >> 8);
    d[66] = (unsigned char)group;
    d[67] = (unsigned char)point;
    memset(d + 68, 5, point);
    return 68 + point;
}

static void test_tls_purpose(void **st)
{
    unsigned char d[512];
    const char *server = "TLS 1.3, server CertificateVerify", *client = "TLS 1.3, client CertificateVerify";
    struct {
        size_t n;
        int context; /* 0 server, 1 client, 2 key exchange */
        unsigned group;
        uint8_t key;
        uint16_t version, scheme;
        enum rc rc;
    } t[] = {
        {32, 0, 0, 1, 0x0304, 0x0804, RC_OK},      {48, 0, 0, 1, 0x0304, 0x0805, RC_OK},
        {32, 0, 0, 2, 0x0304, 0x0403, RC_OK},      {32, 0, 0, 1, 0x0304, 0x0401, RC_DENIED}, /* PKCS#1 is not for 1.3 */
        {32, 0, 0, 2, 0x0304, 0x0804, RC_DENIED},  {32, 0, 0, 9, 0x0304, 0x0804, RC_DENIED},
        {32, 1, 0, 1, 0x0304, 0x0804, RC_DENIED},  /* a server is no client */
        {20, 0, 0, 1, 0x0304, 0x0804, RC_DENIED},  {33, 0, 0, 1, 0x0304, 0x0804, RC_DENIED},
        {32, 0, 0, 1, 0x0303, 0x0804, RC_DENIED},  {65, 2, 23, 1, 0x0303, 0x0401, RC_OK},
        {32, 2, 29, 2, 0x0303, 0x0403, RC_OK},     {32, 2, 29, 1, 0x0303, 0x0804, RC_OK},
        {64, 2, 23, 1, 0x0303, 0x0401, RC_DENIED}, {32, 2, 99, 1, 0x0303, 0x0401, RC_DENIED},
        {32, 2, 29, 1, 0x0304, 0x0804, RC_DENIED}, {32, 2, 29, 1, 0x0302, 0x0401, RC_DENIED},
    };

    (void)st;
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        size_t n = t[i].context == 2 ? exchange_data(d, t[i].group, t[i].n) : verify_data(d, t[i].context ? client : server, t[i].n);
        struct keyd_tls_req rq = {t[i].key, t[i].version, t[i].scheme, span_of(d, n)};
        struct buf sig = BUF_INIT;
        enum rc rc = keyd_tls_sign(smtpd, &rq, &sig, &e);

        if (rc != t[i].rc || (rc == RC_OK) != (sig.n > 0))
            fail_msg("row %zu: %s", i, rc_name(rc));
        buf_clear(&sig);
        rq.data.n--;
        if (t[i].rc == RC_OK)
            assert_int_equal(keyd_tls_sign(imapd, &rq, &sig, &e), RC_DENIED);
        assert_int_not_equal(keyd_tls_sign(admin, &rq, &sig, &e), RC_OK);
        buf_free(&sig);
    }
    {
        size_t n = verify_data(d, client, 32);
        struct keyd_tls_req rq = {1, 0x0304, 0x0804, span_of(d, n)};
        struct buf sig = BUF_INIT;

        assert_int_equal(keyd_tls_sign(relayd, &rq, &sig, &e), RC_OK);
        buf_free(&sig);
    }
}

/* ---- queue, status, restart ---- */

static void test_queue(void **st)
{
    struct keyd_box box = {.mbx = SEAL_QUEUE_BOX};
    unsigned char cek[SEAL_CEK], oid[SEAL_OID], key[SEAL_CEK], want[SEAL_OBJ_KEY];
    struct keyd_wrapped w;
    struct keyd_queue_req rq;
    enum keyd_queue_what what;

    (void)st;
    seal_cek_new(cek);
    seal_oid_new(oid);
    assert_int_equal(keyd_wrap(smtpd, cek, &box, 1, &w, &e), RC_OK);
    rq.epoch = w.epoch;
    memcpy(rq.epoch_rec, w.epoch_rec, sizeof rq.epoch_rec);
    memcpy(rq.wrap, w.wrap, sizeof rq.wrap);
    memcpy(rq.oid, oid, sizeof rq.oid);
    assert_int_equal(keyd_queue_open(relayd, &rq, &what, key, &e), RC_OK);
    assert_int_equal(what, KEYD_QUEUE_CEK);
    assert_memory_equal(key, cek, SEAL_CEK);
    assert_int_equal(keyd_queue_open(admin, &rq, &what, key, &e), RC_OK);
    assert_int_equal(what, KEYD_QUEUE_ENVELOPE);
    assert_int_equal(seal_obj_key(cek, oid, SEAL_ENVELOPE, want, &e), RC_OK);
    assert_memory_equal(key, want, SEAL_CEK);
    assert_int_equal(keyd_queue_open(smtpd, &rq, &what, key, &e), RC_DENIED);
    rq.wrap[3] ^= 1;
    assert_int_equal(keyd_queue_open(relayd, &rq, &what, key, &e), RC_CORRUPT);
}

static void test_status(void **st)
{
    struct keyd_status_rep rep;

    (void)st;
    assert_int_equal(keyd_status(admin, &rep, &e), RC_OK);
    assert_true(rep.wraps >= 1100 && rep.opens > 3 && rep.signatures >= 50 && rep.tls > 5 && rep.denied > 10 && rep.epochs > 50);
    assert_int_equal(rep.queue_pub.n, SEAL_PUB);
    assert_int_equal(keyd_status(imapd, &rep, &e), RC_DENIED);
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
    assert_int_equal(system("grep -q 'open-box address=ana@trial.test' keyd.log || grep -q 'ev=open-box ' keyd.log"), 0);
}

int main(void)
{
    const struct CMUnitTest t[] = {
        cmocka_unit_test(test_wrap_and_open), cmocka_unit_test(test_epoch_ends),    cmocka_unit_test(test_many_boxes),
        cmocka_unit_test(test_open_refusals), cmocka_unit_test(test_strict),        cmocka_unit_test(test_rewrap_without_password_slot),
        cmocka_unit_test(test_sign),          cmocka_unit_test(test_sign_refusals), cmocka_unit_test(test_issue_operator),
        cmocka_unit_test(test_tls_purpose),   cmocka_unit_test(test_queue),         cmocka_unit_test(test_status),
        cmocka_unit_test(test_restart),       cmocka_unit_test(test_log_is_clean),
    };
    log_open("keyd_test", LOG_ERROR_);
    return cmocka_run_group_tests_name("keyd", t, group_start, group_end);
}
