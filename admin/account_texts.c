/* SPDX-License-Identifier: EUPL-1.2 */
/* admin/account_texts.c - what is wrong with a wish, and its texts prepared. See admin/accounts.h and admin/account_texts.h. */
#include "admin/account_texts.h"
#include "admin/numbers.h"
#include "policies/identifiers.h"

/* ---- what is wrong ---- */
static bool is_address(struct span typed)
{
    char normal[ADDRESS_ROOM];
    struct span domain;

    return address_normal(typed, normal, &domain);
}

static enum account_fault identity_fault(const struct account_wish *w, struct span *about)
{
    *about = w->address;
    if (!is_address(w->address))
        return ACCOUNT_ADDRESS;
    *about = SPAN_NULL;
    if (w->type < DT_PER || w->type > DT_CAB)
        return ACCOUNT_TYPE;
    return span_trim(w->name).n == 0 ? ACCOUNT_NAME : ACCOUNT_RIGHT;
}

static enum account_fault number_fault(struct span typed, bool (*is)(struct span), bool zero_first,
                                       enum account_fault otherwise)
{
    if (typed.n == 0 || number_is(typed, is))
        return ACCOUNT_RIGHT;
    if (number_rounded(typed))
        return ACCOUNT_ROUNDED;
    return zero_first && number_lost_zero(typed, is) ? ACCOUNT_ZERO_LOST : otherwise;
}

/* No RPPS number begins with 0. */
static enum account_fault rpps_fault(struct span typed)
{
    return number_fault(typed, rpps_ok, false, ACCOUNT_RPPS);
}

static enum account_fault adeli_fault(struct span typed)
{
    return number_fault(typed, adeli_ok, true, ACCOUNT_ADELI);
}

static enum account_fault telephone_fault(struct span typed)
{
    char mem[NUMBER_ROOM];

    if (typed.n == 0 || telephone_ok(telephone_normal(typed, mem)))
        return ACCOUNT_RIGHT;
    return number_rounded(typed) ? ACCOUNT_ROUNDED : ACCOUNT_TELEPHONE;
}

static enum account_fault numbers_fault(const struct account_wish *w, struct span *about)
{
    enum account_fault fault;

    *about = w->rpps;
    if ((fault = rpps_fault(w->rpps)) != ACCOUNT_RIGHT)
        return fault;
    *about = w->adeli;
    if ((fault = adeli_fault(w->adeli)) != ACCOUNT_RIGHT)
        return fault;
    *about = w->rpps.n ? w->rpps : w->adeli;
    if (about->n && (w->type == DT_ORG || w->type == DT_APP))
        return ACCOUNT_NO_PERSON;
    *about = w->structure;
    if ((fault = number_fault(w->structure, structure_ok, true, ACCOUNT_STRUCTURE)) != ACCOUNT_RIGHT)
        return fault;
    *about = SPAN_NULL;
    if (w->type == DT_PER && w->rpps.n == 0 && w->adeli.n == 0)
        return ACCOUNT_NEEDS_RPPS;
    return w->type != DT_PER && w->structure.n == 0 ? ACCOUNT_NEEDS_STRUCTURE : ACCOUNT_RIGHT;
}

static enum account_fault aliases_fault(const struct span *aliases, size_t n, struct span *about)
{
    for (size_t i = 0; i < n; i++) {
        *about = aliases[i];
        if (!is_address(aliases[i]))
            return ACCOUNT_ALIAS;
    }
    return ACCOUNT_RIGHT;
}

static enum account_fault contact_fault(struct span telephone, uint32_t rank, struct span *about)
{
    enum account_fault fault;

    *about = span_trim(telephone);
    if ((fault = telephone_fault(*about)) != ACCOUNT_RIGHT)
        return fault;
    *about = SPAN_NULL;
    return rank <= RANK_MOST ? ACCOUNT_RIGHT : ACCOUNT_RANK;
}

enum account_fault account_wish_fault(const struct account_wish *w, struct span *about_out)
{
    enum account_fault fault = identity_fault(w, about_out);

    if (fault == ACCOUNT_RIGHT)
        fault = numbers_fault(w, about_out);
    if (fault == ACCOUNT_RIGHT)
        fault = contact_fault(w->telephone, w->rank, about_out);
    return fault == ACCOUNT_RIGHT ? aliases_fault(w->aliases, w->n_aliases, about_out) : fault;
}

enum account_fault account_change_fault(const struct account_change *ch, struct span *about_out)
{
    enum account_fault fault;

