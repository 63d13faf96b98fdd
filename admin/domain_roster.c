/* SPDX-License-Identifier: EUPL-1.2 */
/* admin/domain_roster.c - a file of domains read: its columns, its rows, and which rows name a domain twice. See admin/domain_roster.h. */
#include "admin/domain_roster.h"
#include "admin/encoding.h"
#include <stdlib.h>
#include <string.h>

const struct column_heading domain_columns[DOMAIN_COLUMNS] = {
    [DOMAIN_NAME] = {"domain", "domaine", "hopital.exemple.fr"},
    [DOMAIN_DESCRIPTION] = {"description", "description", "a line of text, 255 octets at most"},
    [DOMAIN_QUOTA] = {"quota", "quota", "octets, or 500M, 2G; 0: no bound; none"},
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

struct reading {
    struct domain_roster *r;
    struct columns columns;
};

/* ---- the first row ---- */
static enum rc read_heading(struct reading *in, const struct table_row *row, struct err *e)
{
    enum rc rc = columns_begin(&in->columns, row, e);

    if (rc == RC_OK && !(in->columns.has & 1u << DOMAIN_NAME))
        return err_set(e, RC_SYNTAX, "line 1: the column domain must be there");
    return rc;
}

/* ---- the others ---- */
static enum rc row_add(struct domain_roster *r, uint32_t line, struct domain_row **out, struct err *e)
{
    uint32_t cap = r->cap ? r->cap * 2 : 256;
    struct domain_row *more = r->row;

    if (r->n == DOMAIN_ROWS)
        return err_set(e, RC_SYNTAX, "line %u: more than %d rows", (unsigned)line, DOMAIN_ROWS);
    if (r->n == r->cap) {
        more = realloc(r->row, cap * sizeof *more);
        if (!more)
            return err_set(e, RC_TEMP, "out of memory for %u rows", (unsigned)cap);
        r->row = more;
        r->cap = cap;
    }
    r->row[r->n] = (struct domain_row){.line = line};
    *out = &r->row[r->n++];
    return RC_OK;
}

static enum rc read_row(struct reading *in, const struct table_row *row, struct err *e)
{
    struct domain_row *to = NULL;
    enum rc rc = columns_fit(&in->columns, row, e);

    if (rc == RC_OK)
        rc = row_add(in->r, row->line, &to, e);
    for (size_t i = 0; rc == RC_OK && i < row->n; i++) {
        to->off[in->columns.column[i]] = (uint32_t)in->r->cells.n;
        to->len[in->columns.column[i]] = (uint32_t)row->cell[i].n;
        buf_addspan(&in->r->cells, row->cell[i]);
    }
    return rc;
}

static enum rc take(const struct table_row *row, void *ctx, struct err *e)
{
    struct reading *in = ctx;

    return in->columns.begun ? read_row(in, row, e) : read_heading(in, row, e);
}

/* ---- domains that come twice ---- */
struct named {
    char domain[TRUST_DOMAIN_ROOM];
    uint32_t row;
};

static int by_domain(const void *x, const void *y)
{
    const struct named *a = x, *b = y;
    int d = strcmp(a->domain, b->domain);

    return d ? d : (a->row > b->row) - (a->row < b->row);
}

static enum rc find_doubles(struct domain_roster *r, struct err *e)
{
    struct named *all = calloc(r->n + 1ul, sizeof *all);
    uint32_t n = 0;

    if (!all)
        return err_set(e, RC_TEMP, "out of memory for %u rows", (unsigned)r->n);
    for (uint32_t i = 0; i < r->n; i++) {
        all[n].row = i;
        n += trust_domain_normal(domain_cell(r, i, DOMAIN_NAME), all[n].domain);
    }
    qsort(all, n, sizeof *all, by_domain);
    for (uint32_t i = 1; i < n; i++)
        if (strcmp(all[i].domain, all[i - 1].domain) == 0) {
            const struct domain_row *before = &r->row[all[i - 1].row];

            r->row[all[i].row].same_as = before->same_as ? before->same_as : before->line;
        }
    free(all);
    return RC_OK;
}

enum rc domain_roster_read(struct span text, const char *encoding, struct domain_roster *out, struct err *e)
{
    struct reading in = {.r = out, .columns = {.all = domain_columns, .n = DOMAIN_COLUMNS}};
    enum rc rc;

    *out = (struct domain_roster){.n = 0};
    if (text.n > DOMAIN_FILE_MOST)
        return err_set(e, RC_SYNTAX, "the file is larger than %d MiB", DOMAIN_FILE_MOST >> 20);
    rc = encoding_table(encoding, text, take, &in, e);
    if (rc == RC_OK && !in.columns.begun)
        rc = err_set(e, RC_SYNTAX, "the file is empty: its first line names the columns");
    return rc == RC_OK ? find_doubles(out, e) : rc;
}

struct span domain_cell(const struct domain_roster *r, uint32_t row, enum domain_column column)
{
    return span_head(span_from(buf_span(&r->cells), r->row[row].off[column]), r->row[row].len[column]);
}

void domain_roster_free(struct domain_roster *r)
{
    free(r->row);
    buf_free(&r->cells);
    *r = (struct domain_roster){.n = 0};
}
