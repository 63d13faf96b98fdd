/* SPDX-License-Identifier: EUPL-1.2 */
/* httpd/fill.h - a text of httpd/texts/ with values in its places: "{host}" becomes the value, escaped for XML and HTML.
 *
 * Form     {name}        the value
 *          {?name}...{/} stays where the value is not empty; {!name}...{/} where it is. One inside another is taken, four deep
 * Values   UTF-8. What is escaped: < > & and the quotation mark, so a value may stand in an element or between double quotes. A value that is
 *          .raw is XML or HTML already, and goes in as it is.
 * Errors   The texts are ours: a name that has no value and an end that is missing are a bug().
 * Process  pli-httpd sessions.
 */
#pragma once
#include "base/buf.h"

struct fill {
    const char *name, *value; /* value NULL: as "" */
    bool raw;
};
void fill(struct buf *out, const char *text, const struct fill *values, size_t n);
