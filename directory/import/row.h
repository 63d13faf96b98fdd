/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/import/row.h - the grammar of the national directory's two files: a line of names, then a line a mailbox
 * (Extraction_Correspondance_MSSante_*.txt) or a line an activity of a person (PS_LibreAcces_Personne_activite_*.txt).
 *
 * Form     UTF-8, columns parted by '|', no quoting, lines end with LF or CRLF, perhaps a byte order mark. Columns are found by name, in any order; others
 *          are passed over. Names are compared folded (directory/fold.h). Which file it is follows from the names.
 * Persons  the number of the place is that of NC_STRUCTURE: FINESS, or else SIRET; one with a wrong check digit counts as none, for a profession is not to
 *          be lost by it. The ordinary mail address of that file is never read.
 * Owns     nothing: the spans of a row point into the line.
 * Errors   a header that lacks a column or has it twice: RC_SYNTAX, e->log names it. A line: a fault, NF_NONE when it is good. Nothing is repaired.
 * Process  pli.   Source the files' published header; spec/mssante.md 2.2, 2.4, 2.5, 2.8, read by name.
 */
#pragma once
#include "base/buf.h"
#include "base/err.h"
#include "base/span.h"

enum national_kind { NK_BOXES, NK_PERSONS, NK_KINDS_ };
enum national_column {
    NC_TYPE, NC_ADDRESS, NC_ID_KIND, NC_ID, NC_STRUCTURE_KIND, NC_STRUCTURE, NC_SERVICE, NC_CIVILITY, NC_NAME, NC_GIVEN, NC_PROFESSION,
    NC_SPECIALTY, NC_PAPERLESS, NC_COMPANY, NC_SIGNBOARD, NC_NUMBER, NC_WAY, NC_STREET, NC_TOWN, NC_POSTCODE, NC_COLUMNS_
};
enum national_fault {
    NF_NONE, NF_COLUMNS, NF_LONG, NF_UTF8, NF_CONTROL, NF_TYPE, NF_ADDRESS, NF_RPPS, NF_STRUCTURE, NF_NAME, NF_PERSON, NF_MAX_
};

enum { NATIONAL_LINE_MAX = 8192, NATIONAL_FIELD_MAX = 512, NATIONAL_COLUMNS_MAX = 64 };
struct national_header {
    enum national_kind kind;
    unsigned columns;         /* of the file */
    unsigned at[NC_COLUMNS_]; /* where each of ours stands; NATIONAL_COLUMNS_MAX: that kind of file has it not */
    unsigned siret;           /* NK_PERSONS: where that number stands, which counts where there is no FINESS */
};
struct national_row {
    struct span col[NC_COLUMNS_]; /* trimmed */
};
enum rc national_header_parse(struct span line, struct national_header *out, struct err *e);
/* A header of our columns alone, and the line of a row below it: what national_header_parse() and national_row_parse() take. Append; no line end. */
void national_header_write(enum national_kind kind, struct buf *out);
void national_row_write(enum national_kind kind, const struct national_row *r, struct buf *out);
/* out is filled as far as the line was read; good only with NF_NONE. The address may hold capitals. */
enum national_fault national_row_parse(const struct national_header *h, struct span line, struct national_row *out);
const char *national_fault_word(enum national_fault f); /* "check-digit": for JSON */
const char *national_fault_text(enum national_fault f); /* for people */
