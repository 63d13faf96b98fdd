/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/import/row.c - see row.h. */
#include "directory/import/row.h"
#include "base/ascii.h"
#include "directory/fold.h"
#include "policies/identifiers.h"
#include <unistr.h>

enum { SPELLINGS = 2 };
/* The names as the files have them, folded. */
static const char *const names[NK_KINDS_][NC_COLUMNS_][SPELLINGS] = {
    [NK_BOXES] =
        {
            [NC_TYPE] = {"type de bal"},
            [NC_ADDRESS] = {"adresse bal"},
            [NC_ID_KIND] = {"type identifiant pp"},
            [NC_ID] = {"identifiant pp"},
            [NC_STRUCTURE_KIND] = {"type identifiant structure"},
            [NC_STRUCTURE] = {"identification structure"},
            [NC_SERVICE] = {"service de rattachement"},
            [NC_CIVILITY] = {"civilite d exercice"},
            [NC_NAME] = {"nom d exercice"},
            [NC_GIVEN] = {"prenom d exercice"},
            [NC_PROFESSION] = {"libelle profession"},
            [NC_SPECIALTY] = {"libelle savoir faire"},
            [NC_PAPERLESS] = {"dematerialisation"},
            [NC_COMPANY] = {"raison sociale structure bal"},
            [NC_SIGNBOARD] = {"enseigne commerciale structure bal"},
            [NC_NUMBER] = {"l4numerovoie"},
            [NC_WAY] = {"nl4typevoie"},
            [NC_STREET] = {"l4libellevoie"},
            [NC_TOWN] = {"l6ligneacheminement"},
            [NC_POSTCODE] = {"code postal"},
        },
    [NK_PERSONS] =
        {
            [NC_ID_KIND] = {"type identifiant pp", "type d identifiant pp"},
            [NC_ID] = {"identifiant pp"},
            [NC_NAME] = {"nom d exercice"},
            [NC_GIVEN] = {"prenom d exercice"},
            [NC_PROFESSION] = {"libelle profession"},
            [NC_SPECIALTY] = {"libelle savoir faire"},
            [NC_STRUCTURE] = {"finess site", "numero finess site"},
            [NC_COMPANY] = {"raison sociale site"},
            [NC_SIGNBOARD] = {"enseigne commerciale site"},
            [NC_NUMBER] = {"numero voie"},
            [NC_WAY] = {"libelle type de voie"},
            [NC_STREET] = {"libelle voie"},
            [NC_TOWN] = {"libelle commune"},
            [NC_POSTCODE] = {"code postal"},
        },
};
static const char *const siret_names[SPELLINGS] = {"siret site", "numero siret site"};
static const char *const files[NK_KINDS_] = {"Extraction_Correspondance_MSSante", "PS_LibreAcces_Personne_activite"};

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
    [NF_PERSON] = {"person", "the person's number is neither RPPS (8) nor ADELI (0, 9 characters)"},
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

/* ---- the first line ---- */
static const struct {
    const char *begins, *is;
} odd_files[] = {{"\x1f\x8b", "compressed (gzip)"},
                 {"PK\x03\x04", "an archive (ZIP)"},
                 {"\xff\xfe", "UTF-16"},
                 {"\xfe\xff", "UTF-16"}};

static enum rc readable(struct span line, struct err *e)
{
    for (size_t i = 0; i < sizeof odd_files / sizeof *odd_files; i++)
        if (span_istarts(line, odd_files[i].begins))
            return err_set(e, RC_SYNTAX, "it is %s: make it a text in UTF-8 first", odd_files[i].is);
    if (line.n > NATIONAL_LINE_MAX || span_chr(line, 0) >= 0 || u8_check(line.p, line.n) != NULL)
        return err_set(e, RC_SYNTAX, "the first line is not a line of column names in UTF-8");
    return RC_OK;
}

static bool is_named(struct span folded, const char *const spellings[SPELLINGS])
{
    for (size_t i = 0; i < SPELLINGS; i++)
        if (spellings[i] && span_eq_str(folded, spellings[i]))
            return true;
    return false;
}

/* NULL: the column stands there once by now; else its name, which is there a second time. */
static const char *note_place(struct span folded, const char *const spellings[SPELLINGS], unsigned column, unsigned *at)
{
    if (!spellings[0] || !is_named(folded, spellings))
        return NULL;
    bool twice = *at != NATIONAL_COLUMNS_MAX;
    *at = column;
    return twice ? spellings[0] : NULL;
}

/* "Code postal (coord. structure)" is "code postal". */
static struct span without_coord(struct span folded)
{
    static const char tail[] = " coord structure";
    size_t n = sizeof tail - 1;
    bool has = folded.n > n && span_eq_str(span_from(folded, folded.n - n), tail);
    return has ? span_head(folded, folded.n - n) : folded;
}

static const char *note_column(struct national_header *h, struct span name)
{
    const char *twice = NULL;
    struct buf text = BUF_INIT;
    fold_words(name, &text);
    struct span folded = h->kind == NK_PERSONS ? without_coord(buf_span(&text)) : buf_span(&text);
    for (size_t i = 0; i < NC_COLUMNS_ && !twice; i++)
        twice = note_place(folded, names[h->kind][i], h->columns, &h->at[i]);
    if (!twice && h->kind == NK_PERSONS)
        twice = note_place(folded, siret_names, h->columns, &h->siret);
    h->columns++;
    buf_free(&text);
    return twice;
}

