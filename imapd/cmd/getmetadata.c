/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/cmd/getmetadata.c - GETMETADATA. An entry that is not there is answered NIL, unless a DEPTH asks for what there is. Values longer than MAXSIZE are
 * left out, and the longest of them is told: [METADATA LONGENTRIES n]. RFC 5464 4.2. */
#include "imapd/commands.h"
#include "imapd/metadata.h"

enum rc cmd_getmetadata(struct imap_session *s, union imap_args *a, struct err *e)
{
    const struct imap_metadata_args *m = &a->metadata;
    struct folder f = {0};
    struct annotations found;
    uint64_t longest = 0;
    enum rc rc = m->server ? RC_OK : folder_get(s, m->name, false, &f, e);

    if (rc == RC_OK)
        rc = metadata_load(s, f.id, &m->entries, NULL, &found, e);
    if (rc != RC_OK)
        return rc;
    buf_clear(&s->out);
    metadata_put(s, &found, f.id, f.special, m->name, &m->entries, &longest);
    reply_out(s);
    annotations_free(&found);
    if (longest > 0)
        reply_code(s, "METADATA LONGENTRIES %llu", (unsigned long long)longest);
    return RC_OK;
}
