/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/found.h - a walk over what a search found, for SORT and THREAD: entries or summaries, page after page.
 *
 * Kept     what this or an earlier command opened of a summary is not asked for again (imapd/kept.h), and what the walk opens is kept.
 * Order    ascending rows. A message that another session has just expunged is not given.
 * Broken   a summary that cannot be had is NULL, and the walk goes on: the message sorts as one without a header.
 * Bound    what SORT and THREAD keep of all messages together is FOUND_MOST octets at most.
 * Process  pli-imapd session.
 */
#pragma once
#include "imapd/results.h"

struct found_one {
    uint32_t row;
    const struct store_entry *entry;
    const struct summary *summary; /* NULL with entries only, or when it is broken */
};
typedef enum rc found_fn(void *ctx, const struct found_one *one, struct err *e);
enum rc found_each(struct imap_session *s, const struct results *r, bool summaries, found_fn *fn, void *ctx, struct err *e);
enum { FOUND_MOST = 128 * 1024 * 1024 };
/* RC_TEMP, CAUSE_SEARCH_TOO_COMPLEX: so many octets are too many. */
enum rc found_fits(size_t octets, struct err *e);
