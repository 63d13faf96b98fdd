/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/cmd/notify.c - NOTIFY. RFC 5465 3.1. Whatever waited to be told of the selected folder is told by the loop behind it (C_SYNC). */
#include "imapd/notify.h"
#include "imapd/commands.h"

enum rc cmd_notify(struct imap_session *s, union imap_args *a, struct err *e)
{
    if (a->notify.unknown)
        return reply_no(e, CAUSE_BAD_EVENT);
    if (a->notify.too_many)
        return reply_no(e, CAUSE_NOTIFY_OVERFLOW);
    return notify_set(s, &a->notify, e);
}
