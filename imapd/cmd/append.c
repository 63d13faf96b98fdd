/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/cmd/append.c - APPEND of one message or several: imapd/append.h. RFC 3501 6.3.11, RFC 3502. */
#include "imapd/append.h"
#include "imapd/commands.h"

enum rc cmd_append(struct imap_session *s, union imap_args *a, struct err *e)
{
    struct folder f;
    enum rc rc;

    if ((rc = folder_get(s, a->append.name, true, &f, e)) != RC_OK)
        return append_refuse(s, rc, e);
    return append_run(s, &f, a->append.rest, 0, 0, e);
}
