/* SPDX-License-Identifier: EUPL-1.2 */
/* store/db/rec_test.c - records and keys: there and back, every prefix refused, another version refused, byte order
 * is number order. */
#include "store/db/rec.h"
#include "store/db/tables.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
/* last, as it asks */
#include <cmocka.h>

static const struct ipc_field *const all[] = {counters_f, msg_f, objref_f, box_f, folder_f, keyword_f, queued_f};

static void fill(const struct ipc_field *f, unsigned char *rec)
{
    struct span s = SPAN_LIT("some");

    for (; f->type != IPC_END; f++)
        if (f->type == IPC_BYTES)
            memcpy(rec + f->off, &s, sizeof s);
        else
            memset(rec + f->off, f->off % 251, f->size);
}

static void test_records(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        unsigned char rec[IPC_STRUCT_MAX] = {0}, back[IPC_STRUCT_MAX] = {0};
        struct buf b = BUF_INIT, again = BUF_INIT;
        struct err e;

        fill(all[i], rec);
        rec_write(&b, all[i], rec);
        assert_int_equal(rec_read(buf_span(&b), all[i], back, &e), RC_OK);
        rec_write(&again, all[i], back);
        assert_true(span_eq(buf_span(&b), buf_span(&again)));
        for (size_t n = 0; n < b.n; n++)
            if (all[i] != msg_f || n != b.n - 8) /* row_of_a_message_before() */
                assert_int_equal(rec_read(span_of(b.p, n), all[i], back, &e), RC_CORRUPT);
        b.p[0] = REC_VERSION + 1;
        assert_int_equal(rec_read(buf_span(&b), all[i], back, &e), RC_CORRUPT);
        buf_free(&b);
        buf_free(&again);
    }
}

static void test_brief(void **state)
{
    struct msg m = {.flags = 0x0102030405060708, .modseq = 0x1112131415161718, .size = 99, .where = 3};
    struct buf b = BUF_INIT;
    uint64_t flags, modseq;
    struct err e;

    (void)state;
    rec_write(&b, msg_f, &m);
    assert_int_equal(b.n, MSG_REC);
    assert_int_equal(rec_brief(buf_span(&b), &flags, &modseq, &e), RC_OK);
    assert_true(flags == m.flags && modseq == m.modseq);
    for (size_t n = 0; n < b.n; n++)
        assert_int_equal(rec_brief(span_of(b.p, n), &flags, &modseq, &e), RC_CORRUPT);
    buf_u8(&b, 0);
    assert_int_equal(rec_brief(buf_span(&b), &flags, &modseq, &e), RC_CORRUPT);
    b.n--;
    b.p[0] = REC_VERSION + 1;
    assert_int_equal(rec_brief(buf_span(&b), &flags, &modseq, &e), RC_CORRUPT);
    buf_free(&b);
}

static int order(struct key a, struct key b)
{
    return span_cmp(key_span(&a), key_span(&b));
}

static void test_keys(void **state)
{
    unsigned char oid[16] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 18};

    (void)state;
    assert_true(order(key_msg(1, 1, 255), key_msg(1, 1, 256)) < 0);
    assert_true(order(key_msg(1, 1, UINT32_MAX), key_msg(1, 2, 1)) < 0);
    assert_true(order(key_msg(255, 9, 9), key_msg(256, 1, 1)) < 0);
    assert_true(order(key_seq(1, 1, 0xffffffff), key_seq(1, 1, 0x100000000)) < 0);
    assert_true(order(key_due(9, 99, 9), key_due(10, 1, 1)) < 0);
    assert_true(order(key_segment(255), key_segment(256)) < 0);
    assert_int_equal(key_oid(oid).b[0], 2 << 4 | 1);
    assert_int_equal(key_oid(oid).n, 17);
    assert_int_equal(key_msg(0x0102030405060708, 0x11121314, 0x21222324).n, 16);
    assert_int_equal(key_msg(0x0102030405060708, 0x11121314, 0x21222324).b[0], 1);
    assert_true(be64(key_mbx(0x0102030405060708).b) == 0x0102030405060708);
    for (int t = 0; t < TABLES; t++)
        assert_true(tables[t].page >= 512 && tables[t].page <= 65536 && (tables[t].page & (tables[t].page - 1)) == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_records), cmocka_unit_test(test_brief),
                                       cmocka_unit_test(test_keys)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
