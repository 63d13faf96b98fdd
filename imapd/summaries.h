/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/summaries.h - a message's summary, checked before any of it goes into this session's stream.
 *
 * Trust    the session that took the message in sealed it, and may have been taken over: texts are within the grammar (extract/lawful.c), parts
 *          lie inside the message, its size is the entry's. What is not so, or of a version this program does not read, is not believed:
 *          the summary is made anew from the message's octets, for this answer alone.
 * Cost     of one made anew: the whole message is read once.
 * Process  pli-imapd session.
 */
#pragma once
#include "imapd/pages.h"
#include "extract/summary.h"
/* en->object (of STORE_SUMMARIES) is opened into plain, which out borrows from. texts: SUMMARY_ bits, what will be written.
 * *anew_out: it was not believed. RC_CORRUPT: the message does not open either. */
enum rc summary_of(struct pages *p, const struct store_entry *en, unsigned texts, struct buf *plain, struct summary *out, bool *anew_out,
                   struct err *e);
