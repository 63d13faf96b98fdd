/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/drawn.h - a first-sign-in code, or a password for a sheet, that a machine draws and a person types.
 *
 * Form     four groups of five characters with hyphens between: "k7mq2-...". Letters and digits that are not taken for one another, each of 31 as
 *          likely as any: 99 random bits.
 * Why      so many bits are not guessed, whatever a guess costs: dird hashes such a code with the least effort (passhash.h), where a password that a
 *          person chose needs the slow hash.
 * Owns     nothing. What is drawn is secret: the caller wipes it.
 * Process  pli (draws), pli-dird, pli-httpd (its form). Pure but for the random numbers.
 */
#pragma once
#include "base/span.h"

enum { DRAWN_GROUPS = 4, DRAWN_LETTERS = 5, DRAWN_SIZE = DRAWN_GROUPS * (DRAWN_LETTERS + 1) - 1 };
void drawn_make(char out[DRAWN_SIZE]); /* no NUL behind */
/* Has it the form of one? What a person thinks up has not. */
bool drawn_is(struct span s);
