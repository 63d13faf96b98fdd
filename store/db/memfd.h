/* SPDX-License-Identifier: EUPL-1.2 */
/* store/db/memfd.h - octets that a peer sends in a memfd. The memfd is sealed, so that nobody can change it while it is read.
 * Errors   RC_SYNTAX: not sealed, or not as long as it may be.   Process  stored.
 */
#pragma once
#include "base/buf.h"
enum rc memfd_check(int fd, uint64_t size, struct err *e); /* RC_OK: nobody can change it any more, and it has that size */
enum rc memfd_read(int fd, uint64_t off, size_t n, struct buf *out, struct err *e);
enum rc memfd_all(int fd, size_t most, struct buf *out, struct err *e); /* checked and read */
