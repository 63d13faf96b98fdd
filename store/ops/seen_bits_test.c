/* SPDX-License-Identifier: EUPL-1.2 */
/* store/ops/seen_bits_test.c - bits of a block against a plain array; rows read as they were written, and short; what is no row is refused.
 * Process  tests. */
#include "store/ops/seen_bits.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static void same(const struct seen_bits *s, const bool *plain, uint32_t base)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < SEEN_BLOCK; i++) {
        assert_int_equal(seen_bits_has(s, base + i), plain[i]);
        n += plain[i];
    }
    assert_int_equal(seen_bits_count(s), n);
}

/* 20,000 changes of random UIDs, in the first block and in the last that UIDs reach; now and then by way of a row. */
static void as_a_plain_array(void **state)
{
    static const uint32_t bases[] = {0, STORE_UID_MAX / SEEN_BLOCK * SEEN_BLOCK};
    unsigned seed = 7;
    struct buf row = BUF_INIT;
    struct err e;

    (void)state;
    for (size_t k = 0; k < 2; k++) {
        bool plain[SEEN_BLOCK] = {false};
        struct seen_bits s = {{0}};

        for (int i = 0; i < 20000; i++) {
            uint32_t at = (uint32_t)rand_r(&seed) % SEEN_BLOCK;
            bool yes = rand_r(&seed) & 1;

            seen_bits_put(&s, bases[k] + at, yes);
            plain[at] = yes;
            if (i % 1000 > 2)
                continue;
            same(&s, plain, bases[k]);
            seen_bits_write(&s, &row);
            memset(&s, 0xff, sizeof s);
            assert_int_equal(seen_bits_read(buf_span(&row), &s, &e), RC_OK);
            same(&s, plain, bases[k]);
        }
    }
    buf_free(&row);
}

static void rows_are_short(void **state)
{
    static const struct {
        uint32_t uid;
        size_t octets;
    } t[] = {{1, 1}, {7, 1}, {8, 2}, {4095, 512}, {4096, 1}, {4096 + 17, 3}};
    struct buf row = BUF_INIT;

    (void)state;
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        struct seen_bits s = {{0}};

        seen_bits_write(&s, &row);
        assert_int_equal(row.n, 1 + 4);
        seen_bits_put(&s, t[i].uid, true);
        seen_bits_write(&s, &row);
        assert_int_equal(row.n, 1 + 4 + t[i].octets);
    }
    assert_int_equal(seen_block(4095), 0);
    assert_int_equal(seen_block(4096), 1);
    buf_free(&row);
}

static void only_what_is_there_is_kept(void **state)
{
    struct seen_bits s = {{0}}, there = {{0}};

    (void)state;
    for (uint32_t uid = 1; uid < 100; uid++) {
        seen_bits_put(&s, uid, uid % 2);
        seen_bits_put(&there, uid, uid < 50);
    }
    assert_true(seen_bits_keep(&s, &there));
    assert_int_equal(seen_bits_count(&s), 25);
    assert_false(seen_bits_keep(&s, &there));
}

static void no_rows(void **state)
{
    unsigned char big[1 + 4 + SEEN_OCTETS + 1] = {1, 1, 2};
    struct seen_bits s;
    struct err e;

    (void)state;
    assert_int_equal(seen_bits_read(SPAN_NULL, &s, &e), RC_CORRUPT);
    assert_int_equal(seen_bits_read(SPAN_LIT("\2\0\0\0\0"), &s, &e), RC_CORRUPT);   /* another version */
    assert_int_equal(seen_bits_read(SPAN_LIT("\1\2\0\0\0x"), &s, &e), RC_CORRUPT);  /* one octet is missing */
    assert_int_equal(seen_bits_read(SPAN_LIT("\1\1\0\0\0xy"), &s, &e), RC_CORRUPT); /* one too many */
    assert_int_equal(seen_bits_read(span_of(big, sizeof big), &s, &e), RC_CORRUPT); /* more than a block has */
    assert_int_equal(seen_bits_read(SPAN_LIT("\1\1\0\0\0\xff"), &s, &e), RC_OK);
    assert_int_equal(seen_bits_count(&s), 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(as_a_plain_array), cmocka_unit_test(rows_are_short),
                                       cmocka_unit_test(only_what_is_there_is_kept), cmocka_unit_test(no_rows)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
