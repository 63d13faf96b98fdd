/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/cmd/search.c - SEARCH and UID SEARCH. RFC 3501 6.4.4, 7.2.5. */
#include "imapd/search.h"
#include "imapd/commands.h"
#include "imapd/extensions.h"
#include <stdlib.h>

/* "(MODSEQ 917)", the highest of the messages found, for a program that has the key MODSEQ (RFC 7162 3.1.6). */
static void put_hits(struct imap_session *s, const unsigned char *hits, bool modseq)
{
    uint64_t highest = 0;

    buf_clear(&s->out);
    buf_addstr(&s->out, "* SEARCH");
    for (uint32_t row = 0; row < s->view->told; row++) {
        if (hits[row] != TRI_YES)
            continue;
        buf_addc(&s->out, ' ');
        put_u64(&s->out, s->uid ? s->view->uid[row] : row + 1);
        if (s->view->modseq_of[row] > highest)
            highest = s->view->modseq_of[row];
    }
    if (modseq && highest > 0) {
        buf_addstr(&s->out, " (MODSEQ ");
        put_u64(&s->out, highest);
        buf_addc(&s->out, ')');
    }
    buf_addstr(&s->out, "\r\n");
    reply_out(s);
}

enum rc cmd_search(struct imap_session *s, union imap_args *a, struct err *e)
{
    bool modseq = imap_search_has(a->search.top, SK_MODSEQ);
    unsigned char *hits = NULL;
    enum rc rc = search_prepare(s, &a->search, e);

    if (modseq)
        extension_use(s, "CONDSTORE");
    if (rc == RC_OK)
        rc = search_run(s, &a->search, &hits, e);
    if (rc == RC_OK)
        put_hits(s, hits, modseq);
    free(hits);
    return rc;
}
