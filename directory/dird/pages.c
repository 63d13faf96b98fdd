/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/dird/pages.c - see pages.h. */
#include "directory/dird/pages.h"
#include <stdio.h>

enum rc page_put(const struct paging *g, struct span names, struct span *last_out, struct buf *list, struct err *e)
{
    enum rc rc = RC_OK;
    *last_out = SPAN_NULL;
    while (rc == RC_OK && names.n > 0) {
        *last_out = span_cut(&names, 0);
        rc = g->put(g->ctx, *last_out, list, e);
    }
    return rc;
}

enum rc page_fill(struct cache *c, const struct paging *g, struct span after, struct buf *list, bool *more_out,
                  struct err *e)
{
    struct buf names = BUF_INIT;
    char cursor[CACHE_NAME];
    struct span last;
    bool more = true;
    enum rc rc = RC_OK;
    for (bool first = true; rc == RC_OK && more && (first || list->n == 0); first = false) {
        buf_clear(&names);
        more = cache_page(c, g->of, first ? after : span_str(cursor), g->names, &names);
        rc = page_put(g, buf_span(&names), &last, list, e);
        snprintf(cursor, sizeof cursor, "%.*s", SPAN_ARG(last));
    }
    *more_out = more || rc == RC_MORE;
    buf_free(&names);
    return rc == RC_MORE ? RC_OK : rc;
}
