/* SPDX-License-Identifier: EUPL-1.2 */
/* httpd/choose_test.c - a form as browsers send it, and as nobody should; a code as people type it. */
#include "httpd/choose.h"
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const struct {
    const char *body;
    const char *value; /* of "code"; NULL: not there, or twice */
    size_t n;          /* where it holds a NUL */
} forms[] = {
    {"code=abc", "abc", 0},
    {"adresse=a&code=abc&nouveau=x", "abc", 0},
    {"code=", "", 0},
    {"code=a+b%20c%2Bd", "a b c+d", 0},
    {"code=%C3%A9t%c3%a9", "\xc3\xa9t\xc3\xa9", 0},
    {"code=a%00b", "a\0b", 3},
    {"code=100%", "100%", 0},
    {"code=%zz%4", "%zz%4", 0},
    {"code=a=b", "a=b", 0},
    {"&&&code=x&", "x", 0},
    {"", NULL, 0},
    {"code", NULL, 0},
    {"xcode=a", NULL, 0},
    {"code=a&code=b", NULL, 0},
    {"%63ode=a", NULL, 0},
};

static void a_field_is_found_once_and_decoded(void **st)
{
    (void)st;
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        struct buf out = BUF_SECRET_INIT;
        bool there = choose_field(span_str(forms[i].body), "code", &out);
        struct span want = forms[i].n ? span_of(forms[i].value, forms[i].n) : span_str(forms[i].value);

        if (there != (forms[i].value != NULL) || (there && !span_eq(buf_span(&out), want)))
            fail_msg("%s: %s", forms[i].body, there ? buf_cstr(&out) : "not there");
        buf_free(&out);
    }
}

static const struct {
    const char *typed, *is;
} codes[] = {
    {"abcde-fghjk-mnpqr-23456", "abcde-fghjk-mnpqr-23456"},
    {" ABCDE fghjk mnpqr 23456 ", "abcde-fghjk-mnpqr-23456"},
    {"abcdefghjkmnpqr23456", "abcde-fghjk-mnpqr-23456"},
    {"abcde--fghjk - mnpqr-23456", "abcde-fghjk-mnpqr-23456"},
    {"Abcde-fghjk-mnpqr-2345", "Abcde-fghjk-mnpqr-2345"},
    {"abcde-fghjk-mnpqr-23456-7", "abcde-fghjk-mnpqr-23456-7"},
    {" Un mot ", "Un mot"},
    {"", ""},
    {"   ", ""},
};

static void a_code_is_what_the_sheet_has(void **st)
{
    (void)st;
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        struct buf out = BUF_SECRET_INIT;

        choose_code(span_str(codes[i].typed), &out);
        if (!span_eq_str(buf_span(&out), codes[i].is))
            fail_msg("%s gives %s", codes[i].typed, buf_cstr(&out));
        buf_free(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_field_is_found_once_and_decoded),
        cmocka_unit_test(a_code_is_what_the_sheet_has),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
