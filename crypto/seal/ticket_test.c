/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/seal/ticket_test.c - tickets: only who has a checker's key makes one for it, only whole, only in time. */
#include "crypto/seal/ticket.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

enum { TAG = 32 };
static struct err e;
static struct ticket_keys keys;

static struct ticket sample(void)
{
    struct ticket t = {.method = METHOD_PASSWORD,
                       .rights = RIGHT_READ | RIGHT_SUBMIT,
                       .mbx = 4242,
                       .begun = 900,
                       .issued = 1000,
                       .expires = 2000,
                       .secret_at = 7,
                       .acl = ACL_L | ACL_R,
                       .actor_mbx = 4343,
                       .grant = 5,
                       .address = "ana@chu.example",
                       .actor = "secretariat@chu.example"};
    return t;
}

static struct buf made_by(const struct ticket_keys *k)
{
    struct ticket t = sample();
    struct buf w = BUF_INIT;

    ticket_make(&t, k, &w);
    return w;
}

static enum rc check(struct span wire, unsigned who)
{
    struct ticket got = {.mbx = 1};
    enum rc rc = ticket_check(wire, who, keys.of[who], 1500, &got, &e);

    assert_int_equal(got.mbx, rc == RC_OK ? 4242 : 1); /* untouched on failure */
    assert_true(rc == RC_OK || rc == RC_DENIED);
    return rc;
}

static unsigned char *tag_at(struct buf *w, unsigned who)
{
    return w->p + w->n - (size_t)(TICKET_CHECKERS - who) * TAG;
}

static void swap_tags(struct buf *w, unsigned i, unsigned j)
{
    unsigned char kept[TAG];

    memcpy(kept, tag_at(w, i), TAG);
    memmove(tag_at(w, i), tag_at(w, j), TAG);
    memcpy(tag_at(w, j), kept, TAG);
}

static int setup(void **st)
{
    (void)st;
    ticket_keys_new(&keys);
    return 0;
}

static void test_round_trip(void **st)
{
    struct ticket t = sample(), got;
    struct buf w = made_by(&keys);

    (void)st;
    for (unsigned who = 0; who < TICKET_CHECKERS; who++) {
        assert_int_equal(ticket_check(buf_span(&w), who, keys.of[who], 1500, &got, &e), RC_OK);
        assert_true(got.mbx == 4242 && got.rights == (RIGHT_READ | RIGHT_SUBMIT) && got.method == METHOD_PASSWORD);
        assert_true(got.begun == 900 && got.issued == 1000 && got.expires == 2000 && got.secret_at == 7);
        assert_string_equal(got.address, t.address);
        assert_string_equal(got.actor, t.actor);
    }
    buf_free(&w);
}

static void test_time(void **st)
{
    static const struct {
        int64_t now;
        enum rc rc;
    } t[] = {{1000, RC_OK}, {1999, RC_OK},    {2000, RC_DENIED}, {9000, RC_DENIED},
             {950, RC_OK},  {900, RC_DENIED}, {-1, RC_DENIED}};
    struct ticket got;
    struct buf w = made_by(&keys);

    (void)st;
    for (unsigned who = 0; who < TICKET_CHECKERS; who++)
        for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
            assert_int_equal(ticket_check(buf_span(&w), who, keys.of[who], t[i].now, &got, &e), t[i].rc);
            assert_true(t[i].rc == RC_OK || e.cause == CAUSE_SESSION_EXPIRED);
        }
    buf_free(&w);
}

/* Each bit of each field, the tags among them: no checker takes a change in what it looks at, and a tag is one checker's alone. */
static void test_every_bit(void **st)
{
    struct buf w = made_by(&keys);
    size_t body = w.n - TICKET_CHECKERS * TAG;

    (void)st;
    for (size_t i = 0; i < w.n * 8; i++) {
        size_t at = i / 8;

        w.p[at] ^= (unsigned char)(1u << i % 8);
        for (unsigned who = 0; who < TICKET_CHECKERS; who++) {
            bool others = at >= body && (at - body) / TAG != who;
            assert_int_equal(check(buf_span(&w), who), others ? RC_OK : RC_DENIED);
        }
        w.p[at] ^= (unsigned char)(1u << i % 8);
    }
    buf_free(&w);
}

