/* SPDX-License-Identifier: EUPL-1.2 */
/* admin/roster_ldif.c - a roster in LDIF (directory/import/ldif.h): which attribute is which column. See admin/roster.h. */
#include "admin/roster.h"
#include "directory/import/ldif.h"

static const struct {
    const char *attribute;
    enum roster_column column;
} known[] = {{"mail", ROSTER_ADDRESS},
             {"mailLocalAddress", ROSTER_ALIASES},
             {"mssType", ROSTER_TYPE},
             {"cn", ROSTER_NAME},
             {"givenName", ROSTER_GIVEN},
             {"sn", ROSTER_SN},
             {"rpps", ROSTER_RPPS},
             {"mssStructureId", ROSTER_STRUCTURE},
             {"mssProfession", ROSTER_PROFESSION},
             {"mssSpecialty", ROSTER_SPECIALTY},
             {"mssService", ROSTER_SERVICE},
             {"mssResponsible", ROSTER_RESPONSIBLE},
             {"personalTitle", ROSTER_CIVILITY},
             {"adeli", ROSTER_ADELI},
             {"telephoneNumber", ROSTER_TELEPHONE},
             {"description", ROSTER_DESCRIPTION},
             {"l", ROSTER_TOWN},
             {"o", ROSTER_STRUCTURE_NAME},
             {"mssPreferredRank", ROSTER_RANK},
             {"mssPaperless", ROSTER_PAPERLESS},
             {"pliQuota", ROSTER_QUOTA},
             {"pliQuotaMessages", ROSTER_MOST},
             {"pliSign", ROSTER_SIGN},
             {"mssRedList", ROSTER_RED_LIST}};

/* What says in which state the account is (docs/internals/directory.md); of an entry the last of these rows counts. */
enum mark {
    MARK_NONE = 0,
    MARK_ACTIVE,
    MARK_PENDING,
    MARK_SUSPENDED,
    MARK_CLOSED,
    MARK_TOMBSTONE /* no account: what is left of one */
};
static const struct {
    const char *attribute, *value; /* value NULL: whatever it is */
    enum mark mark;
} marks[] = {{"pliDisabled", "FALSE", MARK_ACTIVE}, {"pliPending", "FALSE", MARK_ACTIVE},
             {"pliPending", "TRUE", MARK_PENDING},  {"pliDisabled", "TRUE", MARK_SUSPENDED},
             {"pliKeepUntil", NULL, MARK_CLOSED},   {"pliHolder", NULL, MARK_TOMBSTONE}};
static const uint8_t states[] = {
    [MARK_ACTIVE] = DA_ACTIVE, [MARK_PENDING] = DA_PENDING, [MARK_SUSPENDED] = DA_SUSPENDED, [MARK_CLOSED] = DA_CLOSED};

struct reading {
    struct roster *r;
    struct buf cells, aliases; /* of the entry at hand */
    size_t begin[ROSTER_COLUMNS], n[ROSTER_COLUMNS];
    uint32_t has; /* 1 << enum roster_column: the entry's */
    enum mark mark;
};

static void note_unused(struct roster *r, struct span name)
{
    struct span rest = buf_span(&r->unused);
    size_t n;

    for (; rest.n > 0; rest = span_from(rest, n)) {
        for (n = 0; n < rest.n && rest.p[n] != ','; n++)
            ;
        if (span_ieq(span_trim(span_head(rest, n)), name))
            return;
        n += n < rest.n;
    }
    if (r->unused.n < 1000)
        buf_addf(&r->unused, "%s%.*s", r->unused.n ? ", " : "", SPAN_ARG(span_head_text(name, 60)));
}

static int column_of(struct span name)
{
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (span_ieq_str(name, known[i].attribute))
            return (int)known[i].column;
    return -1;
}

static enum mark mark_of(const struct ldif_value *v)
{
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
        if (span_ieq_str(v->name, marks[i].attribute) && (!marks[i].value || span_ieq_str(v->value, marks[i].value)))
            return marks[i].mark;
    return MARK_NONE;
}

/* The first value counts; a further address is an alias. */
static void put_value(struct reading *in, int c, struct span value)
{
    if (c == ROSTER_ADDRESS && in->has & 1u << c)
        c = ROSTER_ALIASES;
    in->r->rows.has |= 1u << c;
    if (c == ROSTER_ALIASES)
        buf_addf(&in->aliases, "%s%.*s", in->aliases.n ? " " : "", SPAN_ARG(value));
    if (c == ROSTER_ALIASES || in->has & 1u << c)
        return;
    in->has |= 1u << c;
    in->begin[c] = in->cells.n;
    in->n[c] = value.n;
    buf_addspan(&in->cells, value);
}

static enum rc end_entry(struct reading *in, uint32_t line, struct err *e)
{
    struct rows *rows = &in->r->rows;
    /* a structure, say, has neither */
    bool account = in->has & (1u << ROSTER_ADDRESS | 1u << ROSTER_TYPE) && in->mark != MARK_TOMBSTONE;
    enum rc rc = account ? rows_add(rows, line, e) : RC_OK;

    account = account && rc == RC_OK;
    for (int c = 0; account && c < ROSTER_COLUMNS; c++)
        if (in->has & 1u << c)
            rows_set(rows, c, span_head(span_from(buf_span(&in->cells), in->begin[c]), in->n[c]));
    if (account)
        rows_set(rows, ROSTER_ALIASES, buf_span(&in->aliases));
    if (account && in->mark != MARK_NONE)
        rows_set(rows, ROSTER_STATE, span_str(state_name(states[in->mark])));
    in->has = 0;
    in->mark = MARK_NONE;
    buf_clear(&in->cells);
    buf_clear(&in->aliases);
    return rc;
}

static enum rc see(const struct ldif_value *v, void *ctx, struct err *e)
{
    struct reading *in = ctx;

    if (!v->name.p)
        return end_entry(in, v->entry, e);
    if (mark_of(v) != MARK_NONE) {
        in->mark = mark_of(v) > in->mark ? mark_of(v) : in->mark;
        in->r->rows.has |= 1u << ROSTER_STATE;
    } else if (column_of(v->name) < 0)
        note_unused(in->r, v->name);
    else if (v->text)
        put_value(in, column_of(v->name), v->value);
    else
        return err_set(e, RC_SYNTAX, "line %u: this value is not UTF-8", (unsigned)v->line);
    return RC_OK;
}

enum rc roster_read_ldif(struct span text, struct roster *out, struct err *e)
{
    struct reading in = {.r = out};
    enum rc rc = ldif_each(text, see, &in, e);

    if (rc == RC_OK && out->rows.n == 0)
        rc = err_set(e, RC_SYNTAX, "no entry of the file has mail or mssType: it names no account");
    buf_free(&in.cells);
    buf_free(&in.aliases);
    return rc;
}
