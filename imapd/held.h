/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/held.h - the holder is told of a legal hold of the mailbox: of each setting and clearing, by whom, when and why (DESIGN, promise 6). Told when
 * the folder of removed messages is selected, which is what a hold is about: an alert at each sign-in of each phone would be turned off.
 * Process  pli-imapd session.
 */
#pragma once
#include "imapd/session.h"

/* "* OK [ALERT] ..." for each note. When the store is away nothing fails: the next SELECT tells. */
void held_tell(struct imap_session *s);
