/* SPDX-License-Identifier: EUPL-1.2 */
/* policies/trust.c - the comparison of names by which a peer is taken into the trust space. See policies/trust.h.
 * Names    a DN is taken apart into attribute values. Two values are equal when their type, their place in the sequence
 *          and their folded text agree. Folding undoes escapes and quotes, makes each run of white space (no-break
 *          space too) one space and trims it, and makes ASCII and Latin-1 letters lower case. L and ST are one type
 *          here, because the list writes one of them where certificates have the other. A name that does not parse
 *          matches nothing.
 * Bounds   MAX_AVAS values and MAX_TEXT folded octets per name. The longest name listed has 130 octets.
 * Source   spec/mssante.md 1.2, 1.3; RFC 4514 3, RFC 4518 2.
 */
#include "policies/trust.h"
#include "base/ascii.h"

enum { MAX_AVAS = 24, MAX_TEXT = 1024 };

struct ava {
    unsigned rdn; /* place in the sequence; values joined by + share one */
    struct span type, value;
};
struct name {
    struct ava ava[MAX_AVAS];
    size_t n;
    unsigned rdns;
    unsigned char text[MAX_TEXT];
    size_t used;
};

static const struct {
    const char *written, *type;
} types[] = {
    {"cn", "cn"},
    {"commonname", "cn"},
    {"2.5.4.3", "cn"},
    {"ou", "ou"},
    {"organizationalunitname", "ou"},
    {"2.5.4.11", "ou"},
    {"o", "o"},
    {"organizationname", "o"},
    {"2.5.4.10", "o"},
    {"c", "c"},
    {"countryname", "c"},
    {"2.5.4.6", "c"},
    {"st", "place"},
    {"s", "place"},
    {"stateorprovincename", "place"},
    {"2.5.4.8", "place"},
    {"l", "place"},
    {"localityname", "place"},
    {"2.5.4.7", "place"},
    {"dc", "dc"},
    {"0.9.2342.19200300.100.1.25", "dc"},
    {"serialnumber", "serial"},
    {"2.5.4.5", "serial"},
    {"email", "email"},
    {"e", "email"},
    {"emailaddress", "email"},
    {"1.2.840.113549.1.9.1", "email"},
    {"organizationidentifier", "orgid"},
    {"2.5.4.97", "orgid"},
};

static struct span type_of(struct span written)
{
    if (span_istarts(written, "oid."))
        written = span_from(written, 4);
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (span_ieq_str(written, types[i].written))
            return span_str(types[i].type);
    return written; /* an unknown type is compared as written */
}

/* One byte of a value, escapes undone: RFC 4514 2.4. False at the end or when the escape is cut. */
static bool next_byte(struct span *rest, unsigned char *out)
{
    if (rest->n == 0)
        return false;
    if (rest->p[0] != '\\') {
        *out = rest->p[0];
        *rest = span_from(*rest, 1);
        return true;
    }
    if (rest->n >= 3 && ascii_hex(rest->p[1]) >= 0 && ascii_hex(rest->p[2]) >= 0) {
        *out = (unsigned char)(ascii_hex(rest->p[1]) * 16 + ascii_hex(rest->p[2]));
        *rest = span_from(*rest, 3);
        return true;
    }
    if (rest->n < 2)
        return false;
    *out = rest->p[1];
    *rest = span_from(*rest, 2);
    return true;
}

/* start: where the value at hand begins; a value before it is no neighbour. */
static void put_folded(struct name *d, size_t start, unsigned char c)
{
    bool after_c3 = d->used > start && d->text[d->used - 1] == 0xC3;
    if (ascii_is_upper(c))
        c = ascii_lower(c);
    else if (after_c3 && c >= 0x80 && c <= 0x9E && c != 0x97) /* U+00C0..U+00DE but the multiplication sign */
        c = (unsigned char)(c + 32);
    d->text[d->used++] = c;
}

