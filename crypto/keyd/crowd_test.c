/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/keyd/crowd_test.c - several sessions at keyd at once: every answer is to its own question, no worker is lost. */
#include "base/log.h"
#include "crypto/keyd/people_fixture_int.h"
#include "crypto/seal/digest.h"

/* one of several sessions at once, each with mailboxes and signatures of its own and one mailbox of all */
static int crowd_member(unsigned me, const struct box *shared, const struct account *a)
{
    struct keyd *k = keyd_new(ROLE_SMTPD);
    struct keyd_box boxes[2] = {{.mbx = shared->mbx}, {.mbx = 1000 + me}};
    unsigned char cek[SEAL_CEK], md[DIGEST_LEN] = {0};
    struct keyd_wrapped w[2];
    struct buf cms = BUF_INIT;
    int bad = 0;

    memcpy(boxes[0].pub, shared->pub, SEAL_PUB);
    memcpy(boxes[1].pub, shared->pub, SEAL_PUB);
    for (int i = 0; i < 150; i++) {
        seal_cek_new(cek);
        bad += keyd_wrap(k, cek, boxes, 2, w, &e) != RC_OK || w[1].mbx != boxes[1].mbx;
        if (i % 30 == 0) {
            buf_clear(&cms);
            bad += keyd_sign_mail(k, buf_span(&a->ticket), buf_span(&a->slot), md, clock_utc(), &cms, &e) != RC_OK ||
                   cms.n < 500;
        }
    }
    buf_free(&cms);
    keyd_free(&k);
    return bad;
}

static void test_crowd(void **st)
{
    enum { SESSIONS = 6 };
    struct box b = box_new(50, SLOT_KEYD, NULL);
    struct account a = account_new("crowd@trial.test", 2);
    pid_t pid[SESSIONS];

    (void)st;
    fflush(NULL);
    for (unsigned i = 0; i < SESSIONS; i++)
        if ((pid[i] = fork()) == 0) {
            test_child();
            _exit(crowd_member(i, &b, &a) != 0);
        }
    for (unsigned i = 0; i < SESSIONS; i++) {
        int status = -1;

        assert_int_equal(waitpid(pid[i], &status, 0), pid[i]);
        assert_int_equal(status, 0);
    }
    buf_free(&b.slots);
    account_free(&a);
}

static int group_start(void **st)
{
    (void)st;
    admin = keyd_new(ROLE_ADMIN);
    return fixture_start();
}

static int group_end(void **st)
{
    (void)st;
    keyd_free(&admin);
    return fixture_end();
}

int main(void)
{
    const struct CMUnitTest t[] = {cmocka_unit_test(test_crowd)};

    log_open("crowd_test", LOG_ERROR_);
    return cmocka_run_group_tests_name("crowd", t, group_start, group_end);
}
