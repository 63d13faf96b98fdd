/* SPDX-License-Identifier: EUPL-1.2 */
/* store/wire/wire_test.c - every message of the protocol: there and back, every prefix, bits turned; and what the tables
 * promise of themselves. */
#include "store/wire/wire.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
/* last, as it asks */
#include <cmocka.h>

static const struct ipc_field *const records[] = {
    store_place_f,   store_remote_f,     store_placed_f,      store_folder_f,    store_rename_f, store_entry_f,
    store_keyword_f, store_queue_item_f, store_queue_error_f, store_queue_sum_f, store_warning_f};
enum { RECORDS = sizeof records / sizeof records[0] };
typedef void (*check_fn)(const struct ipc_field *f, const char *what);

static void each_table(check_fn fn)
{
    for (size_t i = 0; i < stored_proto.n_ops; i++) {
        if (stored_proto.ops[i].req)
            fn(stored_proto.ops[i].req, stored_proto.ops[i].name);
        if (stored_proto.ops[i].rep)
            fn(stored_proto.ops[i].rep, stored_proto.ops[i].name);
    }
    for (size_t i = 0; i < RECORDS; i++)
        fn(records[i], "record");
}

/* A struct with every field set to something: integers to a pattern, bytes to a few or none. */
static void fill(const struct ipc_field *f, unsigned char *msg, unsigned seed)
{
    static unsigned char text[40];

    memset(text, 'x', sizeof text);
    for (; f->type != IPC_END; f++) {
        struct span s = span_of(text, (seed * 7 + f->off) % (f->size < sizeof text ? f->size + 1 : sizeof text));

        if (f->type == IPC_BYTES)
            memcpy(msg + f->off, &s, sizeof s);
        else
            for (size_t i = 0; i < f->size; i++)
                msg[f->off + i] = (unsigned char)(seed + f->off + i);
    }
}

static void check_round(const struct ipc_field *f, const char *what)
{
    unsigned char a[IPC_STRUCT_MAX], b[IPC_STRUCT_MAX];
    struct buf one = BUF_INIT, two = BUF_INIT;
    struct err e;

    for (unsigned seed = 0; seed < 20; seed++) {
        memset(a, 0, sizeof a);
        memset(b, 0, sizeof b);
        fill(f, a, seed);
        buf_clear(&one);
        buf_clear(&two);
        ipc_encode(&one, f, a);
        if (ipc_decode(buf_span(&one), f, b, &e) != RC_OK)
            fail_msg("%s: %s", what, e.log);
        ipc_encode(&two, f, b);
        assert_int_equal(one.n, two.n);
        assert_memory_equal(one.p, two.p, one.n);
    }
    buf_free(&one);
    buf_free(&two);
}

/* Cut short or with a byte more: refused, and nothing is written. */
static void check_lengths(const struct ipc_field *f, const char *what)
{
    unsigned char a[IPC_STRUCT_MAX] = {0}, b[IPC_STRUCT_MAX], clean[IPC_STRUCT_MAX] = {0};
    struct buf out = BUF_INIT;
    struct err e;

    fill(f, a, 3);
    ipc_encode(&out, f, a);
    buf_addc(&out, 0);
    for (size_t n = 0; n <= out.n; n++) {
        unsigned char *exact = malloc(n ? n : 1); /* so that a read beyond shows */

        memcpy(exact, out.p, n);
        memset(b, 0, sizeof b);
        if ((ipc_decode(span_of(exact, n), f, b, &e) == RC_OK) != (n == out.n - 1))
            fail_msg("%s: %zu of %zu bytes", what, n, out.n - 1);
        if (n != out.n - 1)
            assert_memory_equal(b, clean, sizeof b);
        free(exact);
    }
    buf_free(&out);
}

/* Any bit turned: refused, or another lawful message, but never out of bounds. */
static void check_bits(const struct ipc_field *f, const char *what)
{
    unsigned char a[IPC_STRUCT_MAX] = {0}, b[IPC_STRUCT_MAX];
    struct buf out = BUF_INIT, again = BUF_INIT;
    struct err e;

    (void)what;
    fill(f, a, 5);
    ipc_encode(&out, f, a);
    for (size_t bit = 0; bit < out.n * 8; bit++) {
        out.p[bit / 8] ^= (unsigned char)(1 << bit % 8);
        memset(b, 0, sizeof b);
        if (ipc_decode(buf_span(&out), f, b, &e) == RC_OK) {
            buf_clear(&again);
            ipc_encode(&again, f, b);
            assert_int_equal(again.n, out.n);
            assert_memory_equal(again.p, out.p, out.n);
        }
        out.p[bit / 8] ^= (unsigned char)(1 << bit % 8);
    }
    buf_free(&out);
    buf_free(&again);
}

static void test_round(void **state)
{
    (void)state;
    each_table(check_round);
}

static void test_lengths(void **state)
{
    (void)state;
    each_table(check_lengths);
}

static void test_bits(void **state)
{
    (void)state;
    each_table(check_bits);
}

/* Numbers and names are unique; everything fits its bounds. */
static void test_tables(void **state)
{
    (void)state;
    for (size_t i = 0; i < stored_proto.n_ops; i++) {
        const struct ipc_op *o = &stored_proto.ops[i];

        assert_ptr_equal(ipc_op_find(&stored_proto, o->op), o);
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(stored_proto.ops[k].name, o->name);
        assert_int_equal((o->bits & IPC_REQ_FD) != 0,
                         o->op == STORE_DELIVER_FD || o->op == STORE_FOLDER_RENAME_FD || o->op == STORE_APPEND);
        for (int side = 0; side < 2; side++) {
            const struct ipc_field *f = side ? o->rep : o->req;
            size_t n = 0;

            for (; f && f->type != IPC_END; f++, n++) {
                assert_true(f->off + f->size <= IPC_STRUCT_MAX || f->type == IPC_BYTES);
                assert_true(f->size <= IPC_MSG_MAX - 2048); /* a field at its bound still leaves room for the rest */
            }
            assert_true(n <= IPC_FIELDS_MAX);
        }
    }
    assert_false(ipc_op_find(&stored_proto, STORE_EXPUNGE)->bits & IPC_AGAIN);
    assert_true(ipc_op_find(&stored_proto, STORE_DELIVER)->bits & IPC_AGAIN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round),
        cmocka_unit_test(test_lengths),
        cmocka_unit_test(test_bits),
        cmocka_unit_test(test_tables),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
