/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/dird/mods.c - says which field of an account becomes which attribute when it is written.
 *
 * Finding  Mail clients complete on cn, sn and givenName. Beside the name as written there are values with the option
 *          lang-x-find: without title, family name first, without accents. A search for cn finds these values too, and
 *          a client that asks for cn is not shown them (RFC 3866).
 *          So "mart", "hel" and "Hél" all find Dr Hélène MARTIN.
 * Process  dird.
 */
#include "directory/dird/mods.h"
#include "base/wipe.h"
#include "directory/fold.h"
#include <ldap.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { MODS = 48, VALUES = 72, WORDS = 64, FORMS = 3 /* texts of one attribute */, FOLDS = 3 };

struct mods {
    bool replace;
    size_t n;
    LDAPMod mod[MODS];
    LDAPMod *list[MODS + 1];
};

static void *need(void *p)
{
    if (!p)
        die("out of memory");
    return p;
}

struct mods *mods_new(bool replace)
{
    struct mods *m = need(calloc(1, sizeof *m));
    m->replace = replace;
    return m;
}

void mods_free(struct mods **m)
{
    if (!m || !*m)
        return;
    for (size_t i = 0; i < (*m)->n; i++) {
        struct berval **v = (*m)->mod[i].mod_bvalues;
        for (size_t k = 0; v && v[k]; k++) {
            wipe(v[k]->bv_val, v[k]->bv_len);
            free(v[k]->bv_val);
            free(v[k]);
        }
        free(v);
        free((*m)->mod[i].mod_type);
    }
    free(*m);
    *m = NULL;
}

void mods_put(struct mods *m, const char *attr, const struct span *values, size_t n)
{
    if (n == 0 && !m->replace)
        return;
    if (m->n == MODS || n > VALUES)
        bug("too many attributes or values for %s", attr);
    LDAPMod *mod = &m->mod[m->n];
    *mod = (LDAPMod){.mod_op = (m->replace ? LDAP_MOD_REPLACE : LDAP_MOD_ADD) | LDAP_MOD_BVALUES,
                     .mod_type = span_dup(span_str(attr))};
    mod->mod_bvalues = n > 0 ? need(calloc(n + 1, sizeof(struct berval *))) : NULL;
    for (size_t i = 0; i < n; i++) {
        struct berval *b = need(malloc(sizeof *b));
        *b = (struct berval){values[i].n, span_dup(values[i])};
        mod->mod_bvalues[i] = b;
    }
    m->list[m->n++] = mod;
}

void mods_text(struct mods *m, const char *attr, struct span value)
{
    mods_put(m, attr, &value, value.n > 0);
}

void mods_str(struct mods *m, const char *attr, const char *value)
{
    mods_text(m, attr, span_str(value));
}

void mods_time(struct mods *m, const char *attr, uint64_t utc)
{
    time_t t = (time_t)utc;
    struct tm tm = {0};
    char text[32] = "";
    if (gmtime_r(&t, &tm))
        strftime(text, sizeof text, "%Y%m%d%H%M%SZ", &tm);
    mods_str(m, attr, text);
}

struct ldapmod **mods_list(struct mods *m)
{
    return (struct ldapmod **)m->list;
}

static void number(struct mods *m, const char *attr, uint64_t n)
{
    char text[24];
    snprintf(text, sizeof text, "%llu", (unsigned long long)n);
    mods_str(m, attr, text);
}

static void flag(struct mods *m, const char *attr, bool on)
{
    mods_str(m, attr, on ? "TRUE" : "FALSE");
}

const char *type_text(uint8_t type)
{
    static const char *const types[] = {[DT_PER] = "PER", [DT_ORG] = "ORG", [DT_APP] = "APP", [DT_CAB] = "CAB"};
    return type >= DT_PER && type <= DT_CAB ? types[type] : "";
}

/* ---- names ---- */
static bool is_title(struct span word)
{
    static const char *const titles[] = {"dr",  "dr.",  "pr",      "pr.",        "m.", "mr",
                                         "mme", "mlle", "docteur", "professeur", NULL};
    for (size_t i = 0; titles[i]; i++)
        if (span_ieq_str(word, titles[i]))
            return true;
    return false;
}

