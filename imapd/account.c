/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/account.c - has the one who signed in still the right to be here? Disabled, deleted, or with another password, the account's sessions end
 * within two seconds, whatever they wait for: a stolen password that was answered by another one reads on no longer. See directory/stay.h. */
#include "base/log.h"
#include "imapd/session.h"

enum rc session_stays(struct imap_session *s, struct err *e)
{
    bool renewed = false;
    enum rc rc = stay_check(&s->stay, &renewed, e);

    if (rc == RC_OK && renewed)
        store_renew(s->store, buf_span(&s->stay.ticket));
    if (rc != RC_OK)
        log_ev(LOG_INFO_, "account-changed", "account=%s cause=%s", log_esc(span_str(s->address)),
               log_esc(span_str(e->log)));
    return rc;
}
