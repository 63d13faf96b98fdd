/* SPDX-License-Identifier: EUPL-1.2 */
/* admin/table_test.c - tables as spreadsheets write them, and what is none. */
#include "admin/table.h"
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static enum rc show(const struct table_row *row, void *ctx, struct err *e)
{
    struct buf *out = ctx;

    (void)e;
    buf_addf(out, "%u:", (unsigned)row->line);
    for (size_t i = 0; i < row->n; i++)
        buf_addf(out, "<%.*s>", SPAN_ARG(row->cell[i]));
    return RC_OK;
}

#define SAY                                                                                                            \
    "save it as \"CSV UTF-8\" in the spreadsheet, or say --encoding windows-1252 and look at the names with --dry-run"
static const struct {
    const char *text, *rows; /* or what e->log says */
} tables[] = {
    {"", ""},
    {"\n\n", ""},
    {"a;b\n1;2\n", "1:<a><b>2:<1><2>"},
    {"a,b\n1,2", "1:<a><b>2:<1><2>"},
    {"a\tb\n1\t\n", "1:<a><b>2:<1><>"},
    {"a;b\r\n1;2\r\n\r\n3;4\r\n", "1:<a><b>2:<1><2>4:<3><4>"},
    {"\xEF\xBB\xBF"
     "a;b\n1;2\n",
     "1:<a><b>2:<1><2>"},
    {"a;b\n\" x;\"\"y\"\"\n z \";2\n3;4\n", "1:<a><b>2:<x;\"y\"\n z><2>4:<3><4>"},
    {"a;b\n  1 ; \"2\" \n", "1:<a><b>2:<1><2>"},
    {"a;b\n1;\"\xC3\xA9t\xC3\xA9\"\n", "1:<a><b>2:<1><\xC3\xA9t\xC3\xA9>"},
    {"a;b\r1;\"x\ry\"\r3;4\r", "1:<a><b>2:<1><x\ry>4:<3><4>"}, /* a Mac's line ends */
    {"a;b\n;\n1;2\n ; \n;\"\"\n", "1:<a><b>3:<1><2>"},         /* rows that were emptied */
    {"PK\003\004\024", "the file is a workbook: save it as \"CSV UTF-8\" in the spreadsheet"},
    {"sep=;\r\na;b,c,d,e\r\n1;2\r\n", "2:<a><b,c,d,e>3:<1><2>"},
    {"sep=,\na,b;c;d\n", "2:<a><b;c;d>"},
    {"sep=;", "1:<sep=><>"},
    {"sep=xy;z\n", "1:<sep=xy><z>"},
    {"a;b\r1;\xE9\r", "line 2: the file is not UTF-8: " SAY},
    {"a;b\n'=1+1;''x\n'Hooft;'\n", "1:<a><b>2:<=1+1><'x>3:<'Hooft><'>"},
    {"nom,service;x;y\nz\n", "1:<nom,service><x><y>2:<z>"}, /* the separator it has most of */
    {"a;b\n1;\"2\n3;4\n", "line 2: its quotes do not end"},
    {"a;b\n1;x\"2\n3;4\n", "line 2: a quote stands where none may be"},
    {"a;b\n1;\"x\"y\n3;4\n", "line 2: a quote stands where none may be"},
    {"a;b\n1;\xE9t\xE9\n", "line 2: the file is not UTF-8: " SAY},
    {"\xFF\xFE"
     "a",
     "the file is UTF-16: save it as \"CSV UTF-8\", or say --encoding utf-16"},
    {"a;b\n1;\xC3", "line 2: the file is not UTF-8: " SAY},
};

static void rows_and_their_lines(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        struct buf out = BUF_INIT;
        struct err e = {0};
        enum rc rc = table_each(span_str(tables[i].text), show, &out, &e);
        const char *got = rc == RC_OK ? buf_cstr(&out) : e.log;

        if ((rc != RC_OK && rc != RC_SYNTAX) || strcmp(got, tables[i].rows) != 0)
            fail_msg("row %zu: %s", i, got);
        buf_free(&out);
    }
}

static void bounds(void **state)
{
    struct buf text = BUF_INIT, out = BUF_INIT;
    struct err e;

    (void)state;
    for (int i = 0; i < TABLE_CELLS; i++)
        buf_addstr(&text, "x;");
    assert_int_equal(table_each(buf_span(&text), show, &out, &e), RC_SYNTAX); /* one more, empty */
    assert_string_equal(e.log, "line 1: more cells than a row can have");
    buf_clear(&text);
    for (int i = 0; i <= TABLE_ROW_MOST; i++)
        buf_addc(&text, 'x');
    assert_int_equal(table_each(buf_span(&text), show, &out, &e), RC_SYNTAX);
    assert_int_equal(table_each(span_of("a\0b", 3), show, &out, &e), RC_SYNTAX);
    buf_free(&text);
    buf_free(&out);
}

static void written_cells_are_read_back(void **state)
{
    static const char *const cells[] = {"x",    "",       "a;b",  "a,b",  "\"",
                                        "a\nb", "a\r\nb", "=1+1", "+x;y", "-\"",
                                        "@x",   "'x",     "'=x",  "''",   "d'\xC3\xA9t\xC3\xA9"};

    (void)state;
    for (size_t i = 0; i < sizeof cells / sizeof *cells; i++) {
        struct buf text = BUF_INIT, out = BUF_INIT, want = BUF_INIT;
        struct err e;

        table_put(&text, SPAN_LIT("k"), ';');
        buf_addc(&text, ';');
        table_put(&text, span_str(cells[i]), ';');
        buf_addstr(&text, "\r\n");
        buf_addf(&want, "1:<k><%s>", cells[i]);
        assert_int_equal(table_each(buf_span(&text), show, &out, &e), RC_OK);
        assert_string_equal(buf_cstr(&out), buf_cstr(&want));
        buf_free(&text);
        buf_free(&out);
        buf_free(&want);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(rows_and_their_lines), cmocka_unit_test(bounds),
                                       cmocka_unit_test(written_cells_are_read_back)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
