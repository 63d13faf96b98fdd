/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/notify.h - what NOTIFY has set for the session: of which mailboxes the client wants to hear what, and what it knows of them.
 *
 * Without  a NOTIFY the session has none (s->notify is NULL), and the selected folder is told of at the moments of RFC 3501.
 * Watch    the session has stored tell it of one folder, or of all when a group names others than the selected one. An event says "look again".
 *          So a look asks for the list of folders, one packet for a usual mailbox, and tells how it differs from what the client knows. Names are
 *          unsealed only when a folder came, went, or changed its name or subscription. A lost event costs nothing, and however many events there
 *          are, what waits is one mark.
 * Own      what the session itself did elsewhere is told as well: an event does not say who caused it, and another session may have acted too.
 * Bound    NOTIFY_FOLDERS mailboxes that are watched. More are refused, NO [NOTIFICATIONOVERFLOW]; when they become more later, an untagged OK
 *          with that code says so, and from then on it is as after NOTIFY NONE (RFC 5465 5.8). The same happens when the list cannot be read.
 * Slow     a client that takes nothing holds its own session only, which ends as in any answer (imapd/reply.c).
 * Secrets  names of folders in clear, in memory that is wiped.
 * Process  pli-imapd session.   Source RFC 5465.
 */
#pragma once
#include "imapd/session.h"

enum { NOTIFY_FOLDERS = 1000 };
struct notify;
/* Replaces what was set. Writes STATUS for each mailbox, if asked to. When it fails all is as it was before. */
enum rc notify_set(struct imap_session *s, const struct imap_notify *what, struct err *e);
void notify_end(struct imap_session *s);
/* EV_ bits of the selected folder: all of them, when no NOTIFY was given. */
unsigned notify_selected(const struct imap_session *s);
/* May an EXPUNGE be told when no command is at work? */
bool notify_any_time(const struct imap_session *s);
const struct imap_fetch *notify_fetch(const struct imap_session *s); /* of each new message; NULL: nothing */
/* Are changed annotations told: of this mailbox; 0: of the account's as a whole? Without a NOTIFY what ENABLE opened. */
bool notify_annotations(const struct imap_session *s, uint32_t folder);
bool notify_any_annotations(const struct imap_session *s);
bool notify_others(const struct imap_session *s); /* mailboxes are watched that are not selected */
void notify_look(struct imap_session *s);         /* something happened outside the selected folder */
bool notify_due(const struct imap_session *s);    /* it has not been told yet */
/* Tells it. When the store is away it stays due. */
void notify_tell(struct imap_session *s);
struct pushed {    /* zeroed at first, but for idle */
    bool idle;     /* IDLE is at work: EXPUNGE may be told, too, and the store is asked whatever the time */
    bool watching; /* events come from now on */
    bool more;     /* there was an event meanwhile: to be called again, once the client has been listened to */
};
/* Between two commands, and in IDLE: watches, tells what there is, flushes. One round of it, for news may come without end, and a command of the client must
 * not wait for that. Each request may bring an event with its reply, which is kept in memory, where the socket does not show it. So nobody waits for events
 * while .more is set. */
enum rc notify_push(struct imap_session *s, struct pushed *p, struct err *e);
