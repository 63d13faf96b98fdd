/* SPDX-License-Identifier: EUPL-1.2 */
/* admin/roster.c - a roster read: its columns and its rows. See admin/roster.h. */
#include "admin/roster.h"
#include "admin/encoding.h"
#include "directory/import/ldif.h"
#include <stdlib.h>
#include <string.h>

const struct column_heading roster_columns[ROSTER_COLUMNS] = {
    [ROSTER_ADDRESS] = {"address", "adresse", "prenom.nom@domaine"},
    [ROSTER_TYPE] = {"type", "type", "per, org, app, cab"},
    [ROSTER_NAME] = {"name", "nom_affiche", "as it is shown; else given and family name"},
    [ROSTER_GIVEN] = {"given", "prenom", "text"},
    [ROSTER_SN] = {"sn", "nom", "text"},
    [ROSTER_RPPS] = {"rpps", "rpps", "11 digits"},
    [ROSTER_STRUCTURE] = {"structure", "structure", "FINESS, SIREN or SIRET"},
    [ROSTER_PROFESSION] = {"profession", "profession", "text"},
    [ROSTER_SPECIALTY] = {"specialty", "specialite", "text"},
    [ROSTER_SERVICE] = {"service", "service", "text"},
    [ROSTER_RESPONSIBLE] = {"responsible", "responsable", "text"},
    [ROSTER_CIVILITY] = {"civility", "civilite", "text"},
    [ROSTER_ADELI] = {"adeli", "adeli", "9 characters"},
    [ROSTER_TELEPHONE] = {"telephone", "telephone", "a number, a + first"},
    [ROSTER_DESCRIPTION] = {"description", "description", "text"},
    [ROSTER_TOWN] = {"town", "ville", "text"},
    [ROSTER_STRUCTURE_NAME] = {"structure_name", "nom_structure", "text"},
    [ROSTER_ALIASES] = {"aliases", "alias", "addresses, spaces between them"},
    [ROSTER_QUOTA] = {"quota", "quota", "octets, or 500M, 2G; 0: none"},
    [ROSTER_MOST] = {"messages", "messages", "how many; 0: as all mailboxes"},
    [ROSTER_SIGN] = {"sign", "signature", "yes, no; oui, non"},
    [ROSTER_RED_LIST] = {"red_list", "liste_rouge", "yes, no; oui, non"},
    [ROSTER_RANK] = {"rank", "rang", "1 to 99; 0: none"},
    [ROSTER_PAPERLESS] = {"paperless", "dematerialisation", "yes, no; oui, non"},
    [ROSTER_STATE] = {"state", "etat", "active, pending, suspended, closed; actif, en attente, suspendu, ferme"},
};

struct reading {
    struct roster *r;
    struct columns columns;
};

/* ---- the first row ---- */
static enum rc read_heading(struct reading *in, const struct table_row *row, struct err *e)
{
    enum rc rc = columns_begin(&in->columns, row, e);

    in->r->has = in->columns.has;
    if (rc == RC_OK && (!(in->r->has & 1u << ROSTER_ADDRESS) || !(in->r->has & 1u << ROSTER_TYPE)))
        return err_set(e, RC_SYNTAX, "line 1: the columns address and type must be there");
    return rc;
}

/* ---- the others ---- */
enum rc roster_row_add(struct roster *r, uint32_t line, struct roster_row **out, struct err *e)
{
    uint32_t cap = r->cap ? r->cap * 2 : 256;
    struct roster_row *more = r->row;

    if (r->n == ROSTER_ROWS)
        return err_set(e, RC_SYNTAX, "line %u: more than %d rows", (unsigned)line, ROSTER_ROWS);
    if (r->n == r->cap) {
        more = realloc(r->row, cap * sizeof *more);
        if (!more)
            return err_set(e, RC_TEMP, "out of memory for %u rows", (unsigned)cap);
        r->row = more;
        r->cap = cap;
    }
    r->row[r->n] = (struct roster_row){.line = line};
    *out = &r->row[r->n++];
    return RC_OK;
}

void roster_cell_set(struct roster *r, struct roster_row *row, enum roster_column c, struct span cell)
{
    row->off[c] = (uint32_t)r->cells.n;
    row->len[c] = (uint32_t)cell.n;
    buf_addspan(&r->cells, cell);
}

static enum rc read_row(struct reading *in, const struct table_row *row, struct err *e)
{
    struct roster_row *to = NULL;
    enum rc rc = columns_fit(&in->columns, row, e);

    if (rc == RC_OK)
        rc = roster_row_add(in->r, row->line, &to, e);
    for (size_t i = 0; rc == RC_OK && i < row->n; i++)
        roster_cell_set(in->r, to, (enum roster_column)in->columns.column[i], row->cell[i]);
    return rc;
}

static enum rc take(const struct table_row *row, void *ctx, struct err *e)
{
    struct reading *in = ctx;

    return in->columns.begun ? read_row(in, row, e) : read_heading(in, row, e);
}

static enum rc read_table(struct span text, const char *encoding, struct roster *out, struct err *e)
{
    struct reading in = {.r = out, .columns = {.all = roster_columns, .n = ROSTER_COLUMNS}};
    enum rc rc = encoding_table(encoding, text, take, &in, e);

    if (rc == RC_OK && !in.columns.begun)
        rc = err_set(e, RC_SYNTAX, "the file is empty: its first line names the columns");
    return rc;
}

enum rc roster_read(struct span text, const char *encoding, struct roster *out, struct err *e)
{
    enum rc rc;

    *out = (struct roster){.n = 0};
    if (text.n > ROSTER_FILE_MOST)
        return err_set(e, RC_SYNTAX, "the file is larger than %d MiB", ROSTER_FILE_MOST >> 20);
    if (ldif_is(text) && encoding)
        return err_set(e, RC_SYNTAX, "LDIF is UTF-8, with base 64 where it must: an encoding is said of a table alone");
    if (ldif_is(text))
        rc = roster_read_ldif(text, out, e);
    else
        rc = read_table(text, encoding, out, e);
    return rc == RC_OK ? roster_twice(out, e) : rc;
}

struct span roster_cell(const struct roster *r, uint32_t row, enum roster_column column)
{
    return span_head(span_from(buf_span(&r->cells), r->row[row].off[column]), r->row[row].len[column]);
}

void roster_free(struct roster *r)
{
    free(r->row);
    buf_free(&r->cells);
    buf_free(&r->unused);
    *r = (struct roster){.n = 0};
}
