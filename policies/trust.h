/* SPDX-License-Identifier: EUPL-1.2 */
/* policies/trust.h - who is taken into the trust space: decisions over plain facts. Source spec/mssante.md 1.2, 1.3.
 * Process  smtpd, relayd.
 */
#pragma once
#include "base/err.h"
#include "base/span.h"
/* RDN sequences compared by attribute type and value: order may be reversed, spaces round separators and runs of spaces fold, case folds. RFC 4514, 4518. */
bool dn_same(struct span a, struct span b);
struct trust_facts {
    bool has_cert, verified;
    struct span peer_dn, sender_domain;      /* sender_domain empty: null reverse path */
    const struct span *dns; size_t n_dns;    /* of the sender's domain; for a null path: any */
    bool domain_known;
};
enum trust_verdict { TRUST_OK, TRUST_NO_TLS, TRUST_NO_CERT, TRUST_BAD_CERT, TRUST_UNKNOWN_DOMAIN, TRUST_WRONG_DN };
enum trust_verdict trust_decide(const struct trust_facts *f);
