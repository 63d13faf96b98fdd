/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/cmd/status.c - STATUS. RFC 3501 6.3.10 */
#include "imapd/commands.h"
#include "imapd/list.h"

enum rc cmd_status(struct imap_session *s, union imap_args *a, struct err *e)
{
    struct folder f;
    enum rc rc = folder_get(s, a->status.name, false, &f, e);

    if (rc != RC_OK)
        return rc;
    f.name = a->status.name;
    buf_clear(&s->out);
    if ((rc = status_put(s, &f, a->status.items, e)) == RC_OK)
        reply_out(s);
    return rc;
}
