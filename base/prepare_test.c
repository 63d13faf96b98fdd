/* SPDX-License-Identifier: EUPL-1.2 */
/* What people type becomes one form, or is refused. Examples of RFC 8265 3.5 and 4.3 among them. */
#include "base/prepare.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

typedef enum rc (*prepare_fn)(struct span typed, struct buf *out, struct err *e);
struct row {
    const char *typed, *out; /* out NULL: refused */
};

static void check_rows(prepare_fn fn, const struct row *t, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct buf out = BUF_INIT, again = BUF_INIT;
        struct err e = {0};
        enum rc rc = fn(span_str(t[i].typed), &out, &e);

        if ((rc == RC_OK) != (t[i].out != NULL))
            fail_msg("row %zu: rc %s", i, rc_name(rc));
        if (rc == RC_OK) {
            assert_string_equal(buf_cstr(&out), t[i].out);
            assert_int_equal(fn(buf_span(&out), &again, &e), RC_OK); /* prepared stays prepared */
            assert_string_equal(buf_cstr(&again), t[i].out);
        } else {
            assert_int_equal(out.n, 0);
            assert_int_not_equal(e.cause, CAUSE_NONE);
        }
        buf_free(&out);
        buf_free(&again);
    }
}

static void test_passwords(void **state)
{
    static const struct row t[] = {
        {"correct horse battery staple", "correct horse battery staple"},
        {"Correct Horse Battery Staple", "Correct Horse Battery Staple"},
        {"\xcf\x80\xc3\x9f\xc3\xa5", "\xcf\x80\xc3\x9f\xc3\xa5"},
        {"Jack of \xe2\x99\xa6s", "Jack of \xe2\x99\xa6s"},
        {"foo\xe1\x9a\x80"
         "bar",
         "foo bar"},                     /* OGHAM SPACE MARK */
        {"cafe\xcc\x81", "caf\xc3\xa9"}, /* NFD */
        {"caf\xc3\xa9", "caf\xc3\xa9"},  /* NFC */
        {"a\xc2\xa0"
         "b",
         "a b"},                          /* NO-BREAK SPACE: Option-space on a Mac */
        {"\xef\xbc\xa1", "\xef\xbc\xa1"}, /* full width stays */
        {"l\xc2\xb7l", "l\xc2\xb7l"},
        {"my cat is a \tby", NULL},
        {"a\xe2\x80\x8f"
         "b",
         NULL},
        {"a\xc2\xad"
         "b",
         NULL},
        {"a\x80", NULL},
        {"a\xcd\xb8", NULL}, /* unassigned */
        {"a\xe2\x80\x8d"
         "b",
         NULL}, /* joiner without virama */
        {"\xe0\xa4\x95\xe0\xa5\x8d\xe2\x80\x8d\xe0\xa4\xb7", "\xe0\xa4\x95\xe0\xa5\x8d\xe2\x80\x8d\xe0\xa4\xb7"},
        {"", NULL},
    };

    (void)state;
    check_rows(prepare_password, t, sizeof t / sizeof *t);
}

static void test_usernames(void **state)
{
    static const struct row t[] = {
        {"juliet@example.com", "juliet@example.com"},
        {"Juliet@Example.COM", "juliet@example.com"},
        {"fussball", "fussball"},
        {"fu\xc3\x9f"
         "ball",
         "fu\xc3\x9f"
         "ball"},
        {"\xcf\x80", "\xcf\x80"},
        {"\xce\xa3", "\xcf\x83"},
        {"\xef\xbc\xa1\xef\xbd\x8e\xef\xbd\x8e\xef\xbd\x81", "anna"}, /* full width */
        {"e\xcc\x81ric", "\xc3\xa9ric"},
        {"foo bar", NULL},
        {"henry\xe2\x85\xa3", NULL},
        {"\xe2\x88\x9e", NULL},
        {"a\xe2\x80\x8e"
         "b",
         NULL},
        {"a\xd7\x90", NULL}, /* left to right, then Hebrew */
        {"\xd7\x90\xd7\x91", "\xd7\x90\xd7\x91"},
        {"", NULL},
    };

    (void)state;
    check_rows(prepare_username, t, sizeof t / sizeof *t);
}

