/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/summaries.c - see imapd/summaries.h. */
#include "imapd/summaries.h"

static enum rc sealed(struct pages *p, const struct store_entry *en, unsigned texts, struct buf *plain,
                      struct summary *out, struct err *e)
{
    enum rc rc;

    buf_clear(&p->opened);
    rc = pages_object(p, en, SEAL_SUMMARY, SUMMARY_MAX, &p->opened, e);
    if (rc == RC_OK)
        rc = summary_read(buf_span(&p->opened), plain, out, e);
    if (rc == RC_OK && (out->size != en->size || !summary_lawful(out, texts)))
        rc = err_set(e, RC_CORRUPT, "summary of uid=%u is not lawful", (unsigned)en->uid);
    return rc;
}

static enum rc feed(void *ctx, struct span piece, struct err *e)
{
    (void)e;
    scan_feed(ctx, piece);
    return RC_OK;
}

/* A preview is what it lacks. */
static enum rc anew(struct pages *p, const struct store_entry *en, struct buf *plain, struct summary *out,
                    struct err *e)
{
    struct store_entry copy = *en;
    struct scan *s;
    enum rc rc = pages_quiet(p, e);

    if (rc != RC_OK)
        return rc;
    s = scan_new();
    copy.object = SPAN_NULL; /* borrowed from a page that ends here */
    rc = mailbox_read(p->s->box, p->s->view->folder, &copy, SEAL_MESSAGE, 0, copy.size, feed, s, e);
    scan_end(s);
    if (rc == RC_OK && scan_size(s) != copy.size)
        rc = err_set(e, RC_CORRUPT, "message is shorter than its entry says");
    buf_clear(&p->opened);
    if (rc == RC_OK)
        summary_build(s, NULL, &p->opened);
    if (rc == RC_OK)
        rc = summary_read(buf_span(&p->opened), plain, out, e);
    scan_free(&s);
    return rc;
}

enum rc summary_of(struct pages *p, const struct store_entry *en, unsigned texts, struct buf *plain,
                   struct summary *out, bool *anew_out, struct err *e)
{
    enum rc rc;

    rc = sealed(p, en, texts, plain, out, e);
    *anew_out = rc == RC_CORRUPT;
    return rc == RC_CORRUPT ? anew(p, en, plain, out, e) : rc;
}
