/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/keyd/queue_test.c - the content key of a queue entry: who gets it, and from which epoch. */
#include "base/log.h"
#include "base/wipe.h"
#include "crypto/keyd/client/client.h"
#include "crypto/keyd/people_fixture_int.h"

static struct keyd *smtpd, *relayd;

static int group_start(void **st)
{
    (void)st;
    admin = keyd_new(ROLE_ADMIN);
    smtpd = keyd_new(ROLE_SMTPD);
    relayd = keyd_new(ROLE_RELAYD);
    return fixture_start();
}

static int group_end(void **st)
{
    (void)st;
    keyd_free(&admin);
    keyd_free(&smtpd);
    keyd_free(&relayd);
    return fixture_end();
}

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

/* keyd keeps the epochs that it opened: what is found must be the right one, and what does not belong together must not be found. */
static void test_queue_again(void **st)
{
    struct keyd_queue_req rq[2];
    unsigned char cek[2][SEAL_CEK], key[SEAL_CEK];
    enum keyd_queue_what what;

    (void)st;
    for (size_t i = 0; i < 2; i++) {
        unsigned char pub[SEAL_PUB], epoch[SEAL_EPOCH_KEY];
        struct keyd_status_rep rep;
        struct buf mem = BUF_INIT;

        assert_int_equal(keyd_status(admin, &rep, &mem, &e), RC_OK);
        memcpy(pub, rep.queue_pub.p, SEAL_PUB);
        buf_free(&mem);
        seal_cek_new(cek[i]);
        random_bytes(epoch, sizeof epoch);
        assert_int_equal(seal_epoch_seal(pub, SEAL_QUEUE_BOX, epoch, rq[i].epoch_rec, &rq[i].epoch, &e), RC_OK);
        assert_int_equal(seal_wrap(epoch, SEAL_QUEUE_BOX, rq[i].epoch, cek[i], rq[i].wrap, &e), RC_OK);
        seal_oid_new(rq[i].oid);
    }
    for (size_t i = 0; i < 6; i++) {
        assert_int_equal(keyd_queue_open(relayd, &rq[i % 2], &what, key, &e), RC_OK);
        assert_memory_equal(key, cek[i % 2], SEAL_CEK);
    }
    rq[0].epoch ^= 1;
    assert_int_equal(keyd_queue_open(relayd, &rq[0], &what, key, &e), RC_CORRUPT);
    rq[0].epoch ^= 1;
    rq[0].epoch_rec[SEAL_EPOCH_REC - 1] ^= 1;
    assert_int_equal(keyd_queue_open(relayd, &rq[0], &what, key, &e), RC_CORRUPT);
    memcpy(rq[0].wrap, rq[1].wrap, sizeof rq[0].wrap);
    rq[0].epoch_rec[SEAL_EPOCH_REC - 1] ^= 1;
    assert_int_equal(keyd_queue_open(relayd, &rq[0], &what, key, &e), RC_CORRUPT);
}

int main(void)
{
    const struct CMUnitTest t[] = {cmocka_unit_test(test_queue), cmocka_unit_test(test_queue_again)};

    log_open("queue_test", LOG_ERROR_);
    return cmocka_run_group_tests_name("queue", t, group_start, group_end);
}
