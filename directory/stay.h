/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/stay.h - a session's right to stay. The session asks dird about its ticket. dird tells it when the ticket holds no longer, and renews
 * the ticket.
 *
 * Use      stay_begin() after sign-in. Then stay_check() before each command, and whenever stay_fd() is readable or stay_due() has come.
 * Away     while dird is away the session goes on, and asks once a second whether dird is back. This ends with its ticket at the latest, because
 *          stored and keyd look at the ticket.
 * Owns     a copy of the ticket, wiped by stay_end(). The dir is the caller's, who uses it for other questions too.
 * Process  smtpd, imapd sessions.
 */
#pragma once
#include "base/clock.h"
#include "directory/client.h"

struct stay {
    struct dir *dir; /* NULL: nobody has signed in */
    struct buf ticket;
    unsigned dials;  /* the connection that dird would tell us on; 0: none */
    int64_t ask_at;
    bool told;
};
/* auth: dird's answer, on the connection that d has now. From then on dird tells, or is asked at the first stay_check(), if it did not say so. */
void stay_begin(struct stay *s, struct dir *d, const struct dird_auth_rep *auth);
void stay_end(struct stay *s);
void stay_undo(struct stay *s); /* the sign-in failed behind dird, or the account is given up: dird is left, so that it tells nothing of this account to who signs in next */
/* RC_OK: the session stays. *renewed: s->ticket is another one now. RC_DENIED: the session must end; e->cause tells its user. */
enum rc stay_check(struct stay *s, bool *renewed, struct err *e);
bool stay_told(struct stay *s, struct err *e); /* true: dird has said that the ticket holds no longer. Asks nothing; stay_check() will know it, too */
int stay_fd(const struct stay *s);      /* -1: nothing to wait for */
int64_t stay_due(const struct stay *s); /* a deadline; INT64_MAX: none */
