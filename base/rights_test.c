/* SPDX-License-Identifier: EUPL-1.2 */
/* base/rights_test.c - rights from letters and back. RFC 4314 2.1, 2.1.1. */
#include "base/rights.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static void test_letters(void **state)
{
    static const struct {
        const char *in, *out, *with_obsolete;
        uint32_t rights;
    } cases[] = {
        {"", "", "", 0},
        {"lr", "lr", "lr", ACL_L | ACL_R},
        {"rl", "lr", "lr", ACL_L | ACL_R},
        {"rrr", "r", "r", ACL_R},
        {"lrswipkxtea", "lrswipkxtea", "lrswipkxteacd", ACL_ALL},
        {"c", "kx", "kxc", ACL_K | ACL_X},
        {"d", "te", "ted", ACL_T | ACL_E},
        {"kt", "kt", "kt", ACL_K | ACL_T},
    };
    struct buf b = BUF_INIT;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint32_t rights = 77;

        assert_true(rights_parse(span_str(cases[i].in), &rights));
        assert_int_equal(rights, cases[i].rights);
        buf_clear(&b);
        rights_put(rights, false, &b);
        assert_string_equal(buf_cstr(&b), cases[i].out);
        buf_clear(&b);
        rights_put(rights, true, &b);
        assert_string_equal(buf_cstr(&b), cases[i].with_obsolete);
    }
    buf_free(&b);
}

static void test_no_such_right(void **state)
{
    static const char *const bad[] = {"L", "lr ", "z", "0", "lrq", "é", "-r"};
    uint32_t rights = 77;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(rights_parse(span_str(bad[i]), &rights));
    assert_false(rights_parse(SPAN_LIT("l\0r"), &rights));
    assert_int_equal(rights, 77);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_letters), cmocka_unit_test(test_no_such_right)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
