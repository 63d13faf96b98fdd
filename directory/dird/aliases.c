/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/dird/aliases.c - the further addresses of an account: free, one more, one less.
 * Process  dird, under d->write.
 */
#include "base/log.h"
#include "directory/dird/dird.h"

enum rc aliases_free(struct dird *d, const struct dird_account *a, struct err *e)
{
    enum rc rc = RC_OK;
    for (struct span rest = a->aliases; rc == RC_OK && rest.n > 0;) {
        struct span one = span_cut(&rest, '\n');
        if (one.n > 0)
            rc = address_free(d, one, a->address, e);
    }
    return rc;
}

/* Is it one of those, one a line? */
static bool among(struct span lines, struct span one)
{
    while (lines.n > 0)
        if (span_ieq(span_cut(&lines, '\n'), one))
            return true;
    return false;
}

/* The lines of from that are not among those of but. */
static void put(struct buf *out, struct span from, struct span but)
{
    while (from.n > 0) {
        struct span one = span_cut(&from, '\n');
        if (one.n > 0 && !among(but, one))
            buf_addf(out, "%s%.*s", out->n > 0 ? "\n" : "", SPAN_ARG(one));
    }
}

enum rc aliases_merge(const struct dird_account *is, const struct dird_account *change, uint32_t what, struct buf *out,
                      struct err *e)
{
    struct buf lost = BUF_INIT;
    enum rc rc = RC_OK;

    if (what & DS_ALIAS_ADD) {
        buf_addspan(out, is->aliases);
        put(out, change->aliases, is->aliases);
        return RC_OK;
    }
    put(&lost, change->aliases, is->aliases);
    if (lost.n > 0)
        rc = err_set(e, RC_NOTFOUND, "%s is no alias of %.*s", log_esc(buf_span(&lost)), SPAN_ARG(is->address));
    put(out, is->aliases, change->aliases);
    buf_free(&lost);
    return rc;
}
