/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/dird/pages.h - an answer that is a page of a list of the cache: accounts, domains, lists, administrators.
 *
 * Cursor   the name of a page's last record: whoever asks gives it back for the next page. So a page without a record is no answer, and what is nobody's to see,
 *          or went meanwhile, is passed over until there is one.
 * Process  dird, worker threads.
 */
#pragma once
#include "directory/dird/cache.h"

struct paging {
    enum cache_list of;
    size_t names; /* at most that many are looked at for a page that gets a record */
    /* Appends what is to be told of that name: nothing, a record, several. RC_MORE: there is no room, the next page begins with it. */
    enum rc (*put)(void *ctx, struct span name, struct buf *list, struct err *e);
    void *ctx;
};
/* Of NUL-ended names. RC_MORE: not all of them; *last_out is the last one that was tried, in names. */
enum rc page_put(const struct paging *g, struct span names, struct span *last_out, struct buf *list, struct err *e);
enum rc page_fill(struct cache *c, const struct paging *g, struct span after, struct buf *list, bool *more_out, struct err *e);
