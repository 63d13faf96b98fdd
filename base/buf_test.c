/* SPDX-License-Identifier: EUPL-1.2 */
/* base/buf_test.c - growth, bounds, secrets, and the little-endian reader at every prefix of what the writer gives. */
#include "base/buf.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
/* last, as it asks */
#include <cmocka.h>

static void test_growth(void **state)
{
    struct buf b = BUF_INIT;

    (void)state;
    for (int i = 0; i < 10000; i++)
        buf_addf(&b, "%d,", i % 10);
    assert_int_equal(b.n, 20000);
    assert_memory_equal(b.p + 19996, "8,9,", 4);
    assert_int_equal(strlen(buf_cstr(&b)), 20000);
    buf_take(&b, 19996);
    assert_true(span_eq_str(buf_span(&b), "8,9,"));
    buf_cut(&b, 1);
    assert_true(span_eq_str(buf_span(&b), "8"));
    buf_clear(&b);
    assert_string_equal(buf_cstr(&b), "");
    buf_free(&b);
    assert_null(b.p);
    buf_free(&b);
    buf_free(NULL);
}

static void test_bound(void **state)
{
    struct buf b;
    struct err e;

    (void)state;
    buf_init_max(&b, 10);
    assert_int_equal(buf_reserve(&b, 11, &e), RC_TEMP);
    assert_int_equal(buf_reserve(&b, SIZE_MAX, &e), RC_TEMP);
    assert_int_equal(buf_reserve(&b, 10, &e), RC_OK);
    buf_addstr(&b, "0123456789");
    assert_string_equal(buf_cstr(&b), "0123456789"); /* the NUL is not counted */
    buf_free(&b);
}

static void test_secret(void **state)
{
    struct buf b;

    (void)state;
    buf_init_secret(&b);
    for (int i = 0; i < 1000; i++)
        buf_addstr(&b, "secret");
    buf_cut(&b, 6);
    for (size_t i = 6; i < 6000; i++)
        assert_int_equal(b.p[i], 0);
    buf_clear(&b);
    assert_int_equal(b.p[0], 0);
    buf_free(&b);
}

static void read_all(struct rd *r, uint64_t v[4], struct span *s)
{
    v[0] = rd_u8(r);
    v[1] = rd_u16(r);
    v[2] = rd_u32(r);
    v[3] = rd_u64(r);
    *s = rd_bytes(r);
}

static void test_integers(void **state)
{
    static const unsigned char wire[] = "\x01\x03\x02\x07\x06\x05\x04\x0f\x0e\x0d\x0c\x0b\x0a\x09\x08\x03\0\0\0xyz";
    struct buf b = BUF_INIT;
    struct span s;
    struct rd r;
    uint64_t v[4];

    (void)state;
    buf_u8(&b, 1);
    buf_u16(&b, 0x0203);
    buf_u32(&b, 0x04050607);
    buf_u64(&b, 0x08090a0b0c0d0e0fULL);
    buf_bytes(&b, SPAN_LIT("xyz"));
    assert_int_equal(b.n, sizeof wire - 1);
    assert_memory_equal(b.p, wire, b.n);
    for (size_t n = 0; n <= b.n; n++) {
        r = rd_of(span_head(buf_span(&b), n));
        read_all(&r, v, &s);
        assert_int_equal(rd_done(&r), n == b.n);
    }
    assert_true(v[0] == 1 && v[1] == 0x0203 && v[2] == 0x04050607 && v[3] == 0x08090a0b0c0d0e0fULL);
    assert_true(span_eq_str(s, "xyz"));
    buf_free(&b);
}

static void test_error_sticks(void **state)
{
    struct rd r = rd_of(SPAN_LIT("\xff\xff\xff\xff"
                                 "abc"));

    (void)state;
    assert_int_equal(rd_bytes(&r).n, 0);
    assert_int_equal(rd_u8(&r), 0); /* there is a byte, but the reader is off its track */
    assert_false(rd_ok(&r));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_growth),   cmocka_unit_test(test_bound),        cmocka_unit_test(test_secret),
        cmocka_unit_test(test_integers), cmocka_unit_test(test_error_sticks),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
