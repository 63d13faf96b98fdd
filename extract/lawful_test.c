/* SPDX-License-Identifier: EUPL-1.2 */
/* extract/lawful_test.c - texts that a taken-over session could have sealed: only what the grammar allows is lawful. */
#include "extract/summary.h"
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define NONE "(NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)"
#define E(x) "(NIL NIL NIL NIL NIL NIL NIL NIL NIL " x ")"
static const struct {
    enum summary_text which;
    bool lawful;
    const char *text;
} forged[] = {
    {SUMMARY_ENVELOPE, true, E("NIL")},
    {SUMMARY_ENVELOPE, true, E("\"\"")},
    {SUMMARY_ENVELOPE, true, E("{3}\r\na\r\n")},
    {SUMMARY_ENVELOPE, false, E("NIL") "\r\n* 1 EXPUNGE\r\n"},
    {SUMMARY_ENVELOPE, false, E("NIL") ")\r\n* BYE"},
    {SUMMARY_ENVELOPE, false, E("NIL") " "},
    {SUMMARY_ENVELOPE, false, E("NIL NIL")},
    {SUMMARY_ENVELOPE, false, E("\"a\r\n* 1 EXPUNGE\"")},
    {SUMMARY_ENVELOPE, false, E("\"a\\n\"")},
    {SUMMARY_ENVELOPE, false, E("\"a")},
    {SUMMARY_ENVELOPE, false, E("{4}\r\na")},
    {SUMMARY_ENVELOPE, false, E("{18446744073709551615}\r\na")},
    {SUMMARY_ENVELOPE, false, E("{99999999999999999999999}\r\na")},
    {SUMMARY_ENVELOPE, false, E("{1+}\r\na")},
    {SUMMARY_ENVELOPE, false, E("~{1}\r\na")},
    {SUMMARY_ENVELOPE, false, E("\"\xc3\xa9\"")},
    {SUMMARY_ENVELOPE, false, E("atom")},
    {SUMMARY_ENVELOPE, false, "(NIL NIL () NIL NIL NIL NIL NIL NIL NIL)"},
    {SUMMARY_ENVELOPE, false, "(NIL NIL ((NIL NIL NIL)) NIL NIL NIL NIL NIL NIL NIL)"},
    {SUMMARY_ENVELOPE, false, ""},
    {SUMMARY_BODY, true, "(\"a\" \"b\" NIL NIL NIL \"7BIT\" 1)"},
    {SUMMARY_BODY, true, "(\"a\" \"b\" (\"c\" \"d\") NIL NIL \"7BIT\" 1)"},
    {SUMMARY_BODY, false, "(\"a\" \"b\" (\"c\") NIL NIL \"7BIT\" 1)"},
    {SUMMARY_BODY, false, "(\"a\" \"b\" NIL NIL NIL \"7BIT\" 1 NIL NIL NIL NIL)"},
    {SUMMARY_BODY, false, "(\"a\" \"b\" NIL NIL NIL \"7BIT\" -1)"},
    {SUMMARY_BODY, false, "(\"a\" \"b\" NIL NIL NIL NIL 1)"},
    {SUMMARY_BODY, false, "(\"text\" \"b\" NIL NIL NIL \"7BIT\" 1)"},
    {SUMMARY_BODY, false, "(\"multipart\" \"b\" NIL NIL NIL \"7BIT\" 1)"},
    {SUMMARY_BODY, false, "(\"message\" \"rfc822\" NIL NIL NIL \"7BIT\" 1)"},
    {SUMMARY_BODY, false,
     "(\"message\" \"global\" NIL NIL NIL \"7BIT\" 1 " NONE " (\"a\" \"b\" NIL NIL NIL \"7BIT\" 1) 1)"},
    {SUMMARY_BODY, false, "((\"a\" \"b\" NIL NIL NIL \"7BIT\" 1) \"mixed\")\r\n"},
    {SUMMARY_BODYSTRUCTURE, true, "(\"a\" \"b\" NIL NIL NIL \"7BIT\" 1 NIL NIL NIL NIL)"},
    {SUMMARY_BODYSTRUCTURE, true, "(\"a\" \"b\" NIL NIL NIL \"7BIT\" 1 NIL (\"x\" NIL) (\"fr\" \"en\") \"l\")"},
    {SUMMARY_BODYSTRUCTURE, false, "(\"a\" \"b\" NIL NIL NIL \"7BIT\" 1 NIL NIL NIL NIL \"more\")"},
    {SUMMARY_BODYSTRUCTURE, false, "(\"a\" \"b\" NIL NIL NIL \"7BIT\" 1 NIL \"x\" NIL NIL)"},
};

static void test_forged_texts(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof forged / sizeof *forged; i++) {
        struct span t = span_str(forged[i].text);
        struct summary v = {.envelope = t, .body = t, .bodystructure = t};

        if (summary_lawful(&v, forged[i].which) != forged[i].lawful)
            fail_msg("row %zu: %s", i, forged[i].text);
    }
}

static void test_forged_depth(void **state)
{
    struct buf b = BUF_INIT;
    struct summary v = {.size = 0};

    (void)state;
    for (int i = 0; i < 100000; i++)
        buf_addc(&b, '(');
    v.body = buf_span(&b);
    assert_false(summary_lawful(&v, SUMMARY_BODY));
    buf_free(&b);
}

static void test_parts_lie_inside(void **state)
{
    struct scan *s = scan_new();
    struct buf out = BUF_INIT, mem = BUF_INIT;
    struct summary v;
    struct summary_part p;
    struct err e;

    (void)state;
    scan_feed(s, SPAN_LIT("A: b\r\n\r\nhello\r\n"));
    scan_end(s);
    summary_build(s, NULL, &out);
    assert_int_equal(summary_read(buf_span(&out), &mem, &v, &e), RC_OK);
    assert_int_equal(summary_part(&v, SPAN_LIT("1"), &p, &e), RC_OK);
    v.size--;
    assert_int_equal(summary_part(&v, SPAN_LIT("1"), &p, &e), RC_CORRUPT);
    buf_free(&out);
    buf_free(&mem);
    scan_free(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_forged_texts),
        cmocka_unit_test(test_forged_depth),
        cmocka_unit_test(test_parts_lie_inside),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
