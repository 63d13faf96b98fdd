/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/small.c - before a wait that may last hours: what a session can do without goes back to the system. See imapd/session.h. */
#include "imapd/homes.h"
#include "imapd/view.h"
#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
    STACK_USED = 256 * 1024 /* no command goes deeper; one page below us stays for the calls that give the rest back */
};

/* Gives the pages of the stack below this function back, with what earlier commands left on them. */
static void rest_stack(void)
{
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), here = (uintptr_t)__builtin_frame_address(0) & ~(page - 1);

    (void)madvise((void *)(here - STACK_USED), STACK_USED - page,
                  MADV_DONTNEED); /* what is not mapped is passed over */
}

void session_small(struct imap_session *s)
{
    buf_free(&s->out);
    if (s->view)
        kept_free(&s->view->kept);
    s->out = (struct buf)BUF_SECRET_INIT;
    keyd_rest(s->keyd);
    store_rest(s->store);
    homes_rest(s);
    stream_rest(s->io);
    malloc_trim(0);
    rest_stack();
}
