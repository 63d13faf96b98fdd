/* SPDX-License-Identifier: EUPL-1.2 */
/* extract/html.h - the words of an HTML text, for search and preview; inside extract/ only.
 *
 * This is not a renderer. Tags go. A block tag leaves a space. Style and script go with their content. Character references are resolved.
 * Bounds   linear; the output is at most 3/2 as long as the input. It is appended to out, which is the caller's.
 * Process  smtpd and imapd sessions.   Source HTML 4.01 section 24 (names), HTML 5 13.2.5.
 */
#pragma once
#include "base/buf.h"
void html_text(struct span utf8, struct buf *out);
unsigned html_named(struct span name); /* name: "eacute", without "&" and ";". The character, or 0: no reference has that name */
