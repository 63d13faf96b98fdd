/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/seal/lead_test.c - messages whose first chunk has a length of its own: where octets lie, and what opens. */
#include "crypto/seal/seal.h"
#include <setjmp.h>
#include <stdarg.h>
/* last, as it asks */
#include <cmocka.h>

static struct err e;

/* A first chunk of any length, and what follows it as an object of its own would lie: each octet is found where it is said to be. */
static void test_lead(void **st)
{
    static const uint32_t leads[] = {0, 1, 700, SEAL_LEAD_MAX};
    static const uint64_t rests[] = {1, SEAL_CHUNK - 1, SEAL_CHUNK, SEAL_CHUNK + 1, 3 * SEAL_CHUNK, 3 * SEAL_CHUNK + 9};
    struct seal_chunk_at at;

    (void)st;
    for (size_t i = 0; i < sizeof leads / sizeof *leads; i++)
        for (size_t k = 0; k < sizeof rests / sizeof *rests; k++) {
            uint64_t size = leads[i] + rests[k], plain = 0, sealed = 0;
            uint32_t n = seal_led_chunks(size, leads[i]);

            for (uint32_t no = 0; no < n; no++) {
                assert_true(seal_chunk_at(size, leads[i], no, &at));
                assert_true(at.plain == plain && at.sealed == sealed && at.n > 0 && at.final == (no + 1 == n));
                assert_true(at.final || at.n == (no == 0 && leads[i] ? leads[i] : SEAL_CHUNK));
                assert_int_equal(seal_chunk_of(leads[i], at.plain), no);
                assert_int_equal(seal_chunk_of(leads[i], at.plain + at.n - 1), no);
                plain += at.n;
                sealed += at.n + SEAL_TAG;
            }
            assert_true(plain == size && sealed == seal_led_size(size, leads[i]));
            assert_false(seal_chunk_at(size, leads[i], n, &at));
            assert_false(seal_chunk_at(size, leads[i], UINT64_MAX, &at));
        }
    assert_true(seal_led_lawful(0, 0) && seal_led_lawful(2, 1) && seal_led_lawful(SEAL_LEAD_MAX + 1, SEAL_LEAD_MAX));
    assert_false(seal_led_lawful(1, 1) || seal_led_lawful(1u << 20, SEAL_LEAD_MAX + 1));
}

/* The lead opens as the lead that it is, of that length, and as nothing else; no other chunk is taken for it. */
static void test_lead_opens(void **st)
{
    static unsigned char octets[SEAL_CHUNK];
    unsigned char cek[SEAL_CEK], oid[SEAL_OID];
    struct buf lead = BUF_INIT, first = BUF_INIT, out = BUF_INIT;
    struct span plain = span_of(octets, sizeof octets);
    struct seal_obj *o = NULL, *r = NULL;

    (void)st;
    seal_cek_new(cek);
    seal_oid_new(oid);
    memset(octets, 0x55, sizeof octets);
    assert_int_equal(seal_obj_open(cek, oid, SEAL_MESSAGE, &o, &e), RC_OK);
    assert_int_equal(seal_obj_open(cek, oid, SEAL_MESSAGE, &r, &e), RC_OK);
    assert_int_equal(seal_chunk(o, 1, false, plain, &first, &e), RC_OK); /* before the lead's length is known */
    seal_obj_led(o, 5);
    assert_int_equal(seal_chunk(o, 0, false, SPAN_LIT("six..."), &lead, &e), RC_PERM);
    assert_int_equal(seal_chunk(o, 0, true, SPAN_LIT("five."), &lead, &e), RC_PERM);
    assert_int_equal(seal_chunk(o, 0, false, SPAN_LIT("five."), &lead, &e), RC_OK);
    assert_int_equal(open_chunk(r, 0, false, buf_span(&lead), &out, &e), RC_CORRUPT); /* r knows of no lead */
    seal_obj_led(r, 4);
    assert_int_equal(open_chunk(r, 0, false, buf_span(&lead), &out, &e), RC_CORRUPT);
    assert_int_equal(open_chunk(r, 0, false, span_head(buf_span(&lead), 4 + SEAL_TAG), &out, &e), RC_CORRUPT);
    seal_obj_led(r, 5);
    assert_int_equal(open_chunk(r, 0, true, buf_span(&lead), &out, &e), RC_CORRUPT);
    assert_int_equal(open_chunk(r, 1, true, buf_span(&lead), &out, &e), RC_CORRUPT);
    assert_int_equal(open_chunk(r, 0, false, buf_span(&first), &out, &e), RC_CORRUPT);
    assert_int_equal(out.n, 0);
    assert_int_equal(open_chunk(r, 0, false, buf_span(&lead), &out, &e), RC_OK);
    assert_true(span_eq_str(buf_span(&out), "five."));
    buf_clear(&out);
    assert_int_equal(open_chunk(r, 1, false, buf_span(&first), &out, &e), RC_OK);
    assert_true(span_eq(buf_span(&out), plain));
    seal_obj_close(&o);
    seal_obj_close(&r);
    buf_free(&lead);
    buf_free(&first);
    buf_free(&out);
}

int main(void)
{
    const struct CMUnitTest t[] = {cmocka_unit_test(test_lead), cmocka_unit_test(test_lead_opens)};

    return cmocka_run_group_tests(t, NULL, NULL);
}
