/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/import/entry.c - see entry.h. */
#include "directory/import/entry.h"
#include "base/ascii.h"
#include "base/base64.h"
#include "crypto/seal/digest.h"
#include "directory/fold.h"
#include "policies/identifiers.h"
#include <stdio.h>

/* Raised when the same line makes another entry: everything is then written anew. */
static const char shape[] = "3";
static const char find[] = "cn;lang-x-find", word_attr[] = "mssSearchName";

/* ---- keys and digests ---- */
void national_key(struct span address, unsigned char out[NATIONAL_KEY])
{
    unsigned char small[NATIONAL_FIELD_MAX], full[DIGEST_LEN];
    size_t n = address.n < sizeof small ? address.n : sizeof small;
    for (size_t i = 0; i < n; i++)
        small[i] = (unsigned char)ascii_lower(address.p[i]);
    digest_of(span_of(small, n), full);
    memcpy(out, full, NATIONAL_KEY);
}

void national_digest(const struct national_row *r, unsigned char out[NATIONAL_KEY])
{
    unsigned char full[DIGEST_LEN];
    struct digest *d = digest_new();
    digest_add(d, span_str(shape));
    for (size_t i = 0; i < NC_COLUMNS_; i++) {
        digest_add(d, r->col[i]);
        digest_add(d, SPAN_LIT("|"));
    }
    digest_end(&d, full);
    memcpy(out, full, NATIONAL_KEY);
}

void national_person(const struct national_row *r, unsigned char out[NATIONAL_KEY])
{
    struct span kind = r->col[NC_ID_KIND], id = r->col[NC_ID];
    memset(out, 0, NATIONAL_KEY);
    if (id.n == 0 || id.n >= NATIONAL_KEY || !(span_eq_str(kind, "8") || span_eq_str(kind, "0")))
        return;
    out[0] = kind.p[0];
    memcpy(out + 1, id.p, id.n);
}

void national_key_hex(const unsigned char key[NATIONAL_KEY], char out[2 * NATIONAL_KEY + 1])
{
    for (size_t i = 0; i < NATIONAL_KEY; i++)
        snprintf(out + 2 * i, 3, "%02x", key[i]);
}

/* ---- values ---- */
static void put(struct national_entry *en, const char *attr, struct span value)
{
    if (value.n == 0 || en->n == NATIONAL_VALUES)
        return;
    en->v[en->n++] = (struct national_value){attr, en->mem.n, value.n};
    buf_addspan(&en->mem, value);
}

static void put_str(struct national_entry *en, const char *attr, const char *value)
{
    put(en, attr, span_str(value));
}

static void put_word(struct national_entry *en, struct span word)
{
    for (size_t i = 0; i < en->n; i++)
        if (en->v[i].attr == word_attr && span_eq(span_of(en->mem.p + en->v[i].at, en->v[i].n), word))
            return;
    put(en, word_attr, word);
}

static void put_words(struct national_entry *en, struct span text)
{
    struct buf folded = BUF_INIT;
    fold_words(text, &folded);
    struct span rest = buf_span(&folded), word;
    while (fold_next(&rest, &word))
        put_word(en, word);
    buf_free(&folded);
}

/* Two texts with something between them, or the one that there is. */
static void join(struct buf *out, struct span a, const char *between, struct span b)
{
    buf_addspan(out, a);
    if (a.n > 0 && b.n > 0)
        buf_addstr(out, between);
    buf_addspan(out, b);
}

static void put_joined(struct national_entry *en, const char *attr, struct span a, const char *between, struct span b)
{
    struct buf text = BUF_INIT;
    join(&text, a, between, b);
    put(en, attr, buf_span(&text));
    buf_free(&text);
}

static void fold_joined(struct span a, struct span b, struct buf *folded)
{
    struct buf text = BUF_INIT;
    join(&text, a, " ", b);
    fold_words(buf_span(&text), folded);
    buf_free(&text);
}

/* A form under which a text is looked for. One that slapd takes for another of the same attribute would be refused with the whole entry. */
static void put_form(struct national_entry *en, const char *attr, struct span form)
{
    if (span_trim(form).n == 0)
        return;
    for (size_t i = 0; i < en->n; i++)
        if (strcmp(en->v[i].attr, attr) == 0 && fold_alike(span_of(en->mem.p + en->v[i].at, en->v[i].n), form))
            return;
    put(en, attr, form);
}

/* "Marie Thérèse", of who types accents and leaves the hyphen out. */
static void put_open(struct national_entry *en, const char *attr, struct span text)
{
    struct buf open = BUF_INIT;
    fold_open(text, &open);
    put_form(en, attr, buf_span(&open));
    buf_free(&open);
}

