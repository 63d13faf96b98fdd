/* SPDX-License-Identifier: EUPL-1.2 */
/* flow/delegate.h - the one place through which acting in another's mailbox passes: what a delegate did, for whom, in whose mailbox.
 *
 * Now      a line of the log. The access journal takes its place here.
 * Words    no folder name and no word of a message: folders are numbers.
 * Process  imapd and smtpd sessions.
 */
#pragma once
#include "base/err.h"
#include <stdint.h>

struct delegate_act {
    const char *actor;   /* address of who signed in */
    const char *mailbox; /* address of the mailbox */
    const char *what;    /* an IMAP command; "send"; "named": as a letter's envelope sender, its Sender or a further author */
    uint32_t folder;     /* its number there; 0: none, or none that is known */
    enum rc rc;
};
void delegate_acted(const struct delegate_act *a);
