/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/without_nul.c - see imapd/without_nul.h. Two passes, as for a message that is signed: the tree first, then the
 * octets. */
#include "imapd/without_nul.h"
#include "base/clock.h"
#include "mime/canon.h"

static enum rc to_scan(void *ctx, struct span piece, struct err *e)
{
    (void)e;
    scan_feed(ctx, piece);
    return RC_OK;
}

static enum rc to_canon(void *ctx, struct span piece, struct err *e)
{
    return canon_feed(ctx, piece, e);
}

static enum rc to_spool(void *ctx, struct span piece, struct err *e)
{
    if (span_chr(piece, '\0') >= 0)
        return err_cause(e, RC_PERM, CAUSE_UNKNOWN_CTE, "a NUL that no encoding can hold");
    return spool_put(ctx, piece, e);
}

static enum rc write_anew(struct spool *from, const struct scan *scan, const char *host, struct spool *to,
                          struct err *e)
{
    const struct canon_spec spec = {host, clock_utc()};
    struct canon *c = canon_new(scan, &spec, to_spool, to);
    enum rc rc = spool_each(from, to_canon, c, e);

    if (rc == RC_OK)
        rc = canon_end(c, e);
    if (rc == RC_OK)
        rc = spool_end(to, e);
    canon_free(&c);
    return rc;
}

enum rc without_nul(struct spool **s, uint64_t max, const char *host, struct err *e)
{
    struct scan *scan = scan_new();
    struct spool *to = spool_new(max);
    enum rc rc = spool_each(*s, to_scan, scan, e);

    scan_end(scan);
    if (rc == RC_OK)
        rc = write_anew(*s, scan, host, to, e);
    if (rc == RC_OK) {
        struct spool *old = *s;

        *s = to;
        to = old;
    }
    spool_free(&to);
    scan_free(&scan);
    return rc;
}