/* How many of that kind's columns are there; lacks_out: the first of those that are not. */
static unsigned found(const struct national_header *h, const char **lacks_out)
{
    unsigned n = 0;
    *lacks_out = h->kind == NK_PERSONS && h->siret == NATIONAL_COLUMNS_MAX ? siret_names[0] : NULL;
    for (size_t i = NC_COLUMNS_; i-- > 0;)
        if (h->at[i] != NATIONAL_COLUMNS_MAX)
            n++;
        else if (names[h->kind][i][0])
            *lacks_out = names[h->kind][i][0];
    return n;
}

/* As that kind of file. found_out: how much of one it has. */
static enum rc parse_as(enum national_kind kind, struct span line, struct national_header *h, unsigned *found_out,
                        struct err *e)
{
    struct span name;
    const char *twice = NULL, *lacks = NULL;
    bool more = true;
    *h = (struct national_header){.kind = kind, .siret = NATIONAL_COLUMNS_MAX};
    for (size_t i = 0; i < NC_COLUMNS_; i++)
        h->at[i] = NATIONAL_COLUMNS_MAX;
    while (h->columns < NATIONAL_COLUMNS_MAX && next_column(&line, &more, &name)) {
        const char *again = note_column(h, name);
        twice = again ? again : twice;
    }
    *found_out = found(h, &lacks);
    if (more)
        return err_set(e, RC_SYNTAX, "the first line has more than %d columns", NATIONAL_COLUMNS_MAX);
    if (lacks)
        return err_set(e, RC_SYNTAX, "the first line has no column \"%s\": is it %s?", lacks, files[kind]);
    if (twice)
        return err_set(e, RC_SYNTAX, "the first line has the column \"%s\" twice", twice);
    return RC_OK;
}

enum rc national_header_parse(struct span line, struct national_header *out, struct err *e)
{
    struct national_header h[NK_KINDS_];
    struct err why[NK_KINDS_];
    unsigned has[NK_KINDS_];
    line = whole_line(line);
    if (line.n >= 3 && memcmp(line.p, "\xef\xbb\xbf", 3) == 0)
        line = span_from(line, 3);
    enum rc rc = readable(line, e);
    if (rc != RC_OK)
        return rc;
    for (enum national_kind k = NK_BOXES; k < NK_KINDS_; k++)
        if (parse_as(k, line, &h[k], &has[k], &why[k]) == RC_OK) {
            *out = h[k];
            return RC_OK;
        }
    /* What it is most like is what is told about. */
    *e = why[has[NK_PERSONS] > 0 && has[NK_PERSONS] >= has[NK_BOXES] ? NK_PERSONS : NK_BOXES];
    return e->rc;
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

/* The number of a person's place: FINESS, or else SIRET, or none. */
static struct span place_number(struct span finess, struct span siret)
{
    if (finess_ok(finess))
        return finess;
    return siret_ok(siret) ? siret : SPAN_NULL;
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
        if (h->at[i] != NATIONAL_COLUMNS_MAX)
            out->col[i] = all[h->at[i]];
        if (out->col[i].n > NATIONAL_FIELD_MAX)
            return NF_LONG;
    }
    if (h->kind == NK_PERSONS)
        out->col[NC_STRUCTURE] = place_number(out->col[NC_STRUCTURE], all[h->siret]);
    return NF_NONE;
}

static enum national_fault look_at_box(const struct span *c)
{
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

static enum national_fault look_at_person(const struct span *c)
{
    if (span_eq_str(c[NC_ID_KIND], "8"))
        return !rpps_ok(c[NC_ID]) ? NF_RPPS : c[NC_NAME].n == 0 ? NF_NAME : NF_NONE;
    if (!span_eq_str(c[NC_ID_KIND], "0") || c[NC_ID].n != 9)
        return NF_PERSON;
    return c[NC_NAME].n == 0 ? NF_NAME : NF_NONE;
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
    return h->kind == NK_PERSONS ? look_at_person(out->col) : look_at_box(out->col);
}

/* ---- written again ---- */
void national_header_write(enum national_kind kind, struct buf *out)
{
    const char *between = "";
    for (size_t i = 0; i < NC_COLUMNS_; i++)
        if (names[kind][i][0]) {
            buf_addf(out, "%s%s", between, names[kind][i][0]);
            between = "|";
        }
    if (kind == NK_PERSONS)
        buf_addf(out, "|%s", siret_names[0]);
}

/* A person's number of the place stands in both columns: it is right in one of them. */
void national_row_write(enum national_kind kind, const struct national_row *r, struct buf *out)
{
    const char *between = "";
    for (size_t i = 0; i < NC_COLUMNS_; i++)
        if (names[kind][i][0]) {
            buf_addstr(out, between);
            buf_addspan(out, r->col[i]);
            between = "|";
        }
    if (kind == NK_PERSONS) {
        buf_addc(out, '|');
        buf_addspan(out, r->col[NC_STRUCTURE]);
    }
}
