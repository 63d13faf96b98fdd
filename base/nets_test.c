/* SPDX-License-Identifier: EUPL-1.2 */
/* base/nets_test.c - which lists are lists, and which addresses are in them. */
#include "base/nets.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
/* last, as it asks */
#include <cmocka.h>

static const struct {
    const char *list, *ip;
    bool has;
} in[] = {
    {"", "192.0.2.1", false},
    {"192.0.2.1", "192.0.2.1", true},
    {"192.0.2.1", "::ffff:192.0.2.1", true},
    {"192.0.2.1", "192.0.2.2", false},
    {"192.0.2.0/24", "192.0.2.255", true},
    {"192.0.2.0/24", "192.0.3.0", false},
    {"192.0.2.8/29", "192.0.2.15", true},
    {"192.0.2.8/29", "192.0.2.16", false},
    {"0.0.0.0/0", "255.1.2.3", true},
    {"0.0.0.0/0", "2001:db8::1", false},
    {"::/0", "2001:db8::1", true},
    {"2001:db8::/33", "2001:db8:7fff::1", true},
    {"2001:db8::/33", "2001:db8:8000::1", false},
    {"::1", "::1", true},
    {"::1", "127.0.0.1", false},
    {"10.0.0.1, ::1  192.0.2.1", "::1", true},
    {"10.0.0.1, ::1  192.0.2.1", "192.0.2.1", true},
    {"::1", "", false},
};
static const char *const not [] = {"192.0.2.1/24",
                                   "192.0.2",
                                   "192.0.2.0/33",
                                   "2001:db8::/129",
                                   "2001:db8::1/64",
                                   "name.test",
                                   "192.0.2.1/",
                                   "192.0.2.1/x",
                                   "/8",
                                   "[::1]",
                                   "::1%lo",
                                   "192.0.2.1;10.0.0.1",
                                   "1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb"};

static void which_are_in(void **state)
{
    struct nets n;

    (void)state;
    for (size_t i = 0; i < sizeof in / sizeof *in; i++) {
        assert_true(nets_parse(span_str(in[i].list), &n));
        if (nets_has(&n, in[i].ip) != in[i].has)
            fail_msg("%s in %s", in[i].ip, in[i].list);
    }
    for (size_t i = 0; i < sizeof not / sizeof *not ; i++)
        if (nets_parse(span_str(not [i]), &n))
            fail_msg("taken: %s", not [i]);
}

static void no_more_than_fit(void **state)
{
    char list[40 * 12] = "";
    struct nets n;

    (void)state;
    for (int i = 0; i < NETS_MAX; i++)
        snprintf(list + strlen(list), sizeof list - strlen(list), "10.0.0.%d,", i);
    assert_true(nets_parse(span_str(list), &n));
    assert_int_equal(n.n, NETS_MAX);
    snprintf(list + strlen(list), sizeof list - strlen(list), "::1");
    assert_false(nets_parse(span_str(list), &n));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(which_are_in), cmocka_unit_test(no_more_than_fit)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
