/* SPDX-License-Identifier: EUPL-1.2 */
/* admin/domain_wish.c - a row of a file of domains as a wish, and what of it is otherwise in the directory. See admin/domain_roster.h. */
#include "admin/domain_roster.h"
#include <stddef.h>
#include <stdio.h>
#include <string.h>

enum form { F_NAME, F_TEXT, F_QUOTA, F_NUMBER, F_SIZE, F_ACCOUNT, F_YES, F_NOT, F_SIGN, F_STATE };
#define AT(field) offsetof(struct dird_domain, field)
static const struct {
    enum form form;
    uint32_t bit; /* DW_ */
    size_t at;    /* where struct dird_domain has it */
} cells[DOMAIN_COLUMNS] = {
    [DOMAIN_NAME] = {F_NAME, 0, AT(domain)},
    [DOMAIN_DESCRIPTION] = {F_TEXT, DW_NOTE, AT(note)},
    [DOMAIN_QUOTA] = {F_QUOTA, DW_QUOTA, AT(quota)},
    [DOMAIN_MOST] = {F_NUMBER, DW_MOST, AT(most)},
    [DOMAIN_POSTMASTER] = {F_ACCOUNT, DW_POSTMASTER, AT(postmaster)},
    [DOMAIN_CATCH_ALL] = {F_ACCOUNT, DW_CATCH_ALL, AT(catch_all)},
    [DOMAIN_INSIDE] = {F_YES, DW_INSIDE, AT(inside)},
    [DOMAIN_MAX_MESSAGE] = {F_SIZE, DW_MAX_MESSAGE, AT(max_message)},
    [DOMAIN_SIGN] = {F_SIGN, DW_SIGN, AT(sign)},
    [DOMAIN_RED_LIST] = {F_YES, DW_RED_LIST, AT(red_list)},
    [DOMAIN_PUBLISH] = {F_NOT, DW_UNPUBLISHED, AT(unpublished)},
    [DOMAIN_STATE] = {F_STATE, DW_DISABLED, AT(disabled)},
};

struct filling {
    struct domain_wish *w;
    enum domain_column c;
    struct span cell;
};

static void *where(const struct filling *f)
{
    return (char *)&f->w->d + cells[f->c].at;
}

static bool is_none(struct span cell)
{
    return span_ieq_str(cell, "none") || span_ieq_str(cell, "aucun") || span_ieq_str(cell, "aucune");
}

/* ---- each form: false, it is none of it ---- */
static bool take_name(const struct filling *f)
{
    if (!trust_domain_normal(f->cell, f->w->domain))
        return false;
    f->w->d.domain = span_str(f->w->domain);
    return true;
}

/* A text with a line end would break every list that shows it. */
static bool take_text(const struct filling *f)
{
    struct buf text = BUF_INIT;
    struct err ignored;

    if (is_none(f->cell))
        return true;
    bool good = text_normal(f->cell, TEXT_MOST, &text, &ignored) == RC_OK && text.n <= TEXT_MOST;

    if (good) {
        memcpy(f->w->note, text.p, text.n);
        *(struct span *)where(f) = span_of(f->w->note, text.n);
    }
    buf_free(&text);
    return good;
}

static bool take_quota(const struct filling *f)
{
    f->w->d.own_quota = !is_none(f->cell);
    return is_none(f->cell) || roster_number(f->cell, SET_BYTES, where(f));
}

static bool take_number(const struct filling *f)
{
    return is_none(f->cell) || (roster_number(f->cell, SET_INT, where(f)) && *(uint64_t *)where(f) <= INT32_MAX);
}

static bool take_size(const struct filling *f)
{
    return is_none(f->cell) || (roster_number(f->cell, SET_BYTES, where(f)) && *(uint64_t *)where(f) > 0);
}

static bool take_account(const struct filling *f)
{
    char *mem = f->c == DOMAIN_POSTMASTER ? f->w->postmaster : f->w->catch_all;
    struct span domain;

    if (is_none(f->cell))
        return true;
    if (!address_normal(f->cell, mem, &domain))
        return false;
    *(struct span *)where(f) = span_str(mem);
    return true;
}

