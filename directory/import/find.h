/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/import/find.h - looks for words in the national copy, as "pli directory search" does.
 *
 * Who      the instance's owner, as in change.h. A mail client asks slapd itself.
 * Owns     nothing: what see() gets is good until it returns.
 * Errors   RC_NOTFOUND: there is no national copy. RC_DENIED: not the owner. RC_TEMP: slapd is away. RC_MORE: there are more than most.
 * Process  pli (directory search); the working folder is DIR/run.
 */
#pragma once
#include "base/err.h"
#include "base/span.h"

struct national_found {
    struct span address, type, name, rpps, profession, structure, service, town;
};
typedef void (*national_see)(const struct national_found *f, void *ctx);
/* Every word of the text begins a word of the entry, or is its professional's number. */
enum rc national_find(struct span text, unsigned most, national_see see, void *ctx, struct err *e);
