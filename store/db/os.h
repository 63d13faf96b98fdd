/* SPDX-License-Identifier: EUPL-1.2 */
/* store/db/os.h - the system calls of Berkeley DB, through one small table that a test can make fail or end the
 * process at.
 *
 * Fault    developer builds only: PLI_FAULT="CALL:N:WHAT": at the N-th CALL (open pread pwrite fsync ftruncate rename
 *          unlink) do WHAT: kill (end at once, nothing flushed, exit 9), eio, enospc, enomem (fail with that errno), enospc
 *          lasts, enomem meets the next call as well; slow: it takes two seconds. CALL db: the result of the N-th call of the library that a
 *          request makes for a record (tx.c).
 * Guard    each page read passes guard.h.
 * Process  pli-stored, before the environment is made.
 */
#pragma once
#include <stdint.h>

void os_install(void);
void os_serving(void);     /* this thread serves requests: its calls of the library count for the fault table */
int os_db_result(int ret); /* ret, or what the fault table wants instead */
