/* SPDX-License-Identifier: EUPL-1.2 */
/* admin/encoding_test.c - files in the encodings of spreadsheets, and what is in none. */
#include "admin/encoding.h"
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define HELENE "H\xC3\xA9l\xC3\xA8ne \xC5\x93 \xE2\x82\xAC"
static const struct {
    const char *name, *octets;
    size_t n;
    const char *utf8; /* or what e->log says */
} files[] = {
    {"windows-1252", "H\xE9l\xE8ne \x9C \x80", 10, HELENE},
    {"Windows-1252", "H\xE9l\xE8ne \x9C \x80", 10, HELENE},
    {"iso-8859-15", "H\xE9l\xE8ne \xBD \xA4", 10, HELENE},
    {"macintosh", "H\x8El\x8Fne \xCF \xDB", 10, HELENE},
    {"cp850", "H\x82l\x8Ane", 6, "H\xC3\xA9l\xC3\xA8ne"},
    {"utf-16", "\xFF\xFEH\0\xE9\0", 6, "H\xC3\xA9"},
    {"utf-16", "\xFE\xFF\0H\0\xE9", 6, "H\xC3\xA9"},
    {"utf-16", "\xFF\xFEH\0\xE9", 5, "line 1: the file ends within a character"},
    {"utf-8", HELENE, sizeof HELENE - 1, HELENE},
    {"windows-1252", "a\r\nb\x81", 5,
     "line 2: the octet 81 is nothing in windows-1252: the file is in another encoding"},
    {"windows-1252", "\x8D", 1, "line 1: the octet 8D is nothing in windows-1252: the file is in another encoding"},
    {"windows-1252", "\r\x8F", 2, "line 2: the octet 8F is nothing in windows-1252: the file is in another encoding"},
    {"windows-1252", "\n\n\x90", 3, "line 3: the octet 90 is nothing in windows-1252: the file is in another encoding"},
    {"windows-1252", "\x9D", 1, "line 1: the octet 9D is nothing in windows-1252: the file is in another encoding"},
    {"windows-1252", HELENE, sizeof HELENE - 1, "the file is UTF-8: without --encoding its letters are right"},
    {"windows-1252", "plain", 5, "plain"},
    {"windows-1252", "", 0, ""},
    {"ebcdic", "x", 1, "no such encoding: ebcdic (known: windows-1252, iso-8859-15, macintosh, cp850, utf-16, utf-8)"},
};

static void read_or_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        struct buf out = BUF_INIT;
        struct err e = {0};
        enum rc rc = encoding_to_utf8(files[i].name, span_of(files[i].octets, files[i].n), &out, &e);
        const char *got = rc == RC_OK ? buf_cstr(&out) : e.log;

        if ((rc != RC_OK && rc != RC_SYNTAX) || strcmp(got, files[i].utf8) != 0)
            fail_msg("row %zu: %s", i, got);
        buf_free(&out);
    }
}

/* Longer than what is converted at once, with a letter of two octets at each place of the seam. */
static void a_long_file(void **state)
{
    enum { N = 200001 };

    (void)state;
    for (size_t shift = 0; shift < 2; shift++) {
        struct buf in = BUF_INIT, out = BUF_INIT;
        struct err e;

        for (size_t i = 0; i < N; i++)
            buf_addc(&in, i < shift ? 'x' : 0xE9);
        assert_int_equal(encoding_to_utf8("windows-1252", buf_span(&in), &out, &e), RC_OK);
        assert_int_equal(out.n, 2 * N - shift);
        for (size_t i = shift; i < out.n; i += 2)
            assert_memory_equal(out.p + i, "\xC3\xA9", 2);
        buf_free(&in);
        buf_free(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(read_or_refused), cmocka_unit_test(a_long_file)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
