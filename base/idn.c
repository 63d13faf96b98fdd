/* SPDX-License-Identifier: EUPL-1.2 */
/* base/idn.c - see base/idn.h. libidn2 does the work; it reads the tables that are built into it. */
#include "base/idn.h"
#include "base/ascii.h"
#include <idn2.h>
#include <stdio.h>

/* Labels of letters, digits and hyphens, none of them empty. */
static bool is_name(struct span s)
{
    bool in_label = false;

    for (size_t i = 0; i < s.n; i++) {
        if (!ascii_is_alnum(s.p[i]) && s.p[i] != '-' && !(s.p[i] == '.' && in_label))
            return false;
        in_label = s.p[i] != '.';
    }
    return in_label;
}

/* The library's own rule for ASCII (STD3) is not asked for: it takes out what a name may not have, so that gp@chu with a full-width @ would become gpchu. */
static bool to_a_labels(const char *u_labels, char out[IDN_ROOM])
{
    unsigned char *made = NULL;
    int rc = idn2_lookup_u8((const unsigned char *)u_labels, &made, IDN2_NONTRANSITIONAL | IDN2_NFC_INPUT);
    struct span s = span_str(rc == IDN2_OK ? (const char *)made : NULL);
    bool ok = s.n < IDN_ROOM && is_name(s);

    if (ok)
        snprintf(out, IDN_ROOM, "%.*s", SPAN_ARG(s));
    idn2_free(made);
    return ok;
}

bool idn_domain(struct span domain, char out[IDN_ROOM])
{
    char text[IDN_ROOM];

    if (domain.n == 0 || domain.n >= IDN_ROOM || span_chr(domain, 0) >= 0)
        return false;
    ascii_lower_all(domain, text);
    text[domain.n] = 0;
    if (!ascii_only(domain))
        return to_a_labels(text, out);
    memcpy(out, text, domain.n + 1);
    return true;
}

static bool has_labels(struct span domain) /* U-labels or A-labels */
{
    bool a_label = false;

    for (size_t i = 0; i + 4 <= domain.n; i++)
        a_label = a_label || span_ieq_str(span_of(domain.p + i, 4), "xn--");
    return a_label || !ascii_only(domain);
}

bool idn_address(struct span address, char *out, size_t cap)
{
    struct span domain = SPAN_NULL;
    char made[IDN_ROOM];
    size_t local = address.n;

    if (span_chr(address, 0) >= 0)
        return false;
    while (local > 0 && address.p[local - 1] != '@')
        local--;
    if (local > 0)
        domain = span_from(address, local);
    if (local == 0 || !has_labels(domain))
        local = address.n;
    else if (!idn_domain(domain, made))
        return false;
    domain = local < address.n ? span_str(made) : SPAN_NULL;
    if (local + domain.n >= cap)
        return false;
    memmove(out, address.p, local);
    memcpy(out + local, domain.n > 0 ? (const char *)domain.p : "", domain.n);
    out[local + domain.n] = 0;
    return true;
}
