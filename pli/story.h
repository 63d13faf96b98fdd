/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/story.h - what a line of the log means for the message that it is about: a French sentence for each event that pli trace tells.
 *
 * Table    story.c has one row an event. A line whose event has no row is told as it stands.
 * Safe     values are a peer's words in part: only text without controls and direction marks is told unescaped (admin/names.h).
 * Process  pli.
 */
#pragma once
#include "base/buf.h"
#include "pli/logs.h"

void story_tell(const struct log_line *l, struct buf *out);             /* appends the sentence, without a line end */
void story_value(struct span escaped, struct buf *out);                 /* appends a value as people may read it */
const char *story_cause(struct span name);                              /* "peer-tls" -> its French text; NULL: no such cause. Static */
