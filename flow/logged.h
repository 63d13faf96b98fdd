/* SPDX-License-Identifier: EUPL-1.2 */
/* flow/logged.h - how the log names an envelope address. The log must answer "did Dr X get it?", so addresses of professionals stand in it as they are;
 * a patient's address holds the national identifier (matricule INS), so a keyed hash stands in its place. The same address always has the same name, and
 * `pli log find ADDRESS` finds it.
 *
 * Form     ADDRESS in lower case; a patient's: "ins-" and 16 hexadecimal digits of HMAC-SHA256(key, address in lower case), "@", the domain.
 *          Without the domain when that holds a matricule, too.
 * Patient  every address of patient.mssante.fr, and, wherever it is, one that holds a matricule anywhere: 15 characters or more in a row, digits with A or B for
 *          Corsica. Quotes or a sub-address ("dr+MATRICULE@...") around it change nothing. Source spec/mssante.md, citizens.
 * Owns     nothing; the key is copied once. Without a key a random one is drawn: nobody can find such names again, and nobody can undo them.
 * Process  smtpd, relayd; pli.
 */
#pragma once
#include "base/span.h"

enum { LOGGED_KEY = 32, LOGGED_MAX = 400 };
void logged_key(const unsigned char key[LOGGED_KEY]);
const char *logged_address(struct span address, char out[LOGGED_MAX]); /* out */