static struct span next_word(struct span *rest)
{
    *rest = span_trim(*rest);
    size_t n = 0;
    while (n < rest->n && rest->p[n] != ' ' && rest->p[n] != '_')
        n++;
    struct span w = span_head(*rest, n);
    *rest = span_from(*rest, n < rest->n ? n + 1 : n);
    return w;
}

void account_split_name(struct dird_account *a)
{
    struct span rest = span_trim(a->name), word = SPAN_NULL, first;
    if (a->type != DT_PER) {
        a->sn = a->sn.n > 0 ? a->sn : rest;
        return;
    }
    do {
        first = rest;
        word = next_word(&rest);
    } while (is_title(word) && rest.n > 0);
    if (a->sn.n == 0)
        a->sn = rest.n > 0 ? span_trim(rest) : first; /* one word: it is the family name */
    if (a->given.n == 0 && rest.n > 0)
        a->given = word;
}

/* As slapd compares: "HÉLÈNE" and "Hélène" are one value, and an attribute that has it twice is refused. */
static bool have(const struct span *v, size_t n, struct span s)
{
    for (size_t i = 0; i < n; i++)
        if (fold_alike(v[i], s))
            return true;
    return false;
}

/* The forms under which a text is looked for: folded, folded with the hyphens and apostrophes that people type or leave out, with its accents but
 * without these, and, when that is asked for, as written. Each form is put once, whatever its case. */
static void finding(struct mods *m, const char *attr, const struct span *texts, size_t n, bool as_written)
{
    static void (*const as[FOLDS])(struct span, struct buf *) = {fold_words, fold_name, fold_open};
    struct buf mem[FOLDS * FORMS] = {BUF_INIT};
    struct span v[(FOLDS + 1) * FORMS];
    size_t count = 0;
    for (size_t i = 0; i < FOLDS * n && i < FOLDS * FORMS; i++) {
        as[i % FOLDS](texts[i / FOLDS], &mem[i]);
        if (span_trim(buf_span(&mem[i])).n > 0 && !have(v, count, buf_span(&mem[i])))
            v[count++] = buf_span(&mem[i]);
    }
    for (size_t i = 0; as_written && i < n && i < FORMS; i++)
        if (span_trim(texts[i]).n > 0 && !have(v, count, span_trim(texts[i])))
            v[count++] = span_trim(texts[i]);
    mods_put(m, attr, v, count);
    for (size_t i = 0; i < FOLDS * FORMS; i++)
        buf_free(&mem[i]);
}

/* A site's directory that has the schema of before takes every account that needs nothing of this one's. */
static void number_or_none(struct mods *m, const char *attr, uint64_t n)
{
    if (n > 0)
        number(m, attr, n);
    else
        mods_text(m, attr, SPAN_NULL);
}

static void search_words(struct mods *m, const struct dird_account *a)
{
    ptrdiff_t at = span_chr(a->address, '@');
    const struct span from[] = {
        a->name,          a->given,      a->sn,        span_head(a->address, at > 0 ? (size_t)at : 0),
        a->service,       a->profession, a->specialty, a->town,
        a->structure_name};
    struct buf all = BUF_INIT;
    struct span v[WORDS], rest, w;
    size_t n = 0;
    for (size_t i = 0; i < sizeof from / sizeof *from; i++) {
        fold_words(from[i], &all);
        buf_addc(&all, ' ');
    }
    for (rest = buf_span(&all); n < WORDS && fold_next(&rest, &w);)
        if (!have(v, n, w))
            v[n++] = w;
    mods_put(m, "mssSearchName", v, n);
    buf_free(&all);
}

