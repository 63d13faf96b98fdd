/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/cmd/search.c - SEARCH and UID SEARCH. RFC 3501 6.4.4, RFC 4731, 5182, RFC 7162 3.1.5. */
#include "imapd/commands.h"
#include "imapd/extensions.h"
#include "imapd/results.h"
#include <stdlib.h>

enum rc cmd_search(struct imap_session *s, union imap_args *a, struct err *e)
{
    struct results found = {NULL, 0};
    unsigned char *hits = NULL;
    enum rc rc = search_prepare(s, &a->search, e);

    if (imap_search_has(a->search.top, SK_MODSEQ))
        extension_use(s, "CONDSTORE");
    if (rc == RC_OK)
        rc = search_run(s, &a->search, &hits, e);
    if (rc == RC_OK)
        rc = results_of(s, hits, &found, e);
    if (rc == RC_OK)
        results_put(s, &a->search, "SEARCH", &found);
    if (rc != RC_SYNTAX) /* a BAD leaves "$" as it was (RFC 5182 2.1) */
        results_save(s, &a->search, rc == RC_OK ? &found : NULL);
    results_free(&found);
    free(hits);
    return rc;
}
