/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/keyd/delegate_test.c - what keyd does for delegates: it makes their slots for the administrator, opens no mailbox for their tickets, and signs
 * for a mailbox when they may send for it. */
#include "base/log.h"
#include "crypto/keyd/people_fixture_int.h"

/* A slot for a delegate, which her own key opens; for the administrator alone, and of no strict mailbox. keyd opens nothing for her ticket. */
static void test_delegate(void **st)
{
    struct box b = box_new(24, SLOT_KEYD, NULL), strict = box_new(25, SLOT_PASSWORD, "cigogne");
    struct keyd_delegate_req rq = {.mbx = 24, .slots = buf_span(&b.slots), .delegate = 26, .grant = 9};
    struct delegate_slot d = {.mbx = 24, .delegate = 26, .grant = 9};
    struct ticket t = {.method = METHOD_PASSWORD,
                       .rights = RIGHT_READ | RIGHT_SUBMIT,
                       .mbx = 24,
                       .actor_mbx = 26,
                       .grant = 9,
                       .acl = ACL_ALL,
                       .issued = (uint64_t)clock_utc(),
                       .expires = (uint64_t)clock_utc() + 60,
                       .address = "a@b",
                       .actor = "her@b"};
    struct buf slot = BUF_INIT, wire = BUF_INIT, own = ticket_new(24, "a@b", RIGHT_READ, 60);
    unsigned char hers[SEAL_PRIV], opened[SEAL_PRIV], key[SEAL_PRIV];
    struct keyd *imapd = keyd_new(ROLE_IMAPD);
    struct slot s;
    struct span rest;

    (void)st;
    assert_int_equal(seal_pair_new(rq.delegate_pub, hers, &e), RC_OK);
    memcpy(rq.pub, b.pub, SEAL_PUB);
    assert_int_equal(keyd_delegate(admin, &rq, &slot, &e), RC_OK);
    rest = buf_span(&slot);
    assert_int_equal(slot_next(&rest, &s, &e), RC_OK);
    assert_int_equal(s.type, SLOT_DELEGATE);
    memcpy(d.pub, b.pub, SEAL_PUB);
    memcpy(d.delegate_pub, rq.delegate_pub, SEAL_PUB);
    assert_int_equal(slot_delegate_open(&d, hers, s.body, opened, &e), RC_OK);
    assert_int_equal(keyd_open_box(imapd, buf_span(&own), b.pub, buf_span(&b.slots), SPAN_NULL, key, &e), RC_OK);
    assert_memory_equal(opened, key, SEAL_PRIV);
    assert_int_equal(keyd_delegate(imapd, &rq, &slot, &e), RC_DENIED);
    ticket_make(&t, &ticket_keys, &wire);
    assert_int_equal(keyd_open_box(imapd, buf_span(&wire), b.pub, buf_span(&b.slots), SPAN_NULL, key, &e), RC_DENIED);
    rq.delegate = 24;
    assert_int_equal(keyd_delegate(admin, &rq, &slot, &e), RC_PERM);
    rq = (struct keyd_delegate_req){.mbx = 25, .slots = buf_span(&strict.slots), .delegate = 26, .grant = 9};
    memcpy(rq.pub, strict.pub, SEAL_PUB);
    assert_int_equal(keyd_delegate(admin, &rq, &slot, &e), RC_DENIED);
    assert_int_equal(e.cause, CAUSE_STRICT_DELEGATE);
    keyd_free(&imapd);
    buf_free(&slot);
    buf_free(&wire);
    buf_free(&own);
    buf_free(&b.slots);
    buf_free(&strict.slots);
}

/* The mailbox signs when its delegate has the right p, and not without. */
static void test_delegate_signs(void **st)
{
    struct account a = account_new("cabinet@trial.test", 2);
    struct ticket t = {.method = METHOD_PASSWORD,
                       .rights = RIGHT_SUBMIT,
                       .mbx = 30,
                       .actor_mbx = 31,
                       .grant = 9,
                       .acl = ACL_L | ACL_R | ACL_P,
                       .issued = (uint64_t)clock_utc(),
                       .expires = (uint64_t)clock_utc() + 60,
                       .address = "cabinet@trial.test",
                       .actor = "her@trial.test"};
    struct keyd *smtpd = keyd_new(ROLE_SMTPD);
    struct buf wire = BUF_INIT, cms = BUF_INIT;
    unsigned char digest[32] = {1};

    (void)st;
    ticket_make(&t, &ticket_keys, &wire);
    assert_int_equal(keyd_sign_mail(smtpd, buf_span(&wire), buf_span(&a.slot), digest, clock_utc(), &cms, &e), RC_OK);
    buf_clear(&wire);
    t.acl = ACL_L | ACL_R;
    ticket_make(&t, &ticket_keys, &wire);
    assert_int_equal(keyd_sign_mail(smtpd, buf_span(&wire), buf_span(&a.slot), digest, clock_utc(), &cms, &e),
                     RC_DENIED);
    keyd_free(&smtpd);
    account_free(&a);
    buf_free(&wire);
    buf_free(&cms);
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
    const struct CMUnitTest t[] = {cmocka_unit_test(test_delegate), cmocka_unit_test(test_delegate_signs)};

    log_open("delegate_test", LOG_ERROR_);
    return cmocka_run_group_tests_name("delegates", t, group_start, group_end);
}
