/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/cmd/search.c - SEARCH and UID SEARCH. RFC 3501 6.4.4, RFC 4731, 5182, 5267, RFC 7162 3.1.5, RFC 9394, RFC 9051 6.4.4. */
#include "imapd/commands.h"
#include "imapd/contexts.h"

enum rc cmd_search(struct imap_session *s, union imap_args *a, struct err *e)
{
    struct results found = {.n = 0};
    enum rc rc;

    if (!a->search.extended && (s->opened.responses & RESP_REV2)) { /* RFC 9051 6.4.4: ESEARCH in any case */
        a->search.extended = true;
        a->search.ret = SR_ALL;
    }
    if ((rc = context_check(s, &a->search, e)) == RC_OK)
        rc = results_find(s, &a->search, &found, e);
    if (rc == RC_OK)
        results_put(s, &a->search, "SEARCH", &found);
    if (rc == RC_OK)
        context_begin(s, &a->search, &found);
    if (rc != RC_SYNTAX) /* a BAD leaves "$" as it was (RFC 5182 2.1) */
        results_save(s, &a->search, rc == RC_OK ? &found : NULL);
    results_free(&found);
    return rc;
}
