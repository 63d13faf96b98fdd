/* SPDX-License-Identifier: EUPL-1.2 */
/* admin/table.c - see admin/table.h. libcsv is given one line at a time, so that the line where a row begins is known. */
#include "admin/table.h"
#include "mime/charset.h"
#include <csv.h>
#include <string.h>

struct reading {
    struct table_row row;
    struct buf cells; /* one behind the other */
    size_t end[TABLE_CELLS];
    table_see see;
    void *ctx;
    struct err *e;
    enum rc rc;
};

/* ---- cells that a spreadsheet would run ---- */
static bool is_one_of(struct span s, size_t at, const char *set)
{
    return s.n > at && s.p[at] && strchr(set, s.p[at]);
}

/* An apostrophe in front of it is no part of the cell: that is how spreadsheets write a text that is no formula, and how table_put() does. */
static struct span without_mark(struct span cell)
{
    return is_one_of(cell, 0, "'") && is_one_of(cell, 1, "=+-@'") ? span_from(cell, 1) : cell;
}

/* ---- before the first row ---- */
/* A line ends with LF, CRLF, or a CR alone, as spreadsheets of a Mac write it. */
static size_t line_length(struct span rest)
{
    size_t i = 0;

    while (i < rest.n && rest.p[i] != '\n' && rest.p[i] != '\r')
        i++;
    if (i + 1 < rest.n && rest.p[i] == '\r' && rest.p[i + 1] == '\n')
        i++;
    return i < rest.n ? i + 1 : rest.n;
}

uint32_t table_line(struct span text, size_t at)
{
    uint32_t line = 1;

    for (size_t n; (n = line_length(text)) > 0 && n <= at && strchr("\r\n", text.p[n - 1]); at -= n, line++)
        text = span_from(text, n);
    return line;
}

static enum rc is_text(struct span text, struct err *e)
{
    size_t at = 0, n = 1;

    if (span_istarts(text, "PK\003\004"))
        return err_set(e, RC_SYNTAX, "the file is a workbook: save it as \"CSV UTF-8\" in the spreadsheet");
    for (; at < text.n && n > 0; at += n)
        n = charset_utf8_next(span_from(text, at));
    if (n == 0 && (span_istarts(text, "\xFF\xFE") || span_istarts(text, "\xFE\xFF")))
        return err_set(e, RC_SYNTAX, "the file is UTF-16: save it as \"CSV UTF-8\", or say --encoding utf-16");
    if (n == 0)
        return err_set(e, RC_SYNTAX,
                       "line %u: the file is not UTF-8: save it as \"CSV UTF-8\" in the spreadsheet, or say --encoding "
                       "windows-1252 and look at the names with --dry-run",
                       (unsigned)table_line(text, at));
    if (span_chr(text, '\0') >= 0)
        return err_set(e, RC_SYNTAX, "the file holds an octet 0: it is no text");
    return RC_OK;
}

static const unsigned char known[] = {';', ',', '\t'};

/* A first line "sep=;" is for Excel, which writes it, too: it says the separator, and is no row. */
static bool says_separator(struct span text)
{
    size_t n = line_length(text);

    return n >= 6 && span_istarts(text, "sep=") && memchr(known, text.p[4], sizeof known) &&
           (text.p[5] == '\r' || text.p[5] == '\n');
}

static unsigned char separator_of(struct span text)
{
    size_t best = 0, count[sizeof known] = {0};

    for (size_t i = 0; i < text.n && text.p[i] != '\n' && text.p[i] != '\r'; i++)
        for (size_t k = 0; k < sizeof known; k++)
            count[k] += text.p[i] == known[k];
    for (size_t k = 1; k < sizeof known; k++)
        best = count[k] > count[best] ? k : best;
    return known[best];
}

/* ---- rows ---- */
static enum rc at_line(struct reading *r, const char *what)
{
    return err_set(r->e, RC_SYNTAX, "line %u: %s", (unsigned)r->row.line, what);
}

static void take_cell(void *octets, size_t n, void *ctx)
{
    struct reading *r = ctx;

    if (r->rc != RC_OK)
        return;
    if (r->row.n == TABLE_CELLS || r->cells.n + n > TABLE_ROW_MOST) {
        r->rc = at_line(r, "more cells than a row can have");
        return;
    }
    buf_add(&r->cells, octets, n);
    r->end[r->row.n++] = r->cells.n;
}

static void take_row(int end, void *ctx)
{
    struct reading *r = ctx;
    size_t from = 0, filled = 0;

    (void)end;
    for (size_t i = 0; i < r->row.n; i++) {
        r->row.cell[i] = without_mark(span_trim(span_head(span_from(buf_span(&r->cells), from), r->end[i] - from)));
        from = r->end[i];
        filled += r->row.cell[i].n > 0;
    }
    if (r->rc == RC_OK && filled > 0) /* spreadsheets write ";;;" of a row that was emptied */
        r->rc = r->see(&r->row, r->ctx, r->e);
    r->row.n = 0;
    buf_clear(&r->cells);
}

/* In strict form a quote begins a cell, ends it, or stands twice: after an odd number of them a cell is open, and the row goes on. */
static bool is_open(struct span line, bool before)
{
    for (size_t i = 0; i < line.n; i++)
        before ^= line.p[i] == '"';
    return before;
}

static void read_lines(struct csv_parser *p, struct span text, uint32_t line, struct reading *r)
{
    bool open = false;

    for (; r->rc == RC_OK && text.n > 0; line++) {
        size_t n = line_length(text);

        r->row.line = open ? r->row.line : line;
        open = is_open(span_head(text, n), open);
        if (csv_parse(p, text.p, n, take_cell, take_row, r) != n && r->rc == RC_OK)
            r->rc = at_line(r, "a quote stands where none may be");
        text = span_from(text, n);
    }
    if (r->rc == RC_OK && csv_fini(p, take_cell, take_row, r) != 0 && r->rc == RC_OK)
        r->rc = at_line(r, "its quotes do not end");
}

enum rc table_each(struct span text, table_see see, void *ctx, struct err *e)
{
    struct reading r = {.see = see, .ctx = ctx, .e = e};
    struct csv_parser p;
    bool said;
    enum rc rc;

    if (span_istarts(text, "\xEF\xBB\xBF"))
        text = span_from(text, 3);
    if ((rc = is_text(text, e)) != RC_OK)
        return rc;
    if (csv_init(&p, CSV_STRICT | CSV_STRICT_FINI) != 0)
        return err_set(e, RC_TEMP, "libcsv cannot be used");
    said = says_separator(text);
    csv_set_delim(&p, said ? text.p[4] : separator_of(text));
    read_lines(&p, said ? span_from(text, line_length(text)) : text, said ? 2 : 1, &r);
    csv_free(&p);
    buf_free(&r.cells);
    return r.rc;
}

void table_put(struct buf *out, struct span cell, char separator)
{
    bool quotes = span_chr(cell, '"') >= 0 || span_chr(cell, (unsigned char)separator) >= 0 ||
                  span_chr(cell, '\n') >= 0 || span_chr(cell, '\r') >= 0;

    if (quotes)
        buf_addc(out, '"');
    if (is_one_of(cell, 0, "=+-@'"))
        buf_addc(out, '\'');
    if (!quotes) {
        buf_addspan(out, cell);
        return;
    }
    for (size_t i = 0; i < cell.n; i++) {
        if (cell.p[i] == '"')
            buf_addc(out, '"');
        buf_addc(out, (char)cell.p[i]);
    }
    buf_addc(out, '"');
}
