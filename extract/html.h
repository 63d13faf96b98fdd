/* SPDX-License-Identifier: EUPL-1.2 */
/* extract/html.h - the words of an HTML text, for search and preview; inside extract/ only. Not a renderer: tags go, block
 * tags leave a space, style and script go with their content, character references are resolved. Linear. Output is no
 * longer than 3/2 of the input.
 */
#pragma once
#include "base/buf.h"
void html_text(struct span utf8, struct buf *out);
unsigned html_named(struct span name); /* "eacute" without "&" and ";": its character, 0: none of that name */
