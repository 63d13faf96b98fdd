/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/cmd/noop.c - NOOP and CHECK: nothing but the news, which the loop sends (C_SYNC). RFC 3501 6.1.2, 6.4.1. */
#include "imapd/commands.h"

enum rc cmd_noop(struct imap_session *s, union imap_args *a, struct err *e)
{
    (void)s, (void)a, (void)e;
    return RC_OK;
}

/* Every change is on stable storage when it is answered: there is nothing to check-point. */
enum rc cmd_check(struct imap_session *s, union imap_args *a, struct err *e)
{
    (void)s, (void)a, (void)e;
    return RC_OK;
}
