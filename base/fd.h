/* SPDX-License-Identifier: EUPL-1.2 */
/* base/fd.h - a descriptor read to its end, and octets written whole, however few a call takes: what a signal interrupted goes on.
 *
 * Blocks   as the descriptor does. Sockets with a deadline are base/stream.h's.
 * Errors   false, and errno says why.
 * Process  all.
 */
#pragma once
#include "base/buf.h"

/* Adds what fd has still to give to *out, and a piece more than most octets at the most, by which its reader sees that there are more. */
bool fd_read_all(int fd, size_t most, struct buf *out);
/* Into memory of the caller's, locked perhaps, until it is full or the end is reached; *n_out: how many octets. */
bool fd_read_into(int fd, void *to, size_t room, size_t *n_out);
bool fd_write_all(int fd, struct span s);
