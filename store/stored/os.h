/* SPDX-License-Identifier: EUPL-1.2 */
/* store/stored/os.h - the system calls of Berkeley DB, through one small table that a test can make fail or end the
 * process at.
 *
 * Fault    developer builds only: PLI_FAULT="CALL:N:WHAT": at the N-th CALL (open pread pwrite fsync ftruncate rename
 *          unlink) do WHAT: kill (end at once, nothing flushed, exit 9), eio, enospc (fail with that errno), enospc
 *          lasts.
 * Process  pli-stored, before the environment is made.
 */
#pragma once
#include <stdint.h>

void os_install(void);
uint64_t os_fsyncs(void); /* so far, for statistics */
