/* SPDX-License-Identifier: EUPL-1.2 */
/* extract/structure.h - one part's structure, found in the BODYSTRUCTURE of its message.
 *
 * Input    whole: a body structure that summary_lawful() has checked. part: numbers as in a section, "1.2".
 * Result   *out borrows from whole: "(" to ")" of that part, with all that it holds. The part "" is the whole.
 *          False: there is no such part.
 * Process  pli-imapd session.   Source RFC 3501 6.4.5 (numbers), 7.4.2 (structures).
 */
#pragma once
#include "base/span.h"
#include <stdbool.h>
bool structure_part(struct span whole, struct span part, struct span *out);
