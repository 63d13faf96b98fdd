/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/cmd/store.c - STORE and UID STORE. RFC 3501 6.4.6, 6.4.8. */
#include "imapd/commands.h"
#include "imapd/flagging.h"

static const uint8_t hows[] = {
    [IMAP_STORE_SET] = FLAGS_SET, [IMAP_STORE_ADD] = FLAGS_ADD, [IMAP_STORE_REMOVE] = FLAGS_REMOVE};

static uint32_t asked_for(const struct imap_set *rows)
{
    uint32_t n = 0;

    for (size_t i = 0; i < rows->n; i++)
        n += rows->r[i].hi - rows->r[i].lo + 1;
    return n;
}

enum rc cmd_store(struct imap_session *s, union imap_args *a, struct err *e)
{
    struct flagging g = {.how = hows[a->store.how], .tell = !a->store.silent};
    enum rc rc = view_rows(s, &a->store.set, e);

    if (rc == RC_OK)
        rc = keywords_resolve(s, &a->store.flags, &g.flags, e);
    if (rc == RC_OK)
        rc = flagging_run(s, &a->store.set, &g, e);
    if (rc == RC_OK && !s->uid && g.done < asked_for(&a->store.set))
        rc = reply_no(e, CAUSE_EXPUNGED);
    return rc;
}
