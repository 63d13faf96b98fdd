/* SPDX-License-Identifier: EUPL-1.2 */
/* store/db/os.h - the system calls of Berkeley DB and those on segment files, through one small table that a test can make fail
 * or end the process at.
 *
 * Fault    Developer profile only. PLI_FAULT="CALL:N:WHAT" does WHAT at the N-th CALL.
 *            CALL  open pread pwrite fsync ftruncate rename unlink: what Berkeley DB calls; seg-open seg-pread seg-pwrite seg-fsync seg-rename
 *                  seg-unlink seg-punch: what store/segments calls; db is the N-th call of the library that a request makes for a record (tx.c)
 *            WHAT  kill    the process ends at once, nothing is flushed, exit 9
 *                  eio     the call fails with that errno
 *                  enospc  the same, and so do all calls after it
 *                  eopnotsupp  as enospc: the file system cannot do that
 *                  enomem  the same, and so does the next call
 *                  slow    the call takes two seconds
 *                  deadlock  of db: it is given up for another that waits
 * Guard    each page read passes guard.h.
 * Process  pli-stored, before the environment is made.
 */
#pragma once
#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>

void os_install(void);
void os_serving(void);     /* this thread serves requests: its calls of the library count for the fault table */
int os_db_result(int ret); /* ret, or what the fault table wants instead */
/* For store/segments: the system calls of these names, each counted. os_seg_sync() is fdatasync; os_seg_punch() makes a hole and keeps the size. */
int os_seg_open(int dir_fd, const char *name, int flags);
ssize_t os_seg_pread(int fd, void *p, size_t n, off_t off);
ssize_t os_seg_pwritev(int fd, const struct iovec *v, int n, off_t off);
int os_seg_sync(int fd);
int os_seg_rename(int dir_fd, const char *from, const char *to);
int os_seg_unlink(int dir_fd, const char *name);
int os_seg_punch(int fd, off_t off, off_t n);
