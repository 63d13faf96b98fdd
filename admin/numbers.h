/* SPDX-License-Identifier: EUPL-1.2 */
/* admin/numbers.h - national numbers and telephone numbers as people and spreadsheets write them, in the form that is kept.
 *
 * Typed    "10 001 234 565", "187.512.751.00020", "2a-123456-7": between the characters of a number stand spaces (no-break and narrow ones too), dots and
 *          hyphens, which say nothing. The check digit decides as before.
 * Rounded  "1,00001E+10": a spreadsheet took the number for a quantity, and its last digits are lost. No reading brings them back.
 * Zero     a spreadsheet takes the 0 away from the front of "010000024". It is not put back: a number that is short may be mistyped, too.
 * Process  pli; later the HTTP daemon. Pure.   Source policies/identifiers.h; MSSante: RPPS, ADELI, FINESS, SIREN, SIRET.
 */
#pragma once
#include "base/span.h"

enum { NUMBER_ROOM = 64 };
/* Without what stands between, letters as capitals. What does not fit, or holds anything else, comes out as it was typed: the check refuses it. The result
 * lies in out or in typed. */
struct span number_normal(struct span typed, char out[NUMBER_ROOM]);
/* Of a telephone number the spaces and hyphens stay, as plain ones, none twice. */
struct span telephone_normal(struct span typed, char out[NUMBER_ROOM]);
bool number_rounded(struct span typed);
/* May typed be a number once it is normal? is: rpps_ok() and its like. */
bool number_is(struct span typed, bool (*is)(struct span));
bool number_lost_zero(struct span typed, bool (*is)(struct span)); /* it would be one with a 0 in front */