static void put_folded(struct national_entry *en, struct span a, struct span b)
{
    struct buf folded = BUF_INIT, text = BUF_INIT, marked = BUF_INIT;
    fold_joined(a, b, &folded);
    put_form(en, find, buf_span(&folded));
    join(&text, a, " ", b);
    fold_name(buf_span(&text), &marked); /* "marie-therese": hyphens are typed, and left out */
    put_form(en, find, buf_span(&marked));
    put_open(en, find, buf_span(&text));
    buf_free(&folded);
    buf_free(&text);
    buf_free(&marked);
}

/* A text and, beside it, how it is typed without its accents, its hyphens and its apostrophes: only what letters as written do not find. */
static void put_found(struct national_entry *en, const char *attr, const char *found, struct span text)
{
    struct buf folded = BUF_INIT, marked = BUF_INIT;
    put(en, attr, text);
    fold_words(text, &folded);
    fold_name(text, &marked);
    if (!span_ieq(buf_span(&folded), text))
        put_form(en, found, buf_span(&folded));
    if (!span_ieq(buf_span(&marked), text))
        put_form(en, found, buf_span(&marked));
    put_open(en, found, text);
    buf_free(&folded);
    buf_free(&marked);
}

/* "30900 NIMES CEDEX 9" -> "NIMES" */
static struct span town(const struct national_row *r)
{
    struct span s = r->col[NC_TOWN];
    ptrdiff_t cedex = span_find(s, SPAN_LIT(" CEDEX"));
    if (cedex >= 0)
        s = span_head(s, (size_t)cedex);
    while (s.n > 0 && (ascii_is_digit(s.p[0]) || s.p[0] == ' '))
        s = span_from(s, 1);
    return s;
}

static struct span structure(const struct national_row *r)
{
    return r->col[NC_COMPANY].n > 0 ? r->col[NC_COMPANY] : r->col[NC_SIGNBOARD];
}

static bool is_person(const struct national_row *r)
{
    return r->col[NC_NAME].n > 0;
}

void national_name(const struct national_row *r, char out[NATIONAL_NAME])
{
    struct buf folded = BUF_INIT;
    if (is_person(r))
        fold_joined(r->col[NC_NAME], r->col[NC_GIVEN], &folded);
    else
        fold_joined(r->col[NC_SERVICE], structure(r), &folded);
    memset(out, 0, NATIONAL_NAME);
    if (folded.n > 0)
        memcpy(out, folded.p, folded.n < NATIONAL_NAME ? folded.n : NATIONAL_NAME);
    buf_free(&folded);
}

static void put_person(struct national_entry *en, const struct national_row *r)
{
    const struct span *c = r->col;
    put_joined(en, "cn", c[NC_GIVEN], " ", c[NC_NAME]);
    put_folded(en, c[NC_GIVEN], c[NC_NAME]);
    if (c[NC_GIVEN].n > 0)
        put_folded(en, c[NC_NAME], c[NC_GIVEN]);
    put(en, "sn", c[NC_NAME]);
    put(en, "givenName", c[NC_GIVEN]);
    if (span_eq_str(c[NC_ID_KIND], "8"))
        put(en, "rpps", c[NC_ID]);
}

static void put_organisation(struct national_entry *en, const struct national_row *r)
{
    struct span service = r->col[NC_SERVICE], name = structure(r);
    if (service.n + name.n == 0)
        name = r->col[NC_ADDRESS];
    put_joined(en, "cn", service, " - ", name);
    put_folded(en, service, name);
    put(en, "sn", name.n > 0 ? name : service);
}

static void put_place(struct national_entry *en, const struct national_row *r)
{
    struct buf street = BUF_INIT;
    join(&street, r->col[NC_NUMBER], " ", r->col[NC_WAY]);
    put_joined(en, "street", buf_span(&street), " ", r->col[NC_STREET]);
    buf_free(&street);
    put_found(en, "o", "o;lang-x-find", structure(r));
    put_found(en, "ou", "ou;lang-x-find", r->col[NC_SERVICE]);
    put_found(en, "l", "l;lang-x-find", town(r));
    put(en, "postalCode", r->col[NC_POSTCODE]);
}

static void put_words_of(struct national_entry *en, const struct national_row *r)
{
    static const enum national_column cols[] = {NC_NAME,    NC_GIVEN,   NC_PROFESSION, NC_SPECIALTY,
                                                NC_SERVICE, NC_COMPANY, NC_SIGNBOARD};
    for (size_t i = 0; i < sizeof cols / sizeof *cols; i++)
        put_words(en, r->col[cols[i]]);
    put_words(en, town(r));
}

