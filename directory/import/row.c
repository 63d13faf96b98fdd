/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/import/row.c - see row.h. */
#include "directory/import/row.h"
#include "base/ascii.h"
#include "directory/fold.h"
#include "policies/identifiers.h"
#include <unistr.h>

/* The names as the files have them, folded. */
static const char *const names[NC_COLUMNS_] = {
    [NC_TYPE] = "type de bal",
    [NC_ADDRESS] = "adresse bal",
    [NC_ID_KIND] = "type identifiant pp",
    [NC_ID] = "identifiant pp",
    [NC_STRUCTURE_KIND] = "type identifiant structure",
    [NC_STRUCTURE] = "identification structure",
    [NC_SERVICE] = "service de rattachement",
    [NC_CIVILITY] = "civilite d exercice",
    [NC_NAME] = "nom d exercice",
    [NC_GIVEN] = "prenom d exercice",
    [NC_PROFESSION] = "libelle profession",
    [NC_SPECIALTY] = "libelle savoir faire",
    [NC_PAPERLESS] = "dematerialisation",
    [NC_COMPANY] = "raison sociale structure bal",
    [NC_SIGNBOARD] = "enseigne commerciale structure bal",
    [NC_NUMBER] = "l4numerovoie",
    [NC_WAY] = "nl4typevoie",
    [NC_STREET] = "l4libellevoie",
    [NC_TOWN] = "l6ligneacheminement",
    [NC_POSTCODE] = "code postal",
};

static const struct {
    const char *word, *text;
} faults[NF_MAX_] = {
    [NF_NONE] = {"none", "good"},
    [NF_COLUMNS] = {"columns", "it has not as many columns as the first line"},
    [NF_LONG] = {"long", "a column is longer than 512 octets, or the line than 8192"},
    [NF_UTF8] = {"utf-8", "it is not UTF-8"},
    [NF_CONTROL] = {"control", "it has control characters"},
    [NF_TYPE] = {"type", "the type of the mailbox is not PER, ORG, APP or CAB"},
    [NF_ADDRESS] = {"address", "the address is not a mail address"},
    [NF_RPPS] = {"rpps", "the RPPS number is not of 11 digits with a right check digit"},
    [NF_STRUCTURE] = {"structure", "the structure's FINESS, SIREN or SIRET number has a wrong check digit"},
    [NF_NAME] = {"name", "the person has no family name"},
};

const char *national_fault_word(enum national_fault f)
{
    return faults[f].word;
}

const char *national_fault_text(enum national_fault f)
{
    return faults[f].text;
}

/* The next column of the line; false behind the last. */
static bool next_column(struct span *rest, bool *more, struct span *out)
{
    if (!*more)
        return false;
    ptrdiff_t bar = span_chr(*rest, '|');
    *out = span_trim(bar < 0 ? *rest : span_head(*rest, (size_t)bar));
    *more = bar >= 0;
    *rest = bar < 0 ? SPAN_NULL : span_from(*rest, (size_t)bar + 1);
    return true;
}

static struct span whole_line(struct span line)
{
    while (line.n > 0 && (line.p[line.n - 1] == '\n' || line.p[line.n - 1] == '\r'))
        line.n--;
    return line;
}

static void note_column(struct national_header *h, struct span name)
{
    struct buf folded = BUF_INIT;
    fold_words(name, &folded);
    for (size_t i = 0; i < NC_COLUMNS_; i++)
        if (h->at[i] == NATIONAL_COLUMNS_MAX && span_eq_str(buf_span(&folded), names[i]))
            h->at[i] = h->columns;
    buf_free(&folded);
}

