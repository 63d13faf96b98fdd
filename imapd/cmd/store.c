/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/cmd/store.c - STORE and UID STORE. RFC 3501 6.4.6, 6.4.8, RFC 7162 3.1.3. */
#include "imapd/commands.h"
#include "imapd/extensions.h"
#include "imapd/flagging.h"
#include "imapd/rows.h"

static const uint8_t hows[] = {
    [IMAP_STORE_SET] = FLAGS_SET, [IMAP_STORE_ADD] = FLAGS_ADD, [IMAP_STORE_REMOVE] = FLAGS_REMOVE};

/* "[MODIFIED 7,9]": numbers, or UIDs of UID STORE. */
static void put_modified(struct imap_session *s, const struct flagging *g)
{
    struct imap_set_writer w = {.out = &s->code};
    struct rd r = rd_of(buf_span(&g->modified));

    buf_clear(&s->code);
    buf_addstr(&s->code, "MODIFIED ");
    while (r.s.n >= 4) {
        uint32_t uid = rd_u32(&r), row = view_find(s->view, uid);

        if (row < s->view->n)
            imap_set_put(&w, s->uid ? uid : row + 1);
    }
    imap_set_flush(&w);
}

/* With CONDSTORE the tagged answer follows all that happened before its own change, so that a client that remembers the
 * modseq that it was told misses nothing. */
enum rc cmd_store(struct imap_session *s, union imap_args *a, struct err *e)
{
    struct flagging g = {.how = hows[a->store.how],
                         .tell = !a->store.silent,
                         .conditional = a->store.conditional,
                         .since = a->store.unchanged_since};
    enum rc rc = view_rows(s, &a->store.set, e);

    if (g.conditional)
        extension_use(s, "CONDSTORE");
    if (rc == RC_OK)
        rc = keywords_resolve(s, &a->store.flags, &g.flags, e);
    if (rc == RC_OK)
        rc = flagging_run(s, &a->store.set, &g, e);
    if (rc == RC_OK && !s->uid && !g.conditional && g.done < rows_count(&a->store.set))
        rc = flagging_gone(s, &a->store.set, &g, e);
    if (rc == RC_OK && g.modified.n > 0)
        put_modified(s, &g);
    if (rc == RC_OK && !s->uid && g.done < rows_count(&a->store.set))
        rc = reply_no(e, CAUSE_EXPUNGED);
    if (s->opened.responses & RESP_MODSEQ)
        s->view->asked = 0;
    buf_free(&g.modified);
    return rc;
}
