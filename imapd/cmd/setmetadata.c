/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/cmd/setmetadata.c - SETMETADATA: all of its entries are set, or none. NIL takes one away. RFC 5464 4.3; /private/specialuse: RFC 6154 3. */
#include "imapd/commands.h"
#include "imapd/metadata.h"

enum rc cmd_setmetadata(struct imap_session *s, union imap_args *a, struct err *e)
{
    struct folder f = {0};
    enum rc rc = a->metadata.server ? RC_OK : folder_get(s, a->metadata.name, false, &f, e);

    if (rc == RC_OK)
        metadata_announce(s, true); /* what others did before is told before */
    return rc == RC_OK ? metadata_set(s, f.id, &a->metadata, e) : rc;
}
