/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/import/file.c - see file.h. */
#include "directory/import/file.h"
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BLOCK = 1 << 20, TOLD_EVERY = 4096 };

struct reader { /* a line is whole in block, or longer than NATIONAL_LINE_MAX */
    struct national_file *f;
    const struct national_watch *w;
    unsigned char *block;
    size_t n;
    uint64_t at;   /* of block[0] in the file */
    bool skipping; /* inside a line that is too long */
    bool header_seen;
};

static void tell_refused(struct reader *r, enum national_fault f)
{
    r->f->refused++;
    r->f->faults[f]++;
    if (r->w->refused)
        r->w->refused(r->w->ctx, r->f->lines + 1, f); /* the header is line 1 */
}

static void keep(struct national_file *f, const struct national_row *row, uint64_t at, size_t n)
{
    if (f->n == f->room) {
        f->room = f->room ? f->room * 2 : 4096;
        f->item = realloc(f->item, f->room * sizeof *f->item);
        if (!f->item)
            die("out of memory");
    }
    struct national_item *it = &f->item[f->n++];
    national_key(row->col[NC_ADDRESS], it->key);
    national_digest(row, it->digest);
    it->at = at;
    it->n = (uint32_t)n;
}

static enum rc take_line(struct reader *r, struct span line, uint64_t at, struct err *e)
{
    struct national_row row;
    if (!r->header_seen) {
        r->header_seen = true;
        return national_header_parse(line, &r->f->header, e);
    }
    r->f->lines++;
    enum national_fault f = national_row_parse(&r->f->header, line, &row);
    if (f == NF_NONE)
        keep(r->f, &row, at, line.n);
    else
        tell_refused(r, f);
    if (r->w->progress && r->f->lines % TOLD_EVERY == 0)
        r->w->progress(r->w->ctx, "reading", at, r->f->size);
    return RC_OK;
}

/* Takes the whole lines off the front of the block; the rest moves there. */
static enum rc take_block(struct reader *r, bool last, struct err *e)
{
    struct span rest = span_of(r->block, r->n);
    enum rc rc = RC_OK;
    while (rc == RC_OK && rest.n > 0) {
        ptrdiff_t nl = span_chr(rest, '\n');
        size_t n = nl >= 0 ? (size_t)nl + 1 : rest.n;
        bool whole = nl >= 0 || last;
        if (!whole && n <= NATIONAL_LINE_MAX)
            break;
        if (!r->skipping)
            rc = take_line(r, span_head(rest, n), r->at + (r->n - rest.n), e);
        r->skipping = !whole;
        rest = span_from(rest, n);
    }
    r->at += r->n - rest.n;
    memmove(r->block, rest.p, rest.n);
    r->n = rest.n;
    return rc;
}

static enum rc read_all(struct reader *r, struct err *e)
{
    for (;;) {
        ssize_t n = pread(r->f->fd, r->block + r->n, BLOCK - r->n, (off_t)(r->at + r->n));
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return err_sys(e, RC_TEMP, "the file cannot be read");
        r->n += (size_t)n;
        enum rc rc = take_block(r, n == 0, e);
        if (rc != RC_OK || n == 0)
            return rc;
    }
}

static int by_key(const void *a, const void *b)
{
    return memcmp(a, b, (size_t)2 * NATIONAL_KEY); /* key and digest stand first, without a gap */
}

static void sort_items(struct national_file *f)
{
    size_t n = 0;
    if (f->n > 0)
        qsort(f->item, f->n, sizeof *f->item, by_key);
    for (size_t i = 0; i < f->n; i++)
        if (n == 0 || by_key(&f->item[n - 1], &f->item[i]) != 0)
            f->item[n++] = f->item[i];
    f->twice = f->n - n;
    f->n = n;
}

enum rc national_file_read(int fd, const struct national_watch *w, struct national_file *out, struct err *e)
{
    struct stat st;
    *out = (struct national_file){.fd = fd};
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
        return err_set(e, RC_SYNTAX, "it is not a regular file: unpack it to a file first");
    out->size = (uint64_t)st.st_size;
    struct reader r = {.f = out, .w = w, .block = malloc(BLOCK)};
    if (!r.block)
        die("out of memory");
    enum rc rc = read_all(&r, e);
    free(r.block);
    if (rc == RC_OK && !r.header_seen)
        rc = err_set(e, RC_SYNTAX, "the file is empty");
    if (rc == RC_OK)
        sort_items(out);
    else
        national_file_free(out);
    return rc;
}

void national_file_free(struct national_file *f)
{
    free(f->item);
    f->item = NULL;
    f->n = f->room = 0;
}

static enum rc read_again(const struct national_file *f, const struct national_item *it, unsigned char *line,
                          struct national_row *row, struct err *e)
{
    unsigned char digest[NATIONAL_KEY];
    ssize_t n = pread(f->fd, line, it->n, (off_t)it->at);
    if (n == (ssize_t)it->n && national_row_parse(&f->header, span_of(line, it->n), row) == NF_NONE) {
        national_digest(row, digest);
        if (memcmp(digest, it->digest, sizeof digest) == 0)
            return RC_OK;
    }
    return err_set(e, RC_TEMP, "the file changed while it was read: import it again when it is whole");
}

enum rc national_file_entry(const struct national_file *f, size_t first, size_t n, struct national_entry *out,
                            struct err *e)
{
    struct national_row row[NATIONAL_ROWS_MOST];
    if (n > NATIONAL_ROWS_MOST)
        n = NATIONAL_ROWS_MOST;
    unsigned char *lines = malloc(n * (NATIONAL_LINE_MAX + 2));
    if (!lines)
        die("out of memory");
    enum rc rc = RC_OK;
    for (size_t i = 0; rc == RC_OK && i < n; i++)
        rc = read_again(f, &f->item[first + i], lines + i * (NATIONAL_LINE_MAX + 2), &row[i], e);
    if (rc == RC_OK)
        national_entry_make(row, n, out);
    free(lines);
    return rc;
}