/* ---- what the line leaves empty ---- */
static bool same_or_empty(struct span a, struct span b)
{
    return a.n == 0 || span_eq(a, b);
}

static void complete_profession(struct national_row *r, const struct national_row *acts, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const struct span *c = acts[i].col;
        if (c[NC_PROFESSION].n == 0 || !same_or_empty(r->col[NC_PROFESSION], c[NC_PROFESSION]))
            continue;
        r->col[NC_PROFESSION] = c[NC_PROFESSION];
        if (r->col[NC_SPECIALTY].n == 0)
            r->col[NC_SPECIALTY] = c[NC_SPECIALTY];
    }
}

/* An activity in a structure, or else one in a town. */
static const struct national_row *with_place(const struct national_row *acts, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (structure(&acts[i]).n > 0)
            return &acts[i];
    for (size_t i = 0; i < n; i++)
        if (acts[i].col[NC_TOWN].n > 0)
            return &acts[i];
    return NULL;
}

/* A place is one activity's whole, never put together of two. */
static void complete_place(struct national_row *r, const struct national_row *acts, size_t n)
{
    static const enum national_column place[] = {NC_STRUCTURE, NC_COMPANY, NC_SIGNBOARD, NC_NUMBER,
                                                 NC_WAY,       NC_STREET,  NC_TOWN,      NC_POSTCODE};
    const struct national_row *act = with_place(acts, n);
    if (!act || structure(r).n + r->col[NC_TOWN].n + r->col[NC_STRUCTURE].n > 0)
        return;
    for (size_t k = 0; k < sizeof place / sizeof *place; k++)
        r->col[place[k]] = act->col[place[k]];
}

void national_entry_make(const struct national_row *rows, size_t n, const struct national_row *acts, size_t n_acts,
                         struct national_entry *out)
{
    struct national_row shown = rows[0], *r = &shown;
    unsigned char key[NATIONAL_KEY], small[NATIONAL_FIELD_MAX];
    struct span address = r->col[NC_ADDRESS];
    *out = (struct national_entry){.mem = BUF_INIT};
    complete_profession(r, acts, n_acts);
    complete_place(r, acts, n_acts);
    national_key(address, key);
    national_key_hex(key, out->key);
    for (size_t i = 0; i < address.n; i++)
        small[i] = (unsigned char)ascii_lower(address.p[i]);
    put_str(out, "objectClass", "inetOrgPerson");
    put_str(out, "objectClass", "mssNationalBox");
    put_str(out, "mssNationalKey", out->key);
    put(out, "mail", span_of(small, address.n));
    put(out, "mssType", r->col[NC_TYPE]);
    (is_person(r) ? put_person : put_organisation)(out, r);
    put_found(out, "title", "title;lang-x-find", r->col[NC_PROFESSION]);
    put(out, "mssProfession", r->col[NC_PROFESSION]);
    put(out, "mssSpecialty", r->col[NC_SPECIALTY]);
    put(out, "mssService", r->col[NC_SERVICE]);
    if (structure_ok(r->col[NC_STRUCTURE]))
        put(out, "mssStructureId", r->col[NC_STRUCTURE]);
    put_str(out, "mssPaperless", span_eq_str(r->col[NC_PAPERLESS], "O") ? "TRUE" : "FALSE");
    put_place(out, r);
    for (size_t i = 0; i < n; i++)
        put_words_of(out, &rows[i]);
    for (size_t i = 0; i < n_acts; i++)
        put_words_of(out, &acts[i]);
}

void national_entry_free(struct national_entry *en)
{
    buf_free(&en->mem);
}

/* ---- LDIF ---- */
/* RFC 2849 SAFE-STRING, and no space at the end. */
static bool safe(struct span v)
{
    if (v.n == 0 || v.p[0] == ' ' || v.p[0] == ':' || v.p[0] == '<' || v.p[v.n - 1] == ' ')
        return false;
    for (size_t i = 0; i < v.n; i++)
        if (v.p[i] >= 0x80 || v.p[i] < ' ')
            return false;
    return true;
}

void national_entry_ldif(const struct national_entry *en, struct buf *out)
{
    buf_addf(out, "dn: mssNationalKey=%s,ou=national,o=pli\n", en->key);
    for (size_t i = 0; i < en->n; i++) {
        struct span v = span_of(en->mem.p + en->v[i].at, en->v[i].n);
        buf_addstr(out, en->v[i].attr);
        buf_addstr(out, safe(v) ? ": " : ":: ");
        if (safe(v))
            buf_addspan(out, v);
        else
            base64_encode(v, out);
        buf_addc(out, '\n');
    }
    buf_addc(out, '\n');
}