static void test_names(void **state)
{
    static const struct row t[] = {
        {"Patients/\xc3\x89t\xc3\xa9", "Patients/\xc3\x89t\xc3\xa9"},
        {"Patients/E\xcc\x81te\xcc\x81", "Patients/\xc3\x89t\xc3\xa9"},
        {"\xe2\x84\xab", "\xc3\x85"},                             /* ANGSTROM SIGN */
        {"\xe2\x9d\xa4\xef\xb8\x8f", "\xe2\x9d\xa4\xef\xb8\x8f"}, /* a heart with its variation selector */
        {"\xd7\x90\xd7\x91 1", "\xd7\x90\xd7\x91 1"},
        {"a\xe2\x80\xae"
         "b",
         NULL}, /* RIGHT-TO-LEFT OVERRIDE */
        {"a\xe2\x80\xaa"
         "b",
         NULL},
        {"a\xe2\x81\xa6"
         "b",
         NULL},
        {"a\xe2\x81\xa9"
         "b",
         NULL},
        {"a\xe2\x80\x8e", NULL},
        {"a\xe2\x80\x8f", NULL},
        {"a\xd8\x9c", NULL},     /* ARABIC LETTER MARK */
        {"a\xe2\x80\x8b", NULL}, /* ZERO WIDTH SPACE */
        {"a\xef\xbb\xbf", NULL},
        {"a\xc2\x85", NULL},
        {"a\xe2\x80\xa8", NULL},
        {"a\n", NULL},
        {"a\xed\xa0\x80", NULL},
    };

    (void)state;
    check_rows(prepare_name, t, sizeof t / sizeof *t);
}

static void test_shown(void **state)
{
    struct buf out = BUF_INIT;

    (void)state;
    prepare_shown(span_str("E\xcc\x81te\xcc\x81\xe2\x80\xae"), &out);
    assert_string_equal(buf_cstr(&out), "\xc3\x89t\xc3\xa9\xef\xbf\xbd");
    buf_clear(&out);
    prepare_shown(span_str("a\xff"), &out);
    assert_string_equal(buf_cstr(&out), "a\xff");
    buf_free(&out);
}

static void test_long(void **state)
{
    struct buf in = BUF_INIT, out = BUF_INIT;
    struct err e;

    (void)state;
    while (in.n + 3 <= PREPARE_MAX) /* U+FB2C: one becomes three */
        buf_addstr(&in, "\xef\xac\xac");
    assert_int_equal(prepare_name(buf_span(&in), &out, &e), RC_OK);
    assert_int_equal(out.n, in.n * 2);
    buf_addstr(&in, "ab");
    assert_int_equal(prepare_name(buf_span(&in), &out, &e), RC_PERM);
    buf_free(&in);
    buf_free(&out);
}

/* RFC 4518 2.2 to 2.6 */
/* Plain ASCII goes a way of its own: the same as through the tables, where a character that stays what it is sends it. */
static void test_ascii(void **state)
{
    static const prepare_fn fns[] = {prepare_password, prepare_username};
    static const char stays[] = "\xc3\xa9";

    (void)state;
    for (size_t f = 0; f < sizeof fns / sizeof *fns; f++)
        for (unsigned c = 0; c < 0x80; c++) {
            const char one[] = {'x', (char)c, 'Y'};
            struct buf with = BUF_INIT, own = BUF_INIT, tables = BUF_INIT;
            struct err e = {0}, e2 = {0};
            enum rc rc = fns[f](span_of(one, 3), &own, &e);

            buf_addspan(&with, span_of(one, 3));
            buf_addstr(&with, stays);
            assert_int_equal(fns[f](buf_span(&with), &tables, &e2), rc);
            if (rc == RC_OK) {
                buf_addstr(&own, stays);
                assert_int_equal(own.n, tables.n);
                assert_memory_equal(own.p, tables.p, own.n);
            }
            assert_int_equal(e.cause, e2.cause);
            buf_free(&with);
            buf_free(&own);
            buf_free(&tables);
        }
}

