/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/account.c - does the account of this session still stand? Disabled or deleted, its sessions end within seconds of what they do
 * next: a stolen password that was answered by disabling the account reads on no longer. dird answers from its cache; while it is away
 * sessions go on. */
#include "base/log.h"
#include "imapd/session.h"

enum { STANDS_MS = 5000, PATIENCE_MS = 200 };

void account_seen(struct imap_session *s)
{
    s->stands_until = deadline_in(STANDS_MS);
}

bool account_stands(struct imap_session *s)
{
    struct dird_lookup_rep rep;
    struct dir *dir;
    struct err e;
    bool gone;

    if (s->state == IS_NEW || deadline_left_ms(s->stands_until) > 0)
        return true;
    account_seen(s);
    dir = dir_new(ROLE_IMAPD); /* for one question: a session that rests holds no connection */
    dir_patience(dir, PATIENCE_MS);
    gone = dir_lookup(dir, span_str(s->address), &rep, &e) == RC_OK && (rep.kind != DK_MAILBOX || rep.mbx != s->mbx);
    dir_free(&dir);
    if (gone)
        log_ev(LOG_INFO_, "account-changed", "account=%s", log_esc(span_str(s->address)));
    return !gone;
}
