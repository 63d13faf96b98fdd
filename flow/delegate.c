/* SPDX-License-Identifier: EUPL-1.2 */
/* flow/delegate.c - see flow/delegate.h. */
#include "flow/delegate.h"
#include "base/log.h"
#include <stdio.h>

void delegate_acted(const struct delegate_act *a)
{
    char actor[512];

    snprintf(actor, sizeof actor, "%s", log_esc(span_str(a->actor)));
    log_ev(LOG_INFO_, "delegate", "account=%s mailbox=%s what=\"%s\" folder=%u rc=%s", actor,
           log_esc(span_str(a->mailbox)), a->what, (unsigned)a->folder, rc_name(a->rc));
}
