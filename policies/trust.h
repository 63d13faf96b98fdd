/* SPDX-License-Identifier: EUPL-1.2 */
/* policies/trust.h - who is taken into the trust space: decisions over plain facts. Source spec/mssante.md 1.2, 1.3.
 * Process  smtpd, relayd.
 */
#pragma once
#include "base/err.h"
#include "base/span.h"
/* Are the two names the same sequence of RDNs? RDNs are compared by attribute type and value (RFC 4514, 4518). One sequence may be the other one
 * reversed. Spaces around separators, runs of spaces and case make no difference. */
bool dn_same(struct span a, struct span b);
/* What a peer or a sender is told when dird could not say who is trusted: the list's own trouble by its name, anything else as the directory's. */
enum cause trust_temp(enum cause of_dird);

