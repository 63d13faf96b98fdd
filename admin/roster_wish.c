/* SPDX-License-Identifier: EUPL-1.2 */
/* admin/roster_wish.c - a row of a roster as the wish for an account. See admin/roster.h. */
#include "admin/roster.h"
#include "base/settings.h"
#include <stdio.h>

/* ---- cells that are no texts ---- */
static enum rc bad_cell(enum roster_column c, struct span cell, struct err *e)
{
    return columns_not(&roster_columns[c], cell, e);
}

bool roster_yes(struct span cell, bool *yes_out)
{
    static const char *const yes[] = {"yes", "oui", "1", "true", "vrai", "always"}, *const no[] = {"no",   "non",
                                                                                                   "0",    "false",
                                                                                                   "faux", "never"};

    for (size_t i = 0; i < sizeof yes / sizeof *yes; i++) {
        if (span_ieq_str(cell, yes[i]) || span_ieq_str(cell, no[i])) {
            *yes_out = span_ieq_str(cell, yes[i]);
            return true;
        }
    }
    return false;
}

static enum rc read_yes(const struct roster *r, uint32_t row, enum roster_column c, bool *out, struct err *e)
{
    struct span cell = roster_cell(r, row, c);

    return cell.n == 0 || roster_yes(cell, out) ? RC_OK : bad_cell(c, cell, e);
}

bool roster_number(struct span cell, enum set_type kind, uint64_t *out)
{
    const struct setting s = {"number", kind, "0", 0, INT64_MAX, SET_AT_START, NULL};
    char text[32];
    struct err ignored;
    int64_t n;

    snprintf(text, sizeof text, "%.*s", SPAN_ARG(span_head(cell, sizeof text - 1)));
    if (cell.n >= sizeof text || setting_check(&s, text, &n, &ignored) != RC_OK)
        return false;
    *out = (uint64_t)n;
    return kind != SET_BYTES || n == 0 || n >= SIZE_LEAST; /* "5" was meant as 5G */
}

static enum rc read_number(const struct roster *r, uint32_t row, enum roster_column c, enum set_type kind,
                           uint64_t *out, struct err *e)
{
    struct span cell = roster_cell(r, row, c);

    return cell.n == 0 || roster_number(cell, kind, out) ? RC_OK : bad_cell(c, cell, e);
}

static enum rc read_rank(const struct roster *r, uint32_t row, uint32_t *out, struct err *e)
{
    uint64_t n = 0;
    enum rc rc = read_number(r, row, ROSTER_RANK, SET_INT, &n, e);

    if (rc == RC_OK && n > RANK_MOST)
        rc = bad_cell(ROSTER_RANK, roster_cell(r, row, ROSTER_RANK), e);
    *out = (uint32_t)n;
    return rc;
}

static enum rc read_paperless(const struct roster *r, uint32_t row, uint8_t *out, struct err *e)
{
    bool yes = false;
    enum rc rc = read_yes(r, row, ROSTER_PAPERLESS, &yes, e);

    *out = roster_cell(r, row, ROSTER_PAPERLESS).n == 0 ? SAID_NOTHING : yes ? SAID_YES : SAID_NO;
    return rc;
}

static enum rc read_state(const struct roster *r, uint32_t row, uint8_t *out, struct err *e)
{
    struct span cell = roster_cell(r, row, ROSTER_STATE);

    *out = DA_ACTIVE;
    return cell.n > 0 && !state_of(cell, out) ? bad_cell(ROSTER_STATE, cell, e) : RC_OK;
}

/* ---- texts ---- */
static bool is_between(unsigned char c)
{
    return c == ' ' || c == ',' || c == ';' || c == '|' || c == '\n' || c == '\r' || c == '\t';
}

struct span roster_next_alias(struct span *rest)
{
    size_t n = 0;
    struct span one;

    while (rest->n > 0 && is_between(rest->p[0]))
        *rest = span_from(*rest, 1);
    while (n < rest->n && !is_between(rest->p[n]))
        n++;
    one = span_head(*rest, n);
    *rest = span_from(*rest, n);
    return one;
}

static enum rc read_aliases(const struct roster *r, uint32_t row, struct roster_wish *out, struct err *e)
{
    struct span rest = roster_cell(r, row, ROSTER_ALIASES), one;

