/* SPDX-License-Identifier: EUPL-1.2 */
/* admin/domain_roster.c - a file of domains read: its columns, and which rows name a domain twice. See admin/domain_roster.h. */
#include "admin/domain_roster.h"

const struct column_heading domain_columns[DOMAIN_COLUMNS] = {
    [DOMAIN_NAME] = {"domain", "domaine", "hopital.exemple.fr"},
    [DOMAIN_DESCRIPTION] = {"description", "description", "a line of text, 255 octets at most"},
    [DOMAIN_QUOTA] = {"quota", "quota", "a size with its unit, such as 500M, 2G; 0: no bound; none"},
    [DOMAIN_MOST] = {"max_accounts", "comptes_max", "how many; 0: any number"},
    [DOMAIN_POSTMASTER] = {"postmaster", "postmaster", "the address of an account, or none"},
    [DOMAIN_CATCH_ALL] = {"catch_all", "fourre_tout", "the address of an account, or none"},
    [DOMAIN_INSIDE] = {"inside", "interne", "yes, no; oui, non"},
    [DOMAIN_MAX_MESSAGE] = {"max_message", "message_max", "a size, such as 20M, or none"},
    [DOMAIN_SIGN] = {"sign", "signature", "always, never, none; toujours, jamais, aucun"},
    [DOMAIN_RED_LIST] = {"red_list", "liste_rouge", "yes, no; oui, non"},
    [DOMAIN_PUBLISH] = {"publish", "publication", "yes, no; oui, non"},
    [DOMAIN_STATE] = {"state", "etat", "active, disabled; actif, désactivé"},
};

static const struct rows_form form = {.columns = domain_columns,
                                      .n_columns = DOMAIN_COLUMNS,
                                      .needed = 1u << DOMAIN_NAME,
                                      .needed_says = "the column domain",
                                      .rows_most = DOMAIN_ROWS,
                                      .file_most = DOMAIN_FILE_MOST};

static enum rc find_doubles(struct rows *r, struct err *e)
{
    struct row_names all = {.n = 0};
    char domain[TRUST_DOMAIN_ROOM];

    for (uint32_t row = 0; row < r->n; row++)
        if (trust_domain_normal(rows_cell(r, row, DOMAIN_NAME), domain))
            row_names_add(&all, row, domain, false);
    return rows_twice(r, &all, e);
}

enum rc domain_roster_read(struct span text, const char *encoding, struct rows *out, struct err *e)
{
    enum rc rc = rows_read(text, encoding, &form, out, e);

    return rc == RC_OK ? find_doubles(out, e) : rc;
}
