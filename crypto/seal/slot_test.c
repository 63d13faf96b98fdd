/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/seal/slot_test.c - key slots: the list's grammar at every prefix. */
#include "crypto/seal/slot.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static struct err e;

static void test_list(void **st)
{
    struct buf l = BUF_INIT, rest = BUF_INIT;
    struct slot s,
        in[] = {{1, 0, SPAN_LIT("keyd")}, {2, 1, SPAN_LIT("")}, {900, 7, SPAN_LIT("unknown")}, {2, 2, SPAN_LIT("pw")}};
    struct span r;

    (void)st;
    for (size_t i = 0; i < 4; i++)
        slot_add(&l, &in[i]);
    r = buf_span(&l);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(slot_next(&r, &s, &e), RC_OK);
        assert_int_equal(s.type, in[i].type);
        assert_int_equal(s.id, in[i].id);
        assert_true(span_eq(s.body, in[i].body));
    }
    assert_int_equal(slot_next(&r, &s, &e), RC_NOTFOUND);
    assert_int_equal(slot_find(buf_span(&l), SLOT_PASSWORD, &s, &e), RC_OK);
    assert_int_equal(s.id, 1);
    assert_int_equal(slot_find(buf_span(&l), SLOT_SIGNING, &s, &e), RC_NOTFOUND);
    assert_int_equal(slot_without(buf_span(&l), SLOT_PASSWORD, 2, &rest, &e), RC_OK);
    assert_int_equal(rest.n, l.n - 10);
    buf_clear(&rest);
    assert_int_equal(slot_without(buf_span(&l), SLOT_PASSWORD, 0, &rest, &e), RC_OK);
    assert_int_equal(rest.n, l.n - 18);
    buf_free(&l);
    buf_free(&rest);
}

/* cut anywhere, the list gives the whole records before the cut, then RC_CORRUPT (or the end, at an edge) */
static void test_list_cut(void **st)
{
    struct buf l = BUF_INIT;
    struct slot s = {1, 3, SPAN_LIT("0123456789")};

    (void)st;
    slot_add(&l, &s);
    slot_add(&l, &s);
    for (size_t n = 0; n <= l.n; n++) {
        struct span r = span_head(buf_span(&l), n);
        size_t got = 0;
        enum rc rc;

        while ((rc = slot_next(&r, &s, &e)) == RC_OK)
            got++;
        assert_int_equal(got, n / 18);
        assert_int_equal(rc, n % 18 ? RC_CORRUPT : RC_NOTFOUND);
    }
    buf_free(&l);
}

int main(void)
{
    const struct CMUnitTest t[] = {cmocka_unit_test(test_list), cmocka_unit_test(test_list_cut)};

    return cmocka_run_group_tests_name("slot", t, NULL, NULL);
}
