/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/summaries.h - a message's summary, checked before any of it goes into this session's stream.
 *
 * Trust    a summary was sealed by the session that took the message in, and that session may have been taken over. So three things are checked:
 *          the texts are within the grammar (extract/lawful.c), the parts lie inside the message, and the size is the entry's. A summary that fails,
 *          or has a version that this program does not read, is not believed. It is made anew from the message's octets, for this answer alone.
 * Cost     a summary that is made anew costs one reading of the whole message.
 * Process  pli-imapd session.
 */
#pragma once
#include "imapd/pages.h"
#include "extract/summary.h"
/* Opens en->object (of STORE_SUMMARIES) into plain; out borrows from plain. texts: SUMMARY_ bits, the texts that will be written.
 * *anew_out: the summary was not believed and was made anew. RC_CORRUPT: the message does not open either. */
enum rc summary_of(struct pages *p, const struct store_entry *en, unsigned texts, struct buf *plain, struct summary *out, bool *anew_out,
                   struct err *e);