    out->w.aliases = out->alias;
    while ((one = roster_next_alias(&rest)).n > 0) {
        if (out->w.n_aliases == ROSTER_ALIASES_MOST)
            return err_set(e, RC_SYNTAX, "aliases: more than %d", ROSTER_ALIASES_MOST);
        out->alias[out->w.n_aliases++] = one;
    }
    return RC_OK;
}

/* "Jeanne" and "Martin" are shown as "Jeanne MARTIN" would be typed: given name, then family name. */
static void read_names(const struct roster *r, uint32_t row, struct roster_wish *out)
{
    struct span given = roster_cell(r, row, ROSTER_GIVEN), sn = roster_cell(r, row, ROSTER_SN);

    out->w.name = roster_cell(r, row, ROSTER_NAME);
    if (out->w.name.n == 0 && (given.n || sn.n)) {
        buf_addf(&out->name, "%.*s%s%.*s", SPAN_ARG(given), given.n && sn.n ? " " : "", SPAN_ARG(sn));
        out->w.name = buf_span(&out->name);
    }
    out->w.given = given.n ? given : SPAN_NULL;
    out->w.sn = sn.n ? sn : SPAN_NULL;
}

enum rc roster_wish(const struct roster *r, uint32_t row, const struct roster_defaults *d, struct roster_wish *out,
                    struct err *e)
{
    struct account_wish *w = &out->w;
    enum rc rc;

    *out = (struct roster_wish){.w = {.address = roster_cell(r, row, ROSTER_ADDRESS),
                                      .type = type_of(roster_cell(r, row, ROSTER_TYPE)),
                                      .rpps = roster_cell(r, row, ROSTER_RPPS),
                                      .structure = roster_cell(r, row, ROSTER_STRUCTURE),
                                      .profession = roster_cell(r, row, ROSTER_PROFESSION),
                                      .specialty = roster_cell(r, row, ROSTER_SPECIALTY),
                                      .service = roster_cell(r, row, ROSTER_SERVICE),
                                      .responsible = roster_cell(r, row, ROSTER_RESPONSIBLE),
                                      .civility = roster_cell(r, row, ROSTER_CIVILITY),
                                      .adeli = roster_cell(r, row, ROSTER_ADELI),
                                      .telephone = roster_cell(r, row, ROSTER_TELEPHONE),
                                      .description = roster_cell(r, row, ROSTER_DESCRIPTION),
                                      .town = roster_cell(r, row, ROSTER_TOWN),
                                      .structure_name = roster_cell(r, row, ROSTER_STRUCTURE_NAME),
                                      .password_min = d->password_min,
                                      .code_until = d->code_until,
                                      .quota = d->quota,
                                      .quota_default = roster_cell(r, row, ROSTER_QUOTA).n == 0,
                                      .sign = d->sign,
                                      .red_list = d->red_list,
                                      .sign_default = roster_cell(r, row, ROSTER_SIGN).n == 0,
                                      .red_list_default = roster_cell(r, row, ROSTER_RED_LIST).n == 0,
                                      .algorithm = d->algorithm}};
    read_names(r, row, out);
    rc = read_aliases(r, row, out, e);
    if (rc == RC_OK)
        rc = read_number(r, row, ROSTER_QUOTA, SET_BYTES, &w->quota, e);
    if (rc == RC_OK)
        rc = read_number(r, row, ROSTER_MOST, SET_INT, &w->most, e);
    if (rc == RC_OK)
        rc = read_yes(r, row, ROSTER_SIGN, &w->sign, e);
    if (rc == RC_OK)
        rc = read_rank(r, row, &w->rank, e);
    if (rc == RC_OK)
        rc = read_paperless(r, row, &w->paperless, e);
    if (rc == RC_OK)
        rc = read_state(r, row, &out->state, e);
    w->suspended = out->state == DA_SUSPENDED;
    w->pending = out->state == DA_PENDING; /* of a new one; who has opened one that is there is its holder's to say */
    out->state = out->state == DA_PENDING ? DA_ACTIVE : out->state;
    return rc == RC_OK ? read_yes(r, row, ROSTER_RED_LIST, &w->red_list, e) : rc;
}

void roster_wish_free(struct roster_wish *w)
{
    buf_free(&w->name);
}
