/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/cmd/sort.c - SORT and UID SORT. RFC 5256, RFC 5267, RFC 5957. */
#include "imapd/sort.h"
#include "imapd/commands.h"
#include "imapd/contexts.h"

enum rc cmd_sort(struct imap_session *s, union imap_args *a, struct err *e)
{
    struct results found = {.n = 0};
    enum rc rc = context_check(s, &a->search, e);

    if (rc == RC_OK)
        rc = results_find(s, &a->search, &found, e);

    if (rc == RC_OK)
        rc = sort_run(s, &a->search, &found, e);
    if (rc == RC_OK)
        results_put(s, &a->search, "SORT", &found);
    if (rc == RC_OK)
        context_begin(s, &a->search, &found);
    if (rc != RC_SYNTAX)
        results_save(s, &a->search, rc == RC_OK ? &found : NULL);
    results_free(&found);
    return rc;
}
