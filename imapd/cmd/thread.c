/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/cmd/thread.c - THREAD and UID THREAD. RFC 5256. */
#include "imapd/thread.h"
#include "imapd/commands.h"

enum rc cmd_thread(struct imap_session *s, union imap_args *a, struct err *e)
{
    struct results found = {.n = 0};
    enum rc rc = results_find(s, &a->search, &found, e);

    if (rc == RC_OK)
        rc = thread_run(s, a->search.thread, &found, e);
    results_free(&found);
    return rc;
}