    *about_out = SPAN_NULL;
    if ((ch->what & CHANGE_NAME) && span_trim(ch->name).n == 0)
        return ACCOUNT_NAME;
    if ((ch->what & (CHANGE_ALIASES | CHANGE_ALIAS_ADD | CHANGE_ALIAS_REMOVE)) &&
        aliases_fault(ch->aliases, ch->n_aliases, about_out) != ACCOUNT_RIGHT)
        return ACCOUNT_ALIAS;
    *about_out = ch->rpps;
    if ((ch->what & CHANGE_RPPS) && (fault = ch->rpps.n ? rpps_fault(ch->rpps) : ACCOUNT_RPPS) != ACCOUNT_RIGHT)
        return fault;
    *about_out = ch->adeli;
    if ((ch->what & CHANGE_ADELI) && (fault = adeli_fault(ch->adeli)) != ACCOUNT_RIGHT)
        return fault;
    return contact_fault(ch->what & CHANGE_TELEPHONE ? ch->telephone : SPAN_NULL, ch->what & CHANGE_RANK ? ch->rank : 0,
                         about_out);
}

/* mend: what is right, or how to come to it; NULL: the line says it. */
static const struct {
    const char *wrong, *mend;
} faults[ACCOUNT_FAULTS_] = {
    [ACCOUNT_ADDRESS] = {"this cannot be a mailbox", "letters, digits, \".\", \"-\", \"_\", an @ and a domain"},
    [ACCOUNT_TYPE] = {"no such type of mailbox", "per, org, app or cab"},
    [ACCOUNT_NAME] = {"an account needs a name", "for a person the given name, then the family name in capitals"},
    [ACCOUNT_RPPS] = {"not an RPPS number",
                      "11 digits whose last is a check digit; compare it with the professional's card"},
    [ACCOUNT_STRUCTURE] = {"not a FINESS, SIREN or SIRET number", "9, 9 or 14 digits whose last is a check digit"},
    [ACCOUNT_NEEDS_RPPS] = {"a professional's mailbox needs an RPPS number", "who has none yet: an ADELI number"},
    [ACCOUNT_NEEDS_STRUCTURE] = {"this type of mailbox needs the number of a structure", "FINESS, SIREN or SIRET"},
    [ACCOUNT_ALIAS] = {"an alias that is not an address", NULL},
    [ACCOUNT_ADELI] = {"not an ADELI number",
                       "9 digits, of which the first two are the department (2A, 2B in Corsica)"},
    [ACCOUNT_TELEPHONE] = {"not a telephone number", "3 to 15 digits, such as +33123456789 or 01 23 45 67 89"},
    [ACCOUNT_NO_PERSON] = {"an organisation or application mailbox has a structure, not a person's number", NULL},
    [ACCOUNT_RANK] = {"a rank is 1 to 99", NULL},
    [ACCOUNT_ROUNDED] = {"a spreadsheet has rounded this number and its last digits are lost",
                         "type all of them again; in the spreadsheet, make the column's format Text first"},
    [ACCOUNT_ZERO_LOST] = {"a 0 is missing in front, as spreadsheets take it away",
                           "type the number again; in the spreadsheet, make the column's format Text first"},
};

enum rc account_refuse(enum account_fault fault, struct span about, struct err *e)
{
    const char *mend = faults[fault].mend;

    return err_set(e, RC_SYNTAX, "%s%s%.*s%s%s%s", faults[fault].wrong, about.n ? ": " : "",
                   SPAN_ARG(span_head_text(about, 100)), mend ? " (" : "", mend ? mend : "", mend ? ")" : "");
}

/* ---- prepared ---- */
enum rc account_texts_prepare(struct account_texts *t, const struct account_text *list, size_t n, struct err *e)
{
    struct err why;

    if (n > ACCOUNT_TEXTS_MOST)
        bug("more texts than an account has: %zu", n);
    for (size_t i = 0; i < n; i++) {
        if (text_normal(list[i].typed, TEXT_MOST, &t->text[i], &why) != RC_OK)
            return err_set(e, RC_SYNTAX, "%s %s", list[i].what, why.log);
        *list[i].out = buf_span(&t->text[i]);
    }
    return RC_OK;
}

struct span account_aliases_join(struct account_texts *t, const struct span *aliases, size_t n)
{
    char one[ADDRESS_ROOM];
    struct span domain;

    for (size_t i = 0; i < n; i++)
        if (address_normal(aliases[i], one, &domain))
            buf_addf(&t->aliases, "%s%s", t->aliases.n ? "\n" : "", one);
    return buf_span(&t->aliases);
}

void account_texts_free(struct account_texts *t)
{
    for (size_t i = 0; i < ACCOUNT_TEXTS_MOST; i++)
        buf_free(&t->text[i]);
    buf_free(&t->aliases);
}