/* U+00A0 has just been written as C2 A0: it is a space. */
static bool fold_nbsp(struct name *d, size_t start)
{
    if (d->used < start + 2 || d->text[d->used - 1] != 0xA0 || d->text[d->used - 2] != 0xC2)
        return false;
    d->used -= 2;
    return true;
}

static void put_space(struct name *d, size_t start)
{
    if (d->used > start && d->text[d->used - 1] != ' ')
        d->text[d->used++] = ' ';
}

/* Appends the folded value to d->text. */
static bool fold_value(struct name *d, struct span raw, struct span *value_out)
{
    size_t start = d->used;
    raw = span_trim(raw);
    if (raw.n >= 2 && raw.p[0] == '"' && raw.p[raw.n - 1] == '"')
        raw = span_of(raw.p + 1, raw.n - 2);
    if (d->used + raw.n + 1 > MAX_TEXT)
        return false;
    unsigned char c = 0;
    while (next_byte(&raw, &c)) {
        if (c == ' ' || c == '\t') {
            put_space(d, start);
            continue;
        }
        put_folded(d, start, c);
        if (fold_nbsp(d, start))
            put_space(d, start);
    }
    if (d->used > start && d->text[d->used - 1] == ' ')
        d->used--;
    *value_out = span_of(d->text + start, d->used - start);
    return raw.n == 0 && value_out->n > 0;
}

/* Length of the next TYPE=VALUE, up to a separator outside quotes and escapes. */
static size_t ava_length(struct span s)
{
    bool quoted = false;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '\\')
            i++;
        else if (s.p[i] == '"')
            quoted = !quoted;
        else if (!quoted && (s.p[i] == ',' || s.p[i] == ';' || s.p[i] == '+'))
            return i;
    }
    return s.n;
}

static bool parse_name(struct span s, struct name *d)
{
    *d = (struct name){.rdns = 1};
    for (;;) {
        size_t len = ava_length(s);
        struct span one = span_head(s, len);
        ptrdiff_t eq = span_chr(one, '=');
        if (eq <= 0 || d->n == MAX_AVAS)
            return false;
        struct ava *a = &d->ava[d->n++];
        a->rdn = d->rdns - 1;
        a->type = type_of(span_trim(span_head(one, (size_t)eq)));
        if (a->type.n == 0 || !fold_value(d, span_from(one, (size_t)eq + 1), &a->value))
            return false;
        if (len == s.n)
            return true;
        d->rdns += s.p[len] != '+';
        s = span_from(s, len + 1);
    }
}

static bool same_ava(const struct ava *a, const struct ava *b)
{
    return span_ieq(a->type, b->type) && span_eq(a->value, b->value);
}

/* Every value of one RDN of a stands in that RDN of b; joined values have no order. */
static bool has_match(const struct ava *x, const struct name *b, unsigned rdn, bool taken[MAX_AVAS])
{
    for (size_t i = 0; i < b->n; i++)
        if (b->ava[i].rdn == rdn && !taken[i] && same_ava(x, &b->ava[i]))
            return taken[i] = true;
    return false;
}

static bool same_names(const struct name *a, const struct name *b, bool reversed)
{
    bool taken[MAX_AVAS] = {false};
    for (size_t i = 0; i < a->n; i++) {
        unsigned rdn = reversed ? b->rdns - 1 - a->ava[i].rdn : a->ava[i].rdn;
        if (!has_match(&a->ava[i], b, rdn, taken))
            return false;
    }
    return true;
}

bool dn_same(struct span sa, struct span sb)
{
    struct name a, b;
    if (!parse_name(sa, &a) || !parse_name(sb, &b))
        return false;
    if (a.n != b.n || a.rdns != b.rdns)
        return false;
    return same_names(&a, &b, false) || same_names(&a, &b, true);
}

enum cause trust_temp(enum cause of_dird)
{
    return of_dird == CAUSE_LIST_STALE || of_dird == CAUSE_LIST_MISSING ? of_dird : CAUSE_DIR_TEMP;
}