static void test_attributes(void **state)
{
    static const struct row t[] = {
        {"CH B", "ch b"},
        {"  CH   B ", "ch b"},
        {"CH\tB\r\nC", "ch b c"},
        {"CH\xc2\xa0\xe2\x80\x83\xe3\x80\x80"
         "B",
         "ch b"},                          /* no-break, em, ideographic space */
        {"SANT\xc3\x89", "sant\xc3\xa9"},  /* folded beyond ASCII */
        {"sante\xcc\x81", "sant\xc3\xa9"}, /* composed */
        {"sante", "sante"},                /* no accent: another value */
        {"STRA\xc3\x9f"
         "E",
         "strasse"},                              /* full folding */
        {"\xe2\x84\xa1", "tel"},                  /* U+2121: folded behind NFKC */
        {"\xef\xac\x81", "fi"},                   /* a ligature */
        {"\xef\xbc\xa1\xef\xbc\xa2", "ab"},       /* full width */
        {"\xd0\x96\xd0\xb6", "\xd0\xb6\xd0\xb6"}, /* Cyrillic */
        {"a\xc2\xad\xe2\x80\x8b\xef\xbb\xbf\x01z",
         "az"},                         /* soft hyphen, zero width space, byte order mark, a control */
        {"a \xcc\x81z", "a \xcc\x81z"}, /* the space carries an accent */
        {"\xcf\x83\xcf\x82\xce\xa3", "\xcf\x83\xcf\x83\xcf\x83"}, /* sigmas */
        {"", NULL},
        {"  \xc2\xa0 ", NULL},
        {"\xc2\xad", NULL},
        {"a\xff", NULL},
        {"a\xcd\xb8", NULL},     /* unassigned */
        {"a\xee\x80\x80", NULL}, /* private use */
        {"a\xef\xbf\xbd", NULL}, /* replacement character */
    };
    static char long_one[PREPARE_MAX + 2];

    (void)state;
    check_rows(prepare_attribute, t, sizeof t / sizeof *t);
    memset(long_one, 'x', PREPARE_MAX + 1);
    check_rows(prepare_attribute, &(struct row){long_one, NULL}, 1);
    long_one[PREPARE_MAX] = 0;
    check_rows(prepare_attribute, &(struct row){long_one, long_one}, 1);
}

/* In place, and never longer. */
static void test_line(void **state)
{
    static const char *const t[][2] = {
        {"", ""},
        {"H\xc3\xa9l\xc3\xa8ne \"x\" \xf0\x9f\x98\x80", "H\xc3\xa9l\xc3\xa8ne \"x\" \xf0\x9f\x98\x80"},
        {"e\xcc\x81", "e\xcc\x81"}, /* a file's name is found by what is shown */
        {"a\x1b[2Jb\r\nc\td\x7f", "a [2Jb  c d "},
        {"a\xc2\x80\xc2\x9b"
         "2J\xc2\x9f\xc2\xa0",
         "a??2J?\xc2\xa0"},                                /* C1; a no-break space is none */
        {"a\xe2\x80\xaez\xe2\x81\xa6y\xd8\x9c", "a?z?y?"}, /* U+202E, U+2066, U+061C */
        {"a\xe2\x80\xa8\xe2\x80\xa9z", "a??z"},            /* line and paragraph separators */
        {"H\xe9l\x9b \xc3", "H?l? ?"},                     /* windows-1252; a character that was cut */
        {"\xed\xa0\x80\xc0\xaf", "?????"},                 /* a surrogate, a long form */
    };

    (void)state;
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        char line[64];

        snprintf(line, sizeof line, "%s", t[i][0]);
        line[prepare_line(line, strlen(line))] = '\0';
        assert_string_equal(line, t[i][1]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_passwords), cmocka_unit_test(test_usernames),
                                       cmocka_unit_test(test_names),     cmocka_unit_test(test_shown),
                                       cmocka_unit_test(test_long),      cmocka_unit_test(test_attributes),
                                       cmocka_unit_test(test_ascii),     cmocka_unit_test(test_line)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
