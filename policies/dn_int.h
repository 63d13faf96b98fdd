/* SPDX-License-Identifier: EUPL-1.2 */
/* policies/dn_int.h - a name taken apart; inside policies/ only.
 * Owns     struct dn_parts owns the text of its types and values.
 * Process  dird, trustd, relayd, pli.   Source RFC 4514 3.
 */
#pragma once
#include "policies/trust.h"

enum dn_kind { DN_STRING = 1 /* prepared */, DN_OCTETS /* no UTF-8: as they are */, DN_BER /* a value in hexadecimal that is no string */ };
struct dn_run {
    size_t at, n; /* in text */
};
struct dn_value {
    unsigned rdn;     /* place in the sequence; values joined by + share one */
    enum dn_kind kind;
    struct dn_run type; /* an OID, or a name that is not known here, in lower case */
    struct dn_run text;
};
struct dn_parts {
    struct dn_value value[DN_VALUES_MAX];
    size_t n;
    unsigned rdns;
    struct buf text;
};
bool dn_parse(struct span s, struct dn_parts *out); /* false: it is no DN. Free it in both cases */
void dn_parts_free(struct dn_parts *d);
static inline struct span dn_text(const struct dn_parts *d, struct dn_run r)
{
    return span_of(d->text.p + r.at, r.n);
}