static bool take_yes(const struct filling *f)
{
    bool yes = false, known = roster_yes(f->cell, &yes);

    *(uint8_t *)where(f) = yes;
    return known;
}

static bool take_not(const struct filling *f)
{
    bool known = take_yes(f);

    *(uint8_t *)where(f) = !*(uint8_t *)where(f);
    return known;
}

/* The value that has one of the words; false: none has. */
struct word {
    const char *word;
    uint8_t is;
};
static bool take_word(const struct filling *f, const struct word *words, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (columns_same_words(f->cell, words[i].word)) {
            *(uint8_t *)where(f) = words[i].is;
            return true;
        }
    return false;
}

static bool take_sign(const struct filling *f)
{
    static const struct word words[] = {{"always", SIGN_ALWAYS}, {"toujours", SIGN_ALWAYS}, {"yes", SIGN_ALWAYS},
                                        {"oui", SIGN_ALWAYS},    {"never", SIGN_NEVER},     {"jamais", SIGN_NEVER},
                                        {"no", SIGN_NEVER},      {"non", SIGN_NEVER},       {"none", SIGN_UNSAID},
                                        {"aucun", SIGN_UNSAID},  {"aucune", SIGN_UNSAID}};

    return take_word(f, words, sizeof words / sizeof *words);
}

static bool take_state(const struct filling *f)
{
    static const struct word words[] = {{"active", 0}, {"actif", 0}, {"disabled", 1}, {"desactive", 1}};

    return take_word(f, words, sizeof words / sizeof *words);
}

static bool (*const takes[])(const struct filling *f) = {
    [F_NAME] = take_name,       [F_TEXT] = take_text,  [F_QUOTA] = take_quota, [F_NUMBER] = take_number,
    [F_SIZE] = take_size,       [F_YES] = take_yes,    [F_NOT] = take_not,     [F_SIGN] = take_sign,
    [F_ACCOUNT] = take_account, [F_STATE] = take_state};

enum rc domain_wish(const struct rows *r, uint32_t row, struct domain_wish *out, struct err *e)
{
    *out = (struct domain_wish){.domain = ""};
    for (int c = 0; c < DOMAIN_COLUMNS; c++) {
        const struct filling f = {out, (enum domain_column)c, rows_cell(r, row, c)};

        if (f.cell.n == 0 && c != DOMAIN_NAME)
            continue;
        if (!takes[cells[c].form](&f))
            return columns_not(&domain_columns[c], f.cell, e);
        out->d.what |= cells[c].bit;
    }
    return RC_OK;
}

/* ---- compared ---- */
static bool same(enum form form, const void *a, const void *b)
{
    if (form == F_TEXT)
        return span_eq(*(const struct span *)a, *(const struct span *)b);
    if (form == F_ACCOUNT)
        return span_ieq(*(const struct span *)a, *(const struct span *)b);
    if (form == F_QUOTA || form == F_NUMBER || form == F_SIZE)
        return *(const uint64_t *)a == *(const uint64_t *)b;
    return (*(const uint8_t *)a) == (*(const uint8_t *)b);
}

uint32_t domain_differs(const struct domain_wish *w, const struct dird_domain *is, char *why, size_t room)
{
    uint32_t bits = 0;

    why[0] = 0;
    for (int c = 0; c < DOMAIN_COLUMNS; c++) {
        const void *a = (const char *)&w->d + cells[c].at, *b = (const char *)is + cells[c].at;
        size_t n = strlen(why);

        if (!(w->d.what & cells[c].bit))
            continue;
        if (c == DOMAIN_QUOTA ? w->d.own_quota == is->own_quota && (!w->d.own_quota || same(F_QUOTA, a, b))
                              : same(cells[c].form, a, b))
            continue;
        bits |= cells[c].bit;
        snprintf(why + n, room - n, "%s%s", n ? ", " : "", domain_columns[c].english);
    }
    return bits;
}
