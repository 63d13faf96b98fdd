/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/cmd/getquota.c - GETQUOTA and GETQUOTAROOT. A mailbox of stored is one quota root, "", for all its folders: octets as the store counts
 * them (1,024 for the rows of each message among them), and messages. A resource without a limit is not told. RFC 9208 4.
 * Nobody sets a quota over IMAP, so QUOTASET is not there. */
#include "imapd/commands.h"
#include "imapd/folders.h"
#include "proto/imap/write.h"

enum { UNIT = 1024 /* octets: STORAGE is told in these (RFC 9208 5.1) */ };

static void put_quota(struct imap_session *s, const struct store_box_rep *b)
{
    buf_addstr(&s->out, "* QUOTA \"\" (");
    if (b->quota > 0)
        buf_addf(&s->out, "STORAGE %llu %llu", (unsigned long long)((b->used + UNIT - 1) / UNIT),
                 (unsigned long long)(b->quota / UNIT));
    if (b->most_messages > 0)
        buf_addf(&s->out, "%sMESSAGE %llu %llu", b->quota > 0 ? " " : "", (unsigned long long)b->messages,
                 (unsigned long long)b->most_messages);
    buf_addstr(&s->out, ")\r\n");
}

static enum rc quota(struct imap_session *s, struct err *e)
{
    struct store_mbx_msg rq = {0};
    struct store_box_rep b;
    struct buf mem = BUF_SECRET_INIT; /* key slots */
    enum rc rc = store_call_in(s->store, STORE_BOX_GET, &rq, -1, &b, &mem, e);

    if (rc == RC_OK) {
        put_quota(s, &b);
        reply_out(s);
    }
    buf_free(&mem);
    return rc;
}

enum rc cmd_getquota(struct imap_session *s, union imap_args *a, struct err *e)
{
    if (a->root.n > 0)
        return reply_no(e, CAUSE_NO_QUOTA_ROOT);
    buf_clear(&s->out);
    return quota(s, e);
}

enum rc cmd_getquotaroot(struct imap_session *s, union imap_args *a, struct err *e)
{
    struct folder f;
    enum rc rc = folder_get(s, a->mailbox.name, false, &f, e);

    if (rc != RC_OK)
        return rc;
    buf_clear(&s->out);
    buf_addstr(&s->out, "* QUOTAROOT ");
    homes_put_name(s, &s->out, a->mailbox.name);
    buf_addstr(&s->out, " \"\"\r\n");
    return quota(s, e);
}
