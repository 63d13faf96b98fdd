/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/cmd/noop.c - NOOP and CHECK do nothing themselves. The loop sends the news after them (C_SYNC). RFC 3501 6.1.2,
 * 6.4.1. */
#include "imapd/commands.h"

enum rc cmd_noop(struct imap_session *s, union imap_args *a, struct err *e)
{
    (void)s, (void)a, (void)e;
    return RC_OK;
}

/* CHECK has nothing to write, because every change is on stable storage when it is answered. */
enum rc cmd_check(struct imap_session *s, union imap_args *a, struct err *e)
{
    (void)s, (void)a, (void)e;
    return RC_OK;
}