static void names(struct mods *m, const struct dird_account *a)
{
    struct buf turned = BUF_INIT;
    buf_addspan(&turned, a->sn);
    buf_addc(&turned, ' ');
    buf_addspan(&turned, a->given);
    struct buf straight = BUF_INIT;
    buf_addspan(&straight, a->given);
    buf_addc(&straight, ' ');
    buf_addspan(&straight, a->sn);
    const struct span cn[] = {a->name, buf_span(&turned), buf_span(&straight)};
    mods_text(m, "cn", a->name);
    mods_text(m, "displayName", a->name);
    mods_text(m, "sn", a->sn);
    mods_text(m, "givenName", a->given);
    finding(m, "cn;lang-x-find", cn, 3, true);
    finding(m, "sn;lang-x-find", &a->sn, 1, false);
    finding(m, "givenName;lang-x-find", &a->given, 1, false);
    buf_free(&turned);
    buf_free(&straight);
}

static void aliases(struct mods *m, struct span list)
{
    struct span v[CACHE_ALIASES];
    size_t n = 0;
    while (list.n > 0 && n < CACHE_ALIASES) {
        struct span one = span_cut(&list, '\n');
        if (one.n > 0 && !have(v, n, one))
            v[n++] = one;
    }
    mods_put(m, "mailLocalAddress", v, n);
}

static const char *said_text(uint8_t said)
{
    return said == SAID_YES ? "TRUE" : said == SAID_NO ? "FALSE" : "";
}

/* A text that is one attribute, and nothing else. */
static void plain_texts(struct mods *m, const struct dird_account *a, uint32_t what)
{
    const struct {
        uint32_t bit;
        const char *attr;
        struct span text;
    } rows[] = {{DS_RESPONSIBLE, "mssResponsible", a->responsible},
                {DS_SPECIALTY, "mssSpecialty", a->specialty},
                {DS_RPPS, "rpps", a->rpps},
                {DS_CIVILITY, "personalTitle", a->civility},
                {DS_ADELI, "adeli", a->adeli},
                {DS_TELEPHONE, "telephoneNumber", a->telephone},
                {DS_DESCRIPTION, "description", a->description}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (what & rows[i].bit)
            mods_text(m, rows[i].attr, rows[i].text);
}

static void place(struct mods *m, const struct dird_account *a, uint32_t what)
{
    if (what & DS_TOWN) {
        mods_text(m, "l", a->town);
        finding(m, "l;lang-x-find", &a->town, 1, false);
    }
    if (what & DS_STRUCTURE_NAME) {
        mods_text(m, "o", a->structure_name);
        finding(m, "o;lang-x-find", &a->structure_name, 1, false);
    }
}

void mods_account(struct mods *m, const struct dird_account *a, uint32_t what)
{
    if (what & DS_NAME)
        names(m, a);
    if (what & DS_FLAGS) {
        flag(m, "pliStrict", a->flags & DF_STRICT);
        flag(m, "pliSign", a->flags & DF_SIGN);
        flag(m, "mssRedList", a->flags & DF_RED_LIST);
    }
    if (what & DS_STATE)
        flag(m, "pliDisabled", a->state > DA_PENDING);
    if (what & DS_QUOTA)
        number(m, "pliQuota", a->quota);
    if (what & DS_MOST)
        number_or_none(m, "pliQuotaMessages", a->most);
    if (what & DS_CERT)
        mods_text(m, "userCertificate;binary", a->cert_der);
    if (what & DS_SERVICE) {
        mods_text(m, "mssService", a->service);
        mods_text(m, "ou", a->service);
        finding(m, "ou;lang-x-find", &a->service, 1, false);
    }
    if (what & DS_PROFESSION) {
        mods_text(m, "mssProfession", a->profession);
        mods_text(m, "title", a->profession);
        finding(m, "title;lang-x-find", &a->profession, 1, false);
    }
    if (what & DS_ALIASES)
        aliases(m, a->aliases);
    if (what & DS_RANK)
        number_or_none(m, "mssPreferredRank", a->rank);
    if (what & DS_PAPERLESS)
        mods_str(m, "mssPaperless", said_text(a->paperless));
    plain_texts(m, a, what);
    place(m, a, what);
    if (what & (DS_NAME | DS_SERVICE | DS_PROFESSION | DS_SPECIALTY | DS_TOWN | DS_STRUCTURE_NAME))
        search_words(m, a);
}
