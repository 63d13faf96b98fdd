/* SPDX-License-Identifier: EUPL-1.2 */
/* store/db/guard.h - every page that Berkeley DB reads from the disk is looked at first.
 *
 * Why      The library answers a page whose checksum fails by breaking the whole environment (DB_RUNRECOVERY). It also writes a record into its
 *          log that makes the next recovery fail. So one flipped bit would stop everybody. Therefore the checksum is verified here, in the
 *          system call below the library (os.c), and a bad page never reaches the library. The read fails with EIO. The one request that
 *          needs the page is answered RC_CORRUPT (tx.h), its transaction is aborted, and everybody else goes on.
 * Named    Each bad page is named in the log once, and kept in a list of (table, page). "pli store check" and "pli doctor" ask for the list.
 * Recovery With GUARD_PASS_BY, recovery takes a bad page for one that was never written. What the log has for that page is lost with it;
 *          the salvage reports that.
 * Beside   The library takes a page that became empty out of the chain of its neighbours. When one of these is bad it breaks the environment all the same, and again
 *          after each start. So a table that is marked is worked on through a handle of another kind (env.h, env_table()).
 * INV-G1   No byte of a page whose checksum fails is used.
 * INV-G2   Only the salvage writes over a bad page, because the library never has it in its cache.
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

/* For os.c: tells which file a descriptor is, by the path that it was opened with. */
void guard_opened(int fd, const char *path);
/* Called when a whole page was read. True: it belongs to a table and is bad. It is noted, and the next guard_seek() of this thread tells of it. */
bool guard_refuses(int fd, const void *page, size_t n, off_t off);
/* The library tries a failed read again by seeking. Returns 0 (go on there) or EIO. *whence may become SEEK_END: there is nothing to read. */
int guard_seek(int fd, off_t *off, int *whence);
void guard_mode(enum guard_mode m);

/* True: the bytes of page page_no of a table are as they were written. A hole in the file, which was never written, counts as sound. */
bool guard_page_ok(enum table tb, uint32_t page_no, const unsigned char *p);
void guard_note(enum table tb, uint32_t page);
/* Gives the page that made the last call of this thread fail, once. False: no bad page did. */
bool guard_last(struct guard_page *out);
/* A table of which a bad page was met is marked by a file beside it (damaged-TABLE.db, empty), until the salvage takes the marks away: whoever starts knows. */
void guard_home(int home_fd); /* the marks lie there; those of former runs are read. The descriptor stays the caller's */
void guard_unmark(int home_fd);
bool guard_met(enum table tb); /* true: a bad page of that table was met, now or in a former run */
bool guard_told(void); /* true: the library speaks of the page just refused, which is not worth a line each time */
size_t guard_list(struct guard_page *out, size_t most); /* returns how many bad pages were met since the start; the first of them are in out */
