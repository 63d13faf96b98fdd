/* SPDX-License-Identifier: EUPL-1.2 */
/* store/check/check_pages.c - the phase that checks the files themselves: every page's checksum. It also finds, for the
 * phases that follow, the first key behind a page that cannot be read. */
#include "store/check/check.h"
#include "store/db/guard.h"
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PAGES_A_READ = 32, AGAIN = 5, AGAIN_MS = 20 };

/* The library may be writing that page just now, so a page is called bad only when it stays bad. */
static bool really_bad(int fd, enum table tb, uint32_t no, unsigned char *p)
{
    for (int i = 0; i < AGAIN; i++) {
        poll(NULL, 0, i ? AGAIN_MS : 0);
        if (pread(fd, p, tables[tb].page, (off_t)no * tables[tb].page) != (ssize_t)tables[tb].page)
            return false; /* the file ends here now */
        if (guard_page_ok(tb, no, p))
            return false;
    }
    return true;
}

static void look(struct check *c, int fd, enum table tb, uint32_t first, unsigned char *p, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        unsigned char *page = p + i * tables[tb].page;
        uint32_t no = first + (uint32_t)i;

        if (guard_page_ok(tb, no, page) || !really_bad(fd, tb, no, page))
            continue;
        guard_note(tb, no);
        check_bad(c, "table %s page %u: damaged; what stood on it cannot be read", tables[tb].file, (unsigned)no);
    }
}

/* Some pages of the table at hand. RC_NOTFOUND: that was the last table. */
enum rc check_pages(struct check *c, struct err *e)
{
    enum table tb = (enum table)c->tb;
    size_t size, n = 0;
    unsigned char *p;
    ssize_t got;
    int fd;

    if (c->tb == TABLES)
        return err_set(e, RC_NOTFOUND, "store: all tables");
    size = tables[tb].page;
    fd = openat(c->d->env.home_fd, tables[tb].file, O_RDONLY | O_CLOEXEC);
    p = malloc(PAGES_A_READ * size);
    got = fd >= 0 && p ? pread(fd, p, PAGES_A_READ * size, (off_t)c->at_page * (off_t)size) : -1;
    if (got < 0)
        check_bad(c, "table %s: cannot be read from page %u on", tables[tb].file, (unsigned)c->at_page);
    if (got > 0)
        n = (size_t)got / size;
    look(c, fd, tb, c->at_page, p, n);
    c->at_page += (uint32_t)n;
    if (n < PAGES_A_READ) {
        c->tb++;
        c->at_page = 0;
    }
    free(p);
    if (fd >= 0)
        close(fd);
    return RC_OK;
}

/* ---- what was met while serving ---- */
enum { LISTED = 200 };

enum rc do_damage(struct tx *none, const struct ask *a, struct err *e)
{
    struct store_damage_rep *rep = a->rep;
    struct guard_page p[LISTED];

    (void)none;
    (void)e;
    rep->pages = guard_list(p, LISTED);
    for (size_t i = 0; i < LISTED && i < rep->pages; i++)
        buf_addf(a->out, "%s page %u since %lld\n", tables[p[i].tb].file, (unsigned)p[i].page, (long long)p[i].since);
    rep->list = buf_span(a->out);
    return RC_OK;
}

/* ---- past a bad page ---- */
enum rc check_skip(struct check *c, enum table tb, struct err *e)
{
    struct key from = c->at;
    struct tx t;

    tx_bare(&c->d->env, &t);
    return scan_skip(&t, tb, &from, &c->at, e);
}
