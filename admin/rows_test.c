/* SPDX-License-Identifier: EUPL-1.2 */
/* admin/rows_test.c - the rows of a file in memory: many of them, their bounds, and names that come twice. What a table may look like: table_test.c,
 * domain_roster_test.c. */
#include "admin/rows.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { NAME, NOTE, COLUMNS, MOST = 600 };
static const struct column_heading columns[COLUMNS] = {
    [NAME] = {"name", "nom", "text"}, [NOTE] = {"note", "remarque", "text"}};
static const struct rows_form form = {columns, COLUMNS, 1u << NAME, "the column name", MOST, 64 * 1024};
static struct err e;

static enum rc read_rows(unsigned n, struct rows *out)
{
    struct buf text = BUF_INIT;
    enum rc rc;

    buf_addstr(&text, "note;name\n");
    for (unsigned i = 0; i < n; i++)
        buf_addf(&text, "%sn%u;name %u\n", i % 2 ? "\n" : "", i, i); /* an empty line is no row */
    rc = rows_read(buf_span(&text), NULL, &form, out, &e);
    buf_free(&text);
    return rc;
}

/* More than there was room for at first, twice over. */
static void every_row_keeps_its_cells(void **state)
{
    struct rows r;
    char want[32];

    (void)state;
    assert_int_equal(read_rows(MOST, &r), RC_OK);
    assert_int_equal(r.n, MOST);
    assert_int_equal(r.has, 1u << NAME | 1u << NOTE);
    for (uint32_t i = 0; i < MOST; i++) {
        snprintf(want, sizeof want, "name %u", (unsigned)i);
        assert_true(span_eq_str(rows_cell(&r, i, NAME), want));
        snprintf(want, sizeof want, "n%u", (unsigned)i);
        assert_true(span_eq_str(rows_cell(&r, i, NOTE), want));
        assert_int_equal(r.row[i].line, 2 + i + (i + 1) / 2);
    }
    rows_free(&r);
}

static void too_much_is_refused(void **state)
{
    struct rows r;
    struct buf large = BUF_INIT;

    (void)state;
    assert_int_equal(read_rows(MOST + 1, &r), RC_SYNTAX);
    assert_string_equal(e.log, "line 902: more than 600 rows");
    rows_free(&r);
    while (large.n <= form.file_most)
        buf_addstr(&large, "name\n");
    assert_int_equal(rows_read(buf_span(&large), NULL, &form, &r, &e), RC_SYNTAX);
    assert_non_null(strstr(e.log, "the file is larger than"));
    rows_free(&r);
    buf_free(&large);
}

/* A row that is short has empty cells, as has one that was added and not filled. */
static void what_is_not_there_is_empty(void **state)
{
    struct rows r;

    (void)state;
    assert_int_equal(rows_read(SPAN_LIT("name;note\nx\n"), NULL, &form, &r, &e), RC_OK);
    assert_int_equal(rows_cell(&r, 0, NOTE).n, 0);
    assert_int_equal(rows_add(&r, 7, &e), RC_OK);
    assert_int_equal(rows_cell(&r, 1, NAME).n, 0);
    rows_set(&r, NOTE, SPAN_LIT("y"));
    assert_true(span_eq_str(rows_cell(&r, 1, NOTE), "y") && span_eq_str(rows_cell(&r, 0, NAME), "x"));
    rows_free(&r);
}

/* The name that a row is called by comes before an alias, whichever row is first; then the earlier row. */
static void whose_a_name_is(void **state)
{
    struct rows r;
    struct row_names all = {.n = 0};

    (void)state;
    assert_int_equal(read_rows(5, &r), RC_OK); /* in the lines 2, 4, 5, 7, 8 */
    row_names_add(&all, 4, "b", false);
    row_names_add(&all, 0, "a", false);
    row_names_add(&all, 0, "b", true); /* that of the last row */
    row_names_add(&all, 1, "a", false);
    row_names_add(&all, 2, "c", true);
    row_names_add(&all, 3, "c", true);
    row_names_add(&all, 3, "d", false);
    row_names_add(&all, 3, "d", true); /* its own */
    assert_int_equal(rows_twice(&r, &all, &e), RC_OK);
    static const struct row want[] = {{2, 0, 8}, {4, 2, 0}, {5, 0, 0}, {7, 0, 5}, {8, 0, 0}};
    assert_memory_equal(r.row, want, sizeof want);
    assert_null(all.v);
    rows_free(&r);
}

/* A file may name millions of addresses, in a process that a delegated administrator starts: a name takes little more than its octets. */
static void a_name_takes_its_octets(void **state)
{
    enum { MANY = 100000 };
    struct rows r;
    struct row_names all = {.n = 0};
    char name[32];

    (void)state;
    assert_int_equal(read_rows(5, &r), RC_OK);
    for (uint32_t i = 0; i < MANY; i++) {
        snprintf(name, sizeof name, "n%u@chu.test", (unsigned)(i == MANY - 1 ? 7 : i));
        row_names_add(&all, i % 5, name, true);
    }
    assert_int_equal(all.n, MANY);
    assert_true(all.cap * sizeof *all.v + all.text.cap <= 2 * MANY * (8 + sizeof "n12345@chu.test"));
    assert_int_equal(rows_twice(&r, &all, &e), RC_OK);
    static const uint32_t want[] = {0, 0, 0, 0, 5}; /* the last name is one of row 2, in line 5 */
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(r.row[i].alias_of, want[i]);
    assert_null(all.text.p);
    rows_free(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_keeps_its_cells),  cmocka_unit_test(too_much_is_refused),
        cmocka_unit_test(what_is_not_there_is_empty), cmocka_unit_test(whose_a_name_is),
        cmocka_unit_test(a_name_takes_its_octets),
    };

    return cmocka_run_group_tests_name("rows", tests, NULL, NULL);
}
