/* SPDX-License-Identifier: EUPL-1.2 */
/* store/db/os.h - the system calls of Berkeley DB, through one small table that a test can make fail or end the
 * process at.
 *
 * Fault    Developer profile only. PLI_FAULT="CALL:N:WHAT" does WHAT at the N-th CALL.
 *            CALL  open pread pwrite fsync ftruncate rename unlink; db is the N-th call of the library that a request makes for a record (tx.c)
 *            WHAT  kill    the process ends at once, nothing is flushed, exit 9
 *                  eio     the call fails with that errno
 *                  enospc  the same, and so do all calls after it
 *                  enomem  the same, and so does the next call
 *                  slow    the call takes two seconds
 * Guard    each page read passes guard.h.
 * Process  pli-stored, before the environment is made.
 */
#pragma once
#include <stdint.h>

void os_install(void);
void os_serving(void);     /* this thread serves requests: its calls of the library count for the fault table */
int os_db_result(int ret); /* ret, or what the fault table wants instead */
