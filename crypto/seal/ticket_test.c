/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/seal/ticket_test.c - tickets: only dird makes them, only whole, only in time. */
#include "crypto/seal/ticket.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static struct err e;

static struct ticket sample(void)
{
    struct ticket t = {.method = METHOD_PASSWORD,
                       .rights = RIGHT_READ | RIGHT_SUBMIT,
                       .mbx = 4242,
                       .issued = 1000,
                       .expires = 2000,
                       .address = "ana@chu.example",
                       .actor = "secretariat@chu.example"};
    return t;
}

static void test_round_trip(void **st)
{
    unsigned char seed[TICKET_KEY], pub[TICKET_KEY];
    struct ticket t = sample(), got;
    struct buf w = BUF_INIT;

    (void)st;
    assert_int_equal(ticket_keys_new(seed, pub, &e), RC_OK);
    assert_int_equal(ticket_sign(&t, seed, &w, &e), RC_OK);
    assert_int_equal(ticket_check(buf_span(&w), pub, 1500, &got, &e), RC_OK);
    assert_int_equal(got.mbx, 4242);
    assert_int_equal(got.rights, RIGHT_READ | RIGHT_SUBMIT);
    assert_int_equal(got.method, METHOD_PASSWORD);
    assert_string_equal(got.address, t.address);
    assert_string_equal(got.actor, t.actor);
    buf_free(&w);
}

static void test_time(void **st)
{
    static const struct {
        int64_t now;
        enum rc rc;
    } t[] = {{1000, RC_OK}, {1999, RC_OK},    {2000, RC_DENIED}, {9000, RC_DENIED},
             {950, RC_OK},  {900, RC_DENIED}, {-1, RC_DENIED}};
    unsigned char seed[TICKET_KEY], pub[TICKET_KEY];
    struct ticket s = sample(), got;
    struct buf w = BUF_INIT;

    (void)st;
    assert_int_equal(ticket_keys_new(seed, pub, &e), RC_OK);
    assert_int_equal(ticket_sign(&s, seed, &w, &e), RC_OK);
    for (size_t i = 0; i < sizeof t / sizeof *t; i++)
        assert_int_equal(ticket_check(buf_span(&w), pub, t[i].now, &got, &e), t[i].rc);
    buf_free(&w);
}

static void test_changed(void **st)
{
    unsigned char seed[TICKET_KEY], pub[TICKET_KEY], seed2[TICKET_KEY], pub2[TICKET_KEY];
    struct ticket s = sample(), got = {.mbx = 1};
    struct buf w = BUF_INIT;

    (void)st;
    assert_int_equal(ticket_keys_new(seed, pub, &e), RC_OK);
    assert_int_equal(ticket_keys_new(seed2, pub2, &e), RC_OK);
    assert_int_equal(ticket_sign(&s, seed, &w, &e), RC_OK);
    assert_int_equal(ticket_check(buf_span(&w), pub2, 1500, &got, &e), RC_DENIED);
    for (size_t i = 0; i < w.n; i++) {
        w.p[i] ^= 1;
        assert_int_equal(ticket_check(buf_span(&w), pub, 1500, &got, &e), RC_DENIED);
        w.p[i] ^= 1;
    }
    for (size_t n = 0; n < w.n; n++)
        assert_int_equal(ticket_check(span_head(buf_span(&w), n), pub, 1500, &got, &e), RC_DENIED);
    assert_int_equal(got.mbx, 1); /* untouched on failure */
    buf_free(&w);
}

/* the longest address fits, an empty one is no ticket */
static void test_edges(void **st)
{
    unsigned char seed[TICKET_KEY], pub[TICKET_KEY];
    struct ticket s = sample(), got;
    struct buf w = BUF_INIT;

    (void)st;
    assert_int_equal(ticket_keys_new(seed, pub, &e), RC_OK);
    memset(s.address, 'a', TICKET_ADDR);
    memset(s.actor, 'b', TICKET_ADDR);
    assert_int_equal(ticket_sign(&s, seed, &w, &e), RC_OK);
    assert_true(w.n <= TICKET_MAX);
    assert_int_equal(ticket_check(buf_span(&w), pub, 1500, &got, &e), RC_OK);
    buf_clear(&w);
    s.address[0] = '\0';
    assert_int_equal(ticket_sign(&s, seed, &w, &e), RC_OK);
    assert_int_equal(ticket_check(buf_span(&w), pub, 1500, &got, &e), RC_DENIED);
    buf_free(&w);
}

int main(void)
{
    const struct CMUnitTest t[] = {cmocka_unit_test(test_round_trip), cmocka_unit_test(test_time),
                                   cmocka_unit_test(test_changed), cmocka_unit_test(test_edges)};
    return cmocka_run_group_tests_name("ticket", t, NULL, NULL);
}
