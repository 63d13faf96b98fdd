/* SPDX-License-Identifier: EUPL-1.2 */
/* admin/roster.c - a roster read: its columns, and which rows name an address twice. See admin/roster.h. */
#include "admin/roster.h"
#include "directory/import/ldif.h"

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
    [ROSTER_QUOTA] = {"quota", "quota", "a size with its unit, such as 500M, 2G; 0: none"},
    [ROSTER_MOST] = {"messages", "messages", "how many; 0: as all mailboxes"},
    [ROSTER_SIGN] = {"sign", "signature", "yes, no; oui, non"},
    [ROSTER_RED_LIST] = {"red_list", "liste_rouge", "yes, no; oui, non"},
    [ROSTER_RANK] = {"rank", "rang", "1 to 99; 0: none"},
    [ROSTER_PAPERLESS] = {"paperless", "dematerialisation", "yes, no; oui, non"},
    [ROSTER_STATE] = {"state", "etat", "active, pending, suspended, closed; actif, en attente, suspendu, ferme"},
};

static const struct rows_form form = {.columns = roster_columns,
                                      .n_columns = ROSTER_COLUMNS,
                                      .needed = 1u << ROSTER_ADDRESS | 1u << ROSTER_TYPE,
                                      .needed_says = "the columns address and type",
                                      .rows_most = ROSTER_ROWS,
                                      .file_most = ROSTER_FILE_MOST};

/* ---- addresses that come twice ---- */
static void name(struct row_names *all, uint32_t row, struct span typed, bool alias)
{
    char address[ADDRESS_ROOM];
    struct span domain;

    if (address_normal(typed, address, &domain))
        row_names_add(all, row, address, alias);
}

static enum rc find_doubles(struct roster *r, struct err *e)
{
    struct row_names all = {.n = 0};

    for (uint32_t row = 0; row < r->rows.n; row++) {
        struct span rest = roster_cell(r, row, ROSTER_ALIASES), one;

        name(&all, row, roster_cell(r, row, ROSTER_ADDRESS), false);
        /* a row with more is refused whatever they are */
        for (size_t n = 0; n <= ROSTER_ALIASES_MOST && (one = roster_next_alias(&rest)).n > 0; n++)
            name(&all, row, one, true);
    }
    return rows_twice(&r->rows, &all, e);
}

/* ---- read ---- */
static enum rc read_ldif(struct span text, const char *encoding, struct roster *out, struct err *e)
{
    enum rc rc = rows_begin(text, &form, &out->rows, e);

    if (rc == RC_OK && encoding)
        return err_set(e, RC_SYNTAX, "LDIF is UTF-8, with base 64 where it must: an encoding is said of a table alone");
    return rc == RC_OK ? roster_read_ldif(text, out, e) : rc;
}

enum rc roster_read(struct span text, const char *encoding, struct roster *out, struct err *e)
{
    enum rc rc;

    *out = (struct roster){.unused = BUF_INIT};
    rc = ldif_is(text) ? read_ldif(text, encoding, out, e) : rows_read(text, encoding, &form, &out->rows, e);
    return rc == RC_OK ? find_doubles(out, e) : rc;
}

struct span roster_cell(const struct roster *r, uint32_t row, enum roster_column column)
{
    return rows_cell(&r->rows, row, (int)column);
}

void roster_free(struct roster *r)
{
    rows_free(&r->rows);
    buf_free(&r->unused);
}
