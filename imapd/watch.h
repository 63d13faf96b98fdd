/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/watch.h - the watch that a session has in stored: which folder, and on which connection.
 *
 * Watch    A connection that was dialled anew (stored restarted) watches nothing, so the watch is set again on each new connection, and what may have
 *          happened in between is asked for.
 * Process  pli-imapd session.
 */
#pragma once
#include "imapd/session.h"

bool watch_wanted(const struct imap_session *s); /* there is something to watch */
/* Sets the watch that is wanted, unless it stands. False: there is none. */
bool watch_on(struct imap_session *s);
/* It is still there. Any request to the store may have dialled anew, because stored restarted or the ticket was renewed: whoever is about to wait for
 * events looks here last. */
bool watch_stands(const struct imap_session *s);