enum rc national_header_parse(struct span line, struct national_header *out, struct err *e)
{
    struct national_header h = {0};
    struct span name;
    bool more = true;
    for (size_t i = 0; i < NC_COLUMNS_; i++)
        h.at[i] = NATIONAL_COLUMNS_MAX;
    line = whole_line(line);
    if (line.n >= 3 && memcmp(line.p, "\xef\xbb\xbf", 3) == 0)
        line = span_from(line, 3);
    if (line.n > NATIONAL_LINE_MAX || u8_check(line.p, line.n) != NULL)
        return err_set(e, RC_SYNTAX, "the first line is not a line of column names in UTF-8");
    while (h.columns < NATIONAL_COLUMNS_MAX && next_column(&line, &more, &name)) {
        note_column(&h, name);
        h.columns++;
    }
    if (more)
        return err_set(e, RC_SYNTAX, "the first line has more than %d columns", NATIONAL_COLUMNS_MAX);
    for (size_t i = 0; i < NC_COLUMNS_; i++)
        if (h.at[i] == NATIONAL_COLUMNS_MAX)
            return err_set(e, RC_SYNTAX,
                           "the first line has no column \"%s\": is it Extraction_Correspondance_MSSante?", names[i]);
    *out = h;
    return RC_OK;
}

static bool type_ok(struct span s)
{
    return span_eq_str(s, "PER") || span_eq_str(s, "ORG") || span_eq_str(s, "APP") || span_eq_str(s, "CAB");
}

/* Printable ASCII without what would need quotes, and a domain in LDH letters. */
static bool address_ok(struct span s)
{
    unsigned char domain[256];
    ptrdiff_t at = span_chr(s, '@');
    if (at <= 0 || at > 64 || s.n - (size_t)at - 1 > 253)
        return false;
    for (size_t i = 0; i < (size_t)at; i++)
        if (s.p[i] <= ' ' || s.p[i] >= 0x7f || strchr("()<>[]:;,\\\"", s.p[i]))
            return false;
    struct span d = span_from(s, (size_t)at + 1);
    for (size_t i = 0; i < d.n; i++)
        domain[i] = (unsigned char)ascii_lower(d.p[i]);
    return mail_domain_ok(span_of(domain, d.n));
}

/* Kinds of the national lists: 1 FINESS, 2 SIREN, 3 SIRET; the others have no check digit that is known. */
static bool structure_is(struct span kind, struct span id)
{
    if (span_eq_str(kind, "1"))
        return finess_ok(id);
    if (span_eq_str(kind, "2"))
        return siren_ok(id);
    return !span_eq_str(kind, "3") || siret_ok(id);
}

static enum national_fault octets(struct span line)
{
    if (line.n > NATIONAL_LINE_MAX)
        return NF_LONG;
    if (u8_check(line.p, line.n) != NULL)
        return NF_UTF8;
    for (size_t i = 0; i < line.n; i++)
        if (line.p[i] < ' ' || line.p[i] == 0x7f)
            return NF_CONTROL;
    return NF_NONE;
}

static enum national_fault split(const struct national_header *h, struct span line, struct national_row *out)
{
    struct span all[NATIONAL_COLUMNS_MAX], rest = line;
    unsigned n = 0;
    bool more = true;
    while (n < h->columns && next_column(&rest, &more, &all[n]))
        n++;
    if (n != h->columns || more)
        return NF_COLUMNS;
    for (size_t i = 0; i < NC_COLUMNS_; i++) {
        out->col[i] = all[h->at[i]];
        if (out->col[i].n > NATIONAL_FIELD_MAX)
            return NF_LONG;
    }
    return NF_NONE;
}

enum national_fault national_row_parse(const struct national_header *h, struct span line, struct national_row *out)
{
    *out = (struct national_row){0};
    line = whole_line(line);
    enum national_fault f = octets(line);
    if (f == NF_NONE)
        f = split(h, line, out);
    if (f != NF_NONE)
        return f;
    const struct span *c = out->col;
    if (!type_ok(c[NC_TYPE]))
        return NF_TYPE;
    if (!address_ok(c[NC_ADDRESS]))
        return NF_ADDRESS;
    if (span_eq_str(c[NC_ID_KIND], "8") && c[NC_ID].n > 0 && !rpps_ok(c[NC_ID]))
        return NF_RPPS;
    if (c[NC_STRUCTURE].n > 0 && !structure_is(c[NC_STRUCTURE_KIND], c[NC_STRUCTURE]))
        return NF_STRUCTURE;
    return span_eq_str(c[NC_TYPE], "PER") && c[NC_NAME].n == 0 ? NF_NAME : NF_NONE;
}
