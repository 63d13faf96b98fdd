/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/keyd/roles_test.c - who may ask keyd what, and how much of it one process gets. */
#include "base/ipc_roles_test.h"
#include "base/log.h"
#include "crypto/keyd/people_fixture_int.h"

static void test_roles(void **st)
{
    const char *wrong = roles_wrong("keyd.sock", &keyd_proto);

    (void)st;
    if (wrong)
        fail_msg("%s", wrong);
}

/* In a process of its own: invents mailboxes until keyd has enough of it. What the last answer was. */
static enum rc wrap_for_nobody(void)
{
    struct keyd_box boxes[200];
    struct keyd_wrapped w[200];
    unsigned char cek[SEAL_CEK];
    struct keyd *k;
    pid_t pid = fork();
    enum rc rc = RC_OK;
    int st;

    if (pid == 0) {
        test_child();
        k = keyd_new(ROLE_SMTPD);
        seal_cek_new(cek);
        for (uint64_t n = 0; rc == RC_OK && n < 20; n++) { /* 600 a minute, and the minute may turn */
            for (size_t i = 0; i < 200; i++) {
                boxes[i].mbx = 1000000 + n * 200 + i;
                seal_pair_new(boxes[i].pub, cek, &e);
            }
            rc = keyd_wrap(k, cek, boxes, 200, w, &e);
        }
        _exit((int)rc);
    }
    assert_int_equal(waitpid(pid, &st, 0), pid);
    return WIFEXITED(st) ? (enum rc)WEXITSTATUS(st) : RC_MAX_;
}

/* A session that was taken over uses up its own share, and nobody else's. */
static void test_wrap_share(void **st)
{
    struct box b = box_new(19, SLOT_KEYD, NULL);
    struct keyd_box box = {.mbx = 19};
    struct keyd *smtpd = keyd_new(ROLE_SMTPD);
    unsigned char cek[SEAL_CEK];
    struct keyd_wrapped one;

    (void)st;
    assert_int_equal(wrap_for_nobody(), RC_TEMP);
    memcpy(box.pub, b.pub, SEAL_PUB);
    seal_cek_new(cek);
    assert_int_equal(keyd_wrap(smtpd, cek, &box, 1, &one, &e), RC_OK);
    assert_int_equal(one.mbx, 19);
    buf_free(&b.slots);
    keyd_free(&smtpd);
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
    const struct CMUnitTest t[] = {cmocka_unit_test(test_roles), cmocka_unit_test(test_wrap_share)};

    log_open("roles_test", LOG_ERROR_);
    return cmocka_run_group_tests_name("roles", t, group_start, group_end);
}