static void test_length(void **st)
{
    struct buf w = made_by(&keys);
    size_t whole = w.n;

    (void)st;
    while (w.n < 2 * TICKET_MAX)
        buf_u8(&w, 0);
    for (unsigned who = 0; who < TICKET_CHECKERS; who++)
        for (size_t n = 0; n <= w.n; n++)
            assert_int_equal(check(span_head(buf_span(&w), n), who), n == whole ? RC_OK : RC_DENIED);
    buf_free(&w);
}

/* Who has the key of one checker makes tickets for that one, and for no other. */
static void test_one_key_makes_for_one(void **st)
{
    (void)st;
    for (unsigned has = 0; has < TICKET_CHECKERS; has++) {
        struct ticket_keys forger;
        struct buf w;

        for (unsigned i = 0; i < TICKET_CHECKERS; i++)
            memcpy(forger.of[i], keys.of[has], TICKET_KEY);
        w = made_by(&forger);
        for (unsigned who = 0; who < TICKET_CHECKERS; who++)
            assert_int_equal(check(buf_span(&w), who), who == has ? RC_OK : RC_DENIED);
        for (unsigned to = 0; to < TICKET_CHECKERS; to++) { /* and with its own good tag in the others' places */
            memmove(tag_at(&w, to), tag_at(&w, has), TAG);
            assert_int_equal(check(buf_span(&w), to), to == has ? RC_OK : RC_DENIED);
        }
        buf_free(&w);
    }
}

static void test_swapped(void **st)
{
    struct ticket_keys own = keys;
    struct buf w = made_by(&keys);

    (void)st;
    for (unsigned same = 0; same < 2; same++) {
        for (unsigned i = 0; i < TICKET_CHECKERS; i++)
            for (unsigned j = 0; j < i; j++) {
                swap_tags(&w, i, j);
                assert_int_equal(check(buf_span(&w), i), RC_DENIED);
                assert_int_equal(check(buf_span(&w), j), RC_DENIED);
                swap_tags(&w, i, j);
            }
        for (unsigned i = 1; i < TICKET_CHECKERS;
             i++) /* again, with one key for all: the checker's number is in the tag */
            memcpy(keys.of[i], keys.of[0], TICKET_KEY);
        buf_free(&w);
        w = made_by(&keys);
    }
    keys = own;
    buf_free(&w);
}

static void test_other_keys(void **st)
{
    struct ticket_keys other;
    struct buf w, again = made_by(&keys);

    (void)st;
    ticket_keys_new(&other);
    w = made_by(&other);
    for (unsigned who = 0; who < TICKET_CHECKERS; who++) {
        assert_int_equal(check(buf_span(&w), who), RC_DENIED);
        assert_memory_not_equal(other.of[who], keys.of[who], TICKET_KEY);
        assert_memory_not_equal(keys.of[who], keys.of[(who + 1) % TICKET_CHECKERS], TICKET_KEY);
    }
    buf_free(&w);
    w = made_by(&keys);
    assert_memory_not_equal(w.p, again.p, w.n); /* the nonce */
    buf_free(&w);
    buf_free(&again);
}

/* the longest address fits, an empty one is no ticket */
static void test_edges(void **st)
{
    struct ticket s = sample(), got;
    struct buf w = BUF_INIT;

    (void)st;
    memset(s.address, 'a', TICKET_ADDR);
    memset(s.actor, 'b', TICKET_ADDR);
    ticket_make(&s, &keys, &w);
    assert_true(w.n <= TICKET_MAX);
    assert_int_equal(ticket_check(buf_span(&w), 0, keys.of[0], 1500, &got, &e), RC_OK);
    buf_clear(&w);
    s.address[0] = '\0';
    ticket_make(&s, &keys, &w);
    assert_int_equal(ticket_check(buf_span(&w), 0, keys.of[0], 1500, &got, &e), RC_DENIED);
    buf_free(&w);
}

int main(void)
{
    const struct CMUnitTest t[] = {cmocka_unit_test(test_round_trip),
                                   cmocka_unit_test(test_time),
                                   cmocka_unit_test(test_every_bit),
                                   cmocka_unit_test(test_length),
                                   cmocka_unit_test(test_one_key_makes_for_one),
                                   cmocka_unit_test(test_swapped),
                                   cmocka_unit_test(test_other_keys),
                                   cmocka_unit_test(test_edges)};
    return cmocka_run_group_tests_name("ticket", t, setup, NULL);
}
