/* SPDX-License-Identifier: EUPL-1.2 */
/* base/ipc_msg_test.c - the grammar alone: bytes written out by hand, every prefix, one byte more, lists, error replies. */
#include "base/ipc_int.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
/* last, as it asks */
#include <cmocka.h>

struct all {
    uint8_t a;
    uint16_t b;
    uint32_t c;
    uint64_t d;
    unsigned char id[3];
    struct span text, more;
};
static const struct ipc_field all_f[] = {IPC_F_U8(all, a),          IPC_F_U16(all, b),  IPC_F_U32(all, c),
                                         IPC_F_U64(all, d),         IPC_F_FIX(all, id), IPC_F_BYTES(all, text, 4),
                                         IPC_F_BYTES(all, more, 4), IPC_F_END};
static const unsigned char wire[] =
    "\x01\x03\x02\x07\x06\x05\x04\x0f\x0e\x0d\x0c\x0b\x0a\x09\x08xyz\x04\0\0\0text\0\0\0\0";
static const struct all value = {1, 0x0203, 0x04050607, 0x08090a0b0c0d0e0fULL, "xyz", SPAN_LIT("text"), SPAN_NULL};

static void test_layout(void **state)
{
    struct buf b = BUF_INIT;
    struct all m = {0};
    struct err e;

    (void)state;
    ipc_encode(&b, all_f, &value);
    assert_int_equal(b.n, sizeof wire - 1);
    assert_memory_equal(b.p, wire, b.n);
    assert_int_equal(ipc_decode(buf_span(&b), all_f, &m, &e), RC_OK);
    assert_true(m.a == 1 && m.b == 0x0203 && m.c == 0x04050607 && m.d == value.d && memcmp(m.id, "xyz", 3) == 0);
    assert_true(span_eq_str(m.text, "text") && m.more.n == 0);
    buf_free(&b);
}

static void test_every_length(void **state)
{
    unsigned char longer[sizeof wire + 1];
    struct all m, before;
    struct err e;

    (void)state;
    memcpy(longer, wire, sizeof wire - 1);
    longer[sizeof wire - 1] = 0;
    memset(&before, 0x5a, sizeof before);
    for (size_t n = 0; n <= sizeof wire; n++) {
        memcpy(&m, &before, sizeof m);
        if (n == sizeof wire - 1) {
            assert_int_equal(ipc_decode(span_of(longer, n), all_f, &m, &e), RC_OK);
            continue;
        }
        assert_int_equal(ipc_decode(span_of(longer, n), all_f, &m, &e), RC_SYNTAX);
        assert_memory_equal(&m, &before, sizeof m); /* untouched */
    }
}

static void test_bounds(void **state)
{
    unsigned char big[sizeof wire];
    struct buf b = BUF_INIT;
    struct all m = value;
    struct err e;

    (void)state;
    memcpy(big, wire, sizeof wire - 1);
    big[18] = 5; /* the length of text: beyond its bound though the bytes are there */
    assert_int_equal(ipc_decode(span_of(big, sizeof wire - 1), all_f, &m, &e), RC_SYNTAX);
    big[21] = 0xff;
    assert_int_equal(ipc_decode(span_of(big, sizeof wire - 1), all_f, &m, &e), RC_SYNTAX);
    m.text = SPAN_LIT("12345");
    assert_int_equal(ipc_pack(&b, (struct ipc_head){20, 0, 0, 0}, all_f, &m, &e), RC_PERM);
    assert_int_equal(ipc_decode(SPAN_NULL, NULL, NULL, &e), RC_OK);
    assert_int_equal(ipc_decode(SPAN_LIT("x"), NULL, NULL, &e), RC_SYNTAX);
    buf_free(&b);
}

static void test_lists(void **state)
{
    struct buf b = BUF_INIT;
    struct span rest;
    struct all m;
    struct err e;

    (void)state;
    for (int i = 0; i < 3; i++)
        ipc_list_add(&b, all_f, &value);
    assert_int_equal(b.n, 3 * (4 + sizeof wire - 1));
    for (size_t n = 0; n <= b.n; n++) {
        int found = 0;
        enum rc rc;
        rest = span_head(buf_span(&b), n);
        while ((rc = ipc_list_next(&rest, all_f, &m, &e)) == RC_OK)
            found++;
        assert_int_equal(found, n / (4 + sizeof wire - 1));
        assert_int_equal(rc, n % (4 + sizeof wire - 1) == 0 ? RC_NOTFOUND : RC_SYNTAX);
    }
    buf_free(&b);
}

static void test_error_replies(void **state)
{
    struct err in, out;
    struct buf b = BUF_INIT;
    struct ipc_head h;
    struct span body;

    (void)state;
    memset(&in, 0, sizeof in);
    memset(in.log, 'l', sizeof in.log - 1);
    for (enum rc rc = RC_MORE; rc < RC_MAX_; rc++) {
        in.rc = rc;
        in.cause = rc == RC_MORE ? CAUSE_NONE : (enum cause)(CAUSES_ - rc);
        in.cause = rc == RC_MORE ? CAUSE_NONE : (enum cause)(CAUSES_ - rc);
        ipc_pack_failure(&b, (struct ipc_head){20, 0, 9, 0}, &in);
        assert_true(ipc_unhead(buf_span(&b), &h, &body));
        assert_true(h.op == 20 && h.seq == 9 && h.flags == (IPC_REPLY | IPC_ERROR));
        assert_int_equal(ipc_unfailure(body, &out), rc);
        assert_memory_equal(&in, &out, sizeof in);
    }
    for (size_t n = 0; n < body.n; n++)
        assert_int_equal(ipc_unfailure(span_head(body, n), &out), RC_SYNTAX);
    b.p[IPC_HEAD + 2] = CAUSES_ & 0xff; /* the first that this build does not know */
    b.p[IPC_HEAD + 3] = CAUSES_ >> 8;
    assert_int_equal(ipc_unfailure(body, &out), RC_SYNTAX);
    b.p[IPC_HEAD + 2] = b.p[IPC_HEAD + 3] = 0;
    b.p[IPC_HEAD + 2] = CAUSES_ & 0xff; /* the first that this build does not know */
    b.p[IPC_HEAD + 3] = CAUSES_ >> 8;
    assert_int_equal(ipc_unfailure(body, &out), RC_SYNTAX);
    b.p[IPC_HEAD + 2] = b.p[IPC_HEAD + 3] = 0;
    b.p[IPC_HEAD] = RC_MAX_;
    assert_int_equal(ipc_unfailure(body, &out), RC_SYNTAX);
    b.p[IPC_HEAD] = RC_OK;
    assert_int_equal(ipc_unfailure(body, &out), RC_SYNTAX);
    buf_free(&b);
    assert_false(ipc_unhead(SPAN_LIT("1234567"), &h, &body));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_layout), cmocka_unit_test(test_every_length),  cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_lists),  cmocka_unit_test(test_error_replies),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
