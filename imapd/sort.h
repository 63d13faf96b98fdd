/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/sort.h - puts what a search found into the order that SORT asks for.
 *
 * Keys     are what the summary keeps for it (extract/summary.h, section 7): folded, so that case and accents do not count; ARRIVAL and SIZE are the
 *          entry's. Messages with equal keys stay in the order of their numbers, with REVERSE too (RFC 5256 3).
 * Memory   16 octets for each key of each message, and the texts, of which the first SORT_TEXT octets count.
 * Process  pli-imapd session.   Source RFC 5256, RFC 5957.
 */
#pragma once
#include "imapd/found.h"

enum { SORT_TEXT = 256 };
enum rc sort_run(struct imap_session *s, const struct imap_search *what, struct results *found, struct err *e);
