/* SPDX-License-Identifier: EUPL-1.2 */
/* extract/structure_test.c - the structure of one part, for every kind of message around it; and texts that are cut off anywhere. */
#include "extract/structure.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define TEXT "(\"text\" \"plain\" (\"charset\" \"a\\\")(\") NIL NIL \"7bit\" 3 1 NIL NIL NIL NIL)"
#define PDF                                                                                                            \
    "(\"application\" \"pdf\" NIL NIL {6}\r\na)(\"b\" \"base64\" 9 NIL (\"attachment\" (\"filename\" \"x\")) NIL NIL)"
#define MIXED "(" TEXT PDF " \"mixed\" (\"boundary\" \"b\") NIL NIL NIL)"
#define ENV "(NIL \"s ) (\" ((NIL NIL \"a\" \"b\")) NIL NIL NIL NIL NIL NIL NIL)"
#define MESSAGE(body) "(\"message\" \"rfc822\" NIL NIL NIL \"7bit\" 90 " ENV " " body " 4 NIL NIL NIL NIL)"

static const struct {
    const char *whole, *part, *is; /* NULL: no such part */
} parts[] = {
    {TEXT, "", TEXT},
    {TEXT, "1", TEXT},
    {TEXT, "2", NULL},
    {TEXT, "1.1", NULL},
    {TEXT, "0", NULL},
    {TEXT, "x", NULL},
    {TEXT, "99999999999", NULL},
    {MIXED, "", MIXED},
    {MIXED, "1", TEXT},
    {MIXED, "2", PDF},
    {MIXED, "3", NULL},
    {MIXED, "1.1", NULL},
    {"(" MIXED PDF " \"mixed\" NIL NIL NIL NIL)", "1", MIXED},
    {"(" MIXED PDF " \"mixed\" NIL NIL NIL NIL)", "1.2", PDF},
    {"(" MIXED PDF " \"mixed\" NIL NIL NIL NIL)", "2", PDF},
    {"(" MIXED PDF " \"mixed\" NIL NIL NIL NIL)", "2.1", NULL},
    {MESSAGE(TEXT), "1", MESSAGE(TEXT)},
    {MESSAGE(TEXT), "1.1", TEXT},
    {MESSAGE(TEXT), "1.1.1", NULL},
    {MESSAGE(TEXT), "2", NULL},
    {MESSAGE(MIXED), "1.2", PDF},
    {MESSAGE(MIXED), "1.3", NULL},
    {MESSAGE(MESSAGE(TEXT)), "1.1", MESSAGE(TEXT)},
    {MESSAGE(MESSAGE(TEXT)), "1.1.1", TEXT},
    {"(" TEXT MESSAGE(MIXED) " \"mixed\" NIL NIL NIL NIL)", "2", MESSAGE(MIXED)},
    {"(" TEXT MESSAGE(MIXED) " \"mixed\" NIL NIL NIL NIL)", "2.2", PDF},
    {"(" TEXT MESSAGE(MIXED) " \"mixed\" NIL NIL NIL NIL)", "2.2.1", NULL},
    {"", "", NULL},
    {"NIL", "", NULL},
};

static void parts_are_found(void **state)
{
    struct span got;

    (void)state;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        bool there = structure_part(span_str(parts[i].whole), span_str(parts[i].part), &got);

        if (there != (parts[i].is != NULL) || (there && !span_eq_str(got, parts[i].is)))
            fail_msg("row %zu: %.*s", i, there ? (int)got.n : 4, there ? (const char *)got.p : "none");
    }
}

/* A copy of its own on the heap, so that a read beyond the end is seen. */
static void cut_anywhere(void **state)
{
    const char *whole = "(" TEXT MESSAGE(MIXED) PDF " \"mixed\" NIL NIL NIL NIL)";
    size_t all = strlen(whole);
    struct span got;

    (void)state;
    for (size_t n = 0; n < all; n++) {
        char *cut = malloc(n + 1);

        memcpy(cut, whole, n);
        cut = realloc(cut, n ? n : 1);
        assert_false(structure_part(span_of(cut, n), span_str(""), &got));
        assert_false(structure_part(span_of(cut, n), span_str("9"), &got));
        if (structure_part(span_of(cut, n), span_str("2.2"), &got))
            assert_true(span_eq_str(got, PDF));
        free(cut);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(parts_are_found), cmocka_unit_test(cut_anywhere)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
