/* SPDX-License-Identifier: EUPL-1.2 */
/* policies/identifiers.h - pure checks of national identifiers and of addresses. True: well formed. Source spec/mssante.md 2.4-2.7, 3.2.
 * Process  any.
 */
#pragma once
#include "base/span.h"
bool luhn_ok(struct span digits);
bool rpps_ok(struct span s);       /* 11 digits, Luhn */
bool adeli_ok(struct span s);      /* 9 characters: department (2A and 2B too), then digits; no check digit is published */
bool telephone_ok(struct span s);  /* 3 to 15 digits (E.164), a + first, single spaces . - ( ) between them; 32 octets */
bool finess_ok(struct span s);     /* 9 characters; Luhn when all digits; 2A and 2B allowed, then length only */
bool siret_ok(struct span s);      /* 14 digits, Luhn (La Poste: sum multiple of 5) */
bool siren_ok(struct span s);
bool structure_ok(struct span s);  /* FINESS, SIREN, SIRET */
bool ins_ok(struct span s);        /* matricule INS: 13 characters (2A and 2B for Corsica, at 6 and 7) and the key 97 - N mod 97 */
bool mail_domain_ok(struct span s);/* LDH labels, at least two, RFC 1035 lengths */
bool mail_local_ok(struct span s); /* for a new account: [a-z0-9._-]{1,64}, no dot at ends or doubled */
