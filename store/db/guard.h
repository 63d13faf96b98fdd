/* SPDX-License-Identifier: EUPL-1.2 */
/* store/db/guard.h - every page that Berkeley DB reads from the disk is looked at first.
 *
 * Why      the library answers a page whose checksum fails by breaking the whole environment (DB_RUNRECOVERY), and writes a record
 *          into its log that makes the next recovery fail too: one flipped bit would stop everybody. So the checksum is verified
 *          here, in the system call below the library (os.c), and a bad page never reaches it: the read fails with EIO, the one
 *          request that needs the page is answered RC_CORRUPT (tx.h), its transaction is aborted, everybody else goes on.
 * Named    each bad page is written to the log once and kept in a list: (table, page). "pli store check" and "pli doctor" ask it.
 * Recovery GUARD_PASS_BY: recovery meets a bad page as one that was never written, and passes it by. What the log has for it is
 *          lost with it, which the salvage reports.
 * INV-G1   no byte of a page whose checksum fails is ever used.
 * INV-G2   a bad page is never written over but by the salvage: the library never has it in its cache.
 * Process  pli-stored, any thread. Source: Berkeley DB 5.3 db_page.h (page layout), db_conv.c (which bytes are summed).
 */
#pragma once
#include "base/buf.h"
#include "store/db/tables.h"
#include <sys/types.h>

enum guard_mode { GUARD_REFUSE, GUARD_PASS_BY };
struct guard_page {
    enum table tb;
    uint32_t page;
    int64_t since; /* UTC s when it was first met */
};
enum { GUARD_LIST = 1024 /* kept at most; the count goes on */ };

/* For os.c: which file a descriptor is, by the path it was opened with. */
void guard_opened(int fd, const char *path);
/* A whole page was read: true when it is one of a table's and bad. It is noted, and the thread's next guard_seek() tells of it. */
bool guard_refuses(int fd, const void *page, size_t n, off_t off);
/* The library tries a failed read again by seeking. 0: go on there; EIO; *whence_out may become SEEK_END (nothing to read). */
int guard_seek(int fd, off_t *off, int *whence);
void guard_mode(enum guard_mode m);

/* The bytes of page number page_no of a table are as they were written. A hole (never written) is. */
bool guard_page_ok(enum table tb, uint32_t page_no, const unsigned char *p);
void guard_note(enum table tb, uint32_t page);
/* The page that made the last call of this thread fail; forgets it. False: it was not a bad page. */
bool guard_last(struct guard_page *out);
bool guard_told(void); /* the library's own words on the page just refused: not worth a line each time */
size_t guard_list(struct guard_page *out, size_t most); /* how many were met since the start, the first ones of them in out */
