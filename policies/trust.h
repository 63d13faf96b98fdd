/* SPDX-License-Identifier: EUPL-1.2 */
/* policies/trust.h - who is taken into the trust space: decisions over plain facts. Source spec/mssante.md 1.2, 1.3.
 * Process  smtpd, relayd.
 */
#pragma once
#include "base/err.h"
#include "base/span.h"
/* RDN sequences compared by attribute type and value: order may be reversed, spaces round separators and runs of spaces fold, case folds. RFC 4514, 4518. */
bool dn_same(struct span a, struct span b);

