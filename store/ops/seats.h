/* SPDX-License-Identifier: EUPL-1.2 */
/* store/ops/seats.h - how many mail sessions (pli-imapd) each mailbox has.
 *
 * stored counts them, because stored knows which connection is bound to which mailbox and when the connection ends. The count does not lie in
 * memory that sessions share, because a session that was taken over could then refuse service to all others.
 * Owns     the table, with an entry per mailbox that has a session. The bound is the setting imapd.max_sessions_per_account, which stored is given.
 * Process  pli-stored; any worker thread.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct seats;
struct seats *seats_new(unsigned most); /* sessions per mailbox; dies on no memory */
bool seats_take(struct seats *s, uint64_t mbx); /* false: the mailbox has that many sessions already */
bool seats_any(struct seats *s, uint64_t mbx); /* does the mailbox have a session now? */
void seats_leave(struct seats *s, uint64_t mbx); /* gives one seat back; only after a seats_take() that was true */
