/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/cmd/unauthenticate.c - UNAUTHENTICATE: the session is as it was before sign-in; TLS and compression stay. RFC 8437.
 * Nothing of the former account is left in this process: its keys, its keywords, its view, its ticket. The connection to stored is
 * closed, so that stored counts the session no more; the next sign-in dials anew. */
#include "base/log.h"
#include "imapd/commands.h"
#include "imapd/extensions.h"
#include "imapd/homes.h"
#include "imapd/notify.h"
#include "imapd/view.h"

static void forget(struct imap_session *s)
{
    notify_end(s);
    view_leave(s);
    homes_end(s);
    keywords_free(&s->keywords);
    s->keywords = (struct keywords){.known = 0};
    mailbox_close(&s->box);
    stay_undo(&s->stay); /* what dird may still say of the former account must not meet the next one */
    store_free(&s->store);
    s->store = store_new(ROLE_IMAPD);
    s->watching = false;
    memset(&s->annotated, 0, sizeof s->annotated);
    memset(s->address, 0, sizeof s->address);
    s->mbx = 0;
    s->enabled = 0;
    extensions_open(&extensions, s);
}

enum rc cmd_unauthenticate(struct imap_session *s, union imap_args *a, struct err *e)
{
    (void)a, (void)e;
    log_ev(LOG_INFO_, "unauthenticate", "account=%s", s->address);
    forget(s);
    s->state = IS_NEW;
    s->login_deadline = deadline_in(s->conf->login_ms);
    reply_later(s);
    buf_clear(&s->code);
    buf_addstr(&s->code, "CAPABILITY ");
    extensions_tell(&extensions, s, &s->code);
    return RC_OK;
}
