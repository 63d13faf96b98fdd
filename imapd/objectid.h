/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/objectid.h - the ids of mailboxes, messages and threads.
 *
 * Mailbox  the folder's number in its mailbox. It survives RENAME, and no later folder gets it. RENAME of INBOX makes a new folder, so a new id.
 * Email    the id of the sealed object. COPY and MOVE add references to one object, so the id stays. The same octets put twice have two ids.
 * Thread   a digest of the Message-ID with which the thread began, as the message says: the first of References, else In-Reply-To, else its own. It
 *          follows from the message alone, so it never changes. A reply whose program cut References begins a thread of its own.
 * Process  pli-imapd session.   Source RFC 8474 4, 5.
 */
#pragma once
#include "extract/summary.h"
#include "store/wire/wire.h"
void objectid_folder(uint32_t folder, struct buf *out);                /* F12 */
void objectid_email(const struct store_entry *en, struct buf *out);    /* M0123456789abcdef... */
void objectid_thread(const struct store_entry *en, const struct summary *s, struct buf *out); /* T0123456789abcdef... */
