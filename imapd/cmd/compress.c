/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/cmd/compress.c - COMPRESS DEFLATE: imapd/deflate.h. RFC 4978 3. The client may send nothing before it has the answer (RFC 4978 3),
 * and what it sent could not be told from compressed octets. So such octets end the session. */
#include "base/log.h"
#include "imapd/commands.h"
#include "imapd/deflate.h"

enum rc cmd_compress(struct imap_session *s, union imap_args *a, struct err *e)
{
    enum rc rc;

    if (a->words.n != 1 || !span_ieq_str(a->words.words[0], "DEFLATE"))
        return reply_bad(s, e, CAUSE_BAD_ARGUMENTS);
    if (s->compressed)
        return reply_no(e, CAUSE_COMPRESSED);
    if (stream_buffered(s->io) > 0) {
        s->bye = true;
        return reply_bad(s, e, CAUSE_PIPELINED_TLS);
    }
    reply_put(s, "%.*s OK DEFLATE active", SPAN_ARG(s->tag));
    s->answered = true;
    if ((rc = stream_flush(s->io, e)) == RC_OK)
        rc = deflate_begin(s->io, e);
    if (rc != RC_OK)
        return session_lost(s, e, "compression could not begin");
    s->compressed = true;
    log_ev(LOG_INFO_, "compress", "account=%s", s->address);
    return RC_OK;
}
