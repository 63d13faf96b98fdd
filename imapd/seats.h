/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/seats.h - how many sessions each mailbox has: a table shared by the listener and its sessions.
 *
 * Owns     anonymous shared memory, made before the first fork; a seat is a process id and a mailbox number.
 * Taken    by a session at sign-in, given back when it ends. One that was killed leaves its seat taken until the listener's next
 *          sweep (each minute) finds its process gone.
 * Trust    a session that was taken over could free or fill seats: it can refuse service, which it could anyway, and no more.
 * Process  pli-imapd.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct seats;
struct seats *seats_new(size_t n); /* dies on no memory */
void seats_free(struct seats **s);
/* False: the mailbox has most sessions already. A full table refuses nobody: the listener bounds the sessions in all. */
bool seats_take(struct seats *s, uint64_t mbx, unsigned most, pid_t me);
void seats_give_back(struct seats *s, pid_t me);
void seats_sweep(struct seats *s);
