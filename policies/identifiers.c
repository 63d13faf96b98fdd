/* SPDX-License-Identifier: EUPL-1.2 */
/* policies/identifiers.c - check digits of French health identifiers, and the form of addresses.
 * Source   spec/mssante.md 2.4-2.7 (Luhn; INS key 97 - N mod 97, Corsica 2A as 19 and 2B as 18), RFC 1035 2.3.1, RFC 5321 4.5.3.1.
 * Process  any.
 */
#include "policies/identifiers.h"
#include "base/ascii.h"

static bool digit(unsigned char c)
{
    return c >= '0' && c <= '9';
}

static bool all_digits(struct span s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!digit(s.p[i]))
            return false;
    return s.n > 0;
}

static bool lower_alnum(unsigned char c)
{
    return digit(c) || ascii_is_lower(c);
}

bool luhn_ok(struct span s)
{
    if (!all_digits(s))
        return false;
    unsigned sum = 0;
    for (size_t i = 0; i < s.n; i++) { /* i counts from the right */
        unsigned d = s.p[s.n - 1 - i] - '0';
        if (i % 2)
            d = d > 4 ? 2 * d - 9 : 2 * d;
        sum = (sum + d) % 10;
    }
    return sum == 0;
}

static unsigned digit_sum(struct span s)
{
    unsigned sum = 0;
    for (size_t i = 0; i < s.n; i++)
        sum += s.p[i] - '0';
    return sum;
}

bool rpps_ok(struct span s)
{
    return s.n == 11 && luhn_ok(s);
}

bool siren_ok(struct span s)
{
    return s.n == 9 && luhn_ok(s);
}

bool finess_ok(struct span s)
{
    if (s.n != 9)
        return false;
    if (s.p[0] == '2' && (s.p[1] == 'A' || s.p[1] == 'B'))
        return all_digits(span_from(s, 2)); /* the letter's value in the sum is not published: form only */
    return luhn_ok(s);
}

bool adeli_ok(struct span s)
{
    bool corsica = s.n == 9 && s.p[0] == '2' && (s.p[1] == 'A' || s.p[1] == 'B');

    return s.n == 9 && all_digits(corsica ? span_from(s, 2) : s);
}

bool telephone_ok(struct span s)
{
    enum { LEAST = 3, MOST = 15, LONGEST = 32 };
    size_t digits = 0;

    if (s.n == 0 || s.n > LONGEST || !digit(s.p[s.n - 1]))
        return false;
    for (size_t i = 0; i < s.n; i++) {
        if (digit(s.p[i]))
            digits++;
        else if (s.p[i] == '+' ? i > 0 : !strchr(" .-()", s.p[i]) || s.p[i] == 0)
            return false;
    }
    return digits >= LEAST && digits <= MOST;
}

bool siret_ok(struct span s)
{
    if (s.n != 14 || !all_digits(s))
        return false;
    if (span_eq_str(span_head(s, 9), "356000000") && digit_sum(s) % 5 == 0)
        return true; /* La Poste ran out of Luhn numbers */
    return luhn_ok(s);
}

bool structure_ok(struct span s)
{
    return finess_ok(s) || siren_ok(s) || siret_ok(s);
}

/* Corsica's 2A counts as 19, its 2B as 18. */
static bool ins_digit(struct span s, size_t i, unsigned *d_out)
{
    unsigned char c = s.p[i];

    if (i == 6 && s.p[5] == '2' && (c == 'A' || c == 'a' || c == 'B' || c == 'b'))
        *d_out = ascii_lower(c) == 'a' ? 9 : 8;
    else if (digit(c))
        *d_out = i == 5 && s.p[6] > '9' ? 1 : c - '0';
    else
        return false;
    return true;
}

bool ins_ok(struct span s)
{
    enum { NUMBER = 13, ALL = 15, MOD = 97 };
    unsigned rest = 0, d;

    if (s.n != ALL || !all_digits(span_from(s, NUMBER)))
        return false;
    for (size_t i = 0; i < NUMBER; i++) {
        if (!ins_digit(s, i, &d))
            return false;
        rest = (rest * 10 + d) % MOD;
    }
    return (unsigned)((s.p[13] - '0') * 10 + (s.p[14] - '0')) == MOD - rest;
}

static bool label_ok(struct span l)
{
    if (l.n == 0 || l.n > 63 || l.p[0] == '-' || l.p[l.n - 1] == '-')
        return false;
    for (size_t i = 0; i < l.n; i++) {
        unsigned char c = l.p[i];
        if (!(ascii_is_alnum(c) || c == '-'))
            return false;
    }
    return true;
}

bool mail_domain_ok(struct span s)
{
    if (s.n == 0 || s.n > 253)
        return false;
    unsigned labels = 0;
    for (struct span rest = s;; labels++) {
        ptrdiff_t dot = span_chr(rest, '.');
        if (!label_ok(dot < 0 ? rest : span_head(rest, (size_t)dot)))
            return false;
        if (dot < 0)
            return labels >= 1 && !all_digits(rest); /* two labels, and not an IP address */
        rest = span_from(rest, (size_t)dot + 1);
    }
}

bool mail_local_ok(struct span s)
{
    if (s.n == 0 || s.n > 64 || s.p[0] == '.' || s.p[s.n - 1] == '.')
        return false;
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = s.p[i];
        if (!(lower_alnum(c) || c == '.' || c == '_' || c == '-'))
            return false;
        if (c == '.' && s.p[i + 1] == '.')
            return false;
    }
    return true;
}
