/* SPDX-License-Identifier: EUPL-1.2 */
/* store/ops/seats.h - how many mail sessions (pli-imapd) each mailbox has.
 *
 * Counted here, because stored knows which connection is bound to which mailbox and when it ends; in memory that sessions share, one that was
 * taken over could refuse service to all others.
 * Owns     the table: an entry per mailbox that has a session. The bound is stored's setting imapd.max_sessions_per_account.
 * Process  pli-stored; any worker thread.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct seats;
struct seats *seats_new(unsigned most); /* sessions per mailbox; dies on no memory */
bool seats_take(struct seats *s, uint64_t mbx); /* false: it has that many already */
void seats_leave(struct seats *s, uint64_t mbx); /* one of those taken */
