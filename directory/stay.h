/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/stay.h - a session's right to stay: dird is asked about its ticket, tells when it holds no longer, and renews it.
 *
 * Use      stay_begin() after sign-in; then before each command, and whenever stay_fd() is readable or stay_due() has come, stay_check().
 * Away     while dird is not there the session goes on, and asks once a second whether it is back; its ticket's end bounds that (stored and
 *          keyd look at it).
 * Owns     a copy of the ticket, wiped at its end; the dir is the caller's, and is used for other questions too.
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
void stay_begin(struct stay *s, struct dir *d, struct span ticket);
void stay_end(struct stay *s);
/* RC_OK: stays. *renewed: s->ticket is another now. RC_DENIED: the session must end; e->cause tells its user. */
enum rc stay_check(struct stay *s, bool *renewed, struct err *e);
bool stay_told(struct stay *s, struct err *e); /* dird has said that it holds no longer; asks nothing, and remembers it for stay_check() */
int stay_fd(const struct stay *s);      /* -1: nothing to wait for */
int64_t stay_due(const struct stay *s); /* a deadline; INT64_MAX: none */
