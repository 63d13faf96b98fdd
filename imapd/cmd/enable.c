/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/cmd/enable.c - ENABLE: answered as RFC 5161 asks; no extension here needs it yet, so none is enabled. */
#include "imapd/commands.h"

enum rc cmd_enable(struct imap_session *s, union imap_args *a, struct err *e)
{
    (void)a, (void)e;
    reply_put(s, "* ENABLED");
    return RC_OK;
}
