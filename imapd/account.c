/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/account.c - may the session of this account still be here? When the account is disabled, deleted, or gets
 * another password, its sessions end within two seconds, whatever they wait for. So a thief of the old password reads
 * no further. See directory/stay.h. A delegate's session that has another's folder selected asks dird for that mailbox as well, within five
 * seconds: dird tells it nothing of an account that is not its own. */
#include "base/log.h"
#include "imapd/homes.h"
#include <sys/socket.h>

enum { LOOK_MS = 250 };

static enum rc account_stays(struct imap_session *s, struct err *e)
{
    bool renewed = false;
    enum rc rc = stay_check(&s->stay, &renewed, e);

    if (rc == RC_OK && renewed) {
        struct home *at = s->at;

        homes_enter(s, NULL);
        store_renew(s->store, buf_span(&s->stay.ticket));
        s->watching = false; /* stored learns of the new ticket with the next request: the watch is set again */
        s->renewals++;
        homes_enter(s, at);
        rc = homes_renew(s, e);
    }
    if (rc != RC_OK)
        log_ev(LOG_INFO_, "account-changed", "account=%s cause=%s", log_esc(span_str(s->address)),
               log_esc(span_str(e->log)));
    return rc;
}

enum rc session_stays(struct imap_session *s, struct err *e)
{
    enum rc rc = account_stays(s, e);

    return rc == RC_OK ? homes_look(s, e) : rc;
}

enum rc session_goes_on(struct imap_session *s, struct err *e)
{
    enum rc rc = session_stays(s, e);

    if (rc != RC_OK)
        s->bye = s->answered = true; /* the goodbye is the answer, and says why */
    return rc;
}

static int account_fd(const void *ctx)
{
    return stay_fd(&((const struct imap_session *)ctx)->stay);
}

int64_t session_due(const struct imap_session *s)
{
    int64_t own = stay_due(&s->stay), other = homes_due(s);

    return own < other ? own : other;
}

static int64_t account_due(const void *ctx)
{
    return session_due(ctx);
}

static enum rc look(void *ctx, struct err *e)
{
    return session_goes_on(ctx, e);
}

const struct stream_watch session_watch = {account_fd, account_due, look};

void session_cut_if_ended(struct imap_session *s)
{
    struct err e;

    if (!s->stay.dir || s->lost || deadline_left_ms(s->look_at) > 0)
        return;
    s->look_at = deadline_in(LOOK_MS);
    if (!stay_told(&s->stay, &e))
        return;
    log_ev(LOG_INFO_, "account-changed", "account=%s cause=cut", log_esc(span_str(s->address)));
    shutdown(stream_fd(s->io), SHUT_RDWR);
    s->bye = s->lost = true;
}
