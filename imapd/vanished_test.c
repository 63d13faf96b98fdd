/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/vanished_test.c - which UIDs are told as VANISHED: ranges of the store against a view, what the client knows, and lines.
 * Process  tests. */
#include "imapd/vanished.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static uint32_t uids[] = {10, 20, 21, 30};
static struct view view = {.n = 4, .told = 4, .uid = uids, .uidnext = 41};

static void check(const uint32_t *gone, size_t n, const struct vanished_of *of, const char *want)
{
    struct imap_session s = {.view = &view};
    struct vanished_line l = {.s = &s};
    struct buf b = BUF_INIT;

    for (size_t i = 0; i < n; i++)
        buf_u32(&b, gone[i]);
    vanished_ranges(&l, buf_span(&b), of);
    vanished_end(&l);
    assert_string_equal(buf_cstr(&s.out), want);
    buf_free(&b);
    buf_free(&s.out);
}

static void what_left_is_told(void **state)
{
    static const uint32_t one[] = {5, 5}, rows[] = {12, 13, 14, 14, 7, 7}, all[] = {1, UINT32_MAX},
                          none[] = {20, 21, 41, 60};
    struct imap_range r[] = {{3, 8}, {11, 20}, {25, 99}};
    struct imap_set known = {.r = r, .n = 3};

    (void)state;
    check(one, 2, &(struct vanished_of){NULL, 0}, "* VANISHED (EARLIER) 5\r\n");
    check(rows, 6, &(struct vanished_of){NULL, 0}, "* VANISHED (EARLIER) 12:14,7\r\n");
    check(all, 2, &(struct vanished_of){NULL, 0}, "* VANISHED (EARLIER) 1:9,11:19,22:29,31:40\r\n");
    check(all, 2, &(struct vanished_of){&known, 0}, "* VANISHED (EARLIER) 3:8,11:19,25:29,31:40\r\n");
    check(all, 2, &(struct vanished_of){&known, 20}, "* VANISHED (EARLIER) 25:29,31:40\r\n");
    check(all, 2, &(struct vanished_of){NULL, 40}, "");
    check(none, 4, &(struct vanished_of){NULL, 0}, "");
}

static void lines_are_bounded(void **state)
{
    struct imap_session s = {.view = &view};
    struct vanished_line l = {.s = &s};
    size_t longest = 0, at = 0, lines = 0;

    (void)state;
    for (uint32_t uid = 1000001; uid < 1020000; uid += 2)
        vanished_put(&l, uid, uid, "");
    vanished_end(&l);
    for (size_t i = 0; i < s.out.n; i++)
        if (s.out.p[i] == '\n') {
            longest = i - at > longest ? i - at : longest;
            at = i;
            lines++;
        }
    assert_true(lines > 5 && longest < 8100 && at + 1 == s.out.n);
    buf_free(&s.out);
}

static void numbers_match(void **state)
{
    struct imap_range s1[] = {{1, 2}, {4, 5}}, u1[] = {{10, 10}, {20, 20}, {29, 30}}, s2[] = {{1, 1}, {3, 3}},
                      u2[] = {{10, 10}, {20, 20}};
    struct imap_range every = {1, UINT32_MAX};
    struct imap_set none = {0}, all = {.r = &every, .n = 1};

    (void)state;
    assert_int_equal(vanished_match(&view, &(struct imap_set){.r = s1, .n = 2}, &(struct imap_set){.r = u1, .n = 3}),
                     20);
    assert_int_equal(vanished_match(&view, &(struct imap_set){.r = s2, .n = 2}, &(struct imap_set){.r = u2, .n = 2}),
                     10);
    assert_int_equal(vanished_match(&view, &none, &none), 0);
    assert_int_equal(vanished_match(&view, &all, &all), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(what_left_is_told), cmocka_unit_test(lines_are_bounded),
                                       cmocka_unit_test(numbers_match)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
