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
    national_person(row, it->person);
    if (f->header.kind == NK_BOXES)
        national_key(row->col[NC_ADDRESS], it->key);
    else
        memcpy(it->key, it->person, NATIONAL_KEY);
    national_digest(row, it->digest);
    national_name(row, it->name);
    it->at = at;
    it->n = (uint32_t)n;
}

/* What a download that broke off ends with. */
static bool broken_off(struct span line, enum national_fault f)
{
    return (f == NF_COLUMNS || f == NF_UTF8) && (line.n == 0 || line.p[line.n - 1] != '\n');
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
    if (at + line.n == r->f->size && broken_off(line, f))
        return err_set(e, RC_SYNTAX, "it ends in the middle of a line: fetch it once more");
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
        uint64_t from = r->at + r->n, left = r->f->size > from ? r->f->size - from : 0;
        size_t want = left < BLOCK - r->n ? (size_t)left : BLOCK - r->n;
        ssize_t n = pread(r->f->fd, r->block + r->n, want, (off_t)from);
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

static enum rc it_changed(struct err *e)
{
    return err_set(e, RC_TEMP, "the file changed while it was read: import it again when it is whole");
}

/* A file that is fetched over the one before is, half way, the beginning of the new one with the end of the old one, or the beginning alone. */
static bool unchanged(int fd, const struct stat *was)
{
    struct stat st;
    return fstat(fd, &st) == 0 && st.st_size == was->st_size && st.st_mtim.tv_sec == was->st_mtim.tv_sec &&
           st.st_mtim.tv_nsec == was->st_mtim.tv_nsec;
}

enum rc national_file_read(int fd, const struct national_watch *w, struct national_file *out, struct err *e)
{
    struct stat st;
    *out = (struct national_file){.fd = fd};
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
        return err_set(e, RC_SYNTAX, "it is not a regular file: unpack it to a file first");
    enum rc rc = national_file_read_part(fd, (uint64_t)st.st_size, w, out, e);
    if (rc != RC_OK || unchanged(fd, &st))
        return rc;
    national_file_free(out);
    return it_changed(e);
}

enum rc national_file_read_part(int fd, uint64_t size, const struct national_watch *w, struct national_file *out,
                                struct err *e)
{
    *out = (struct national_file){.fd = fd, .size = size};
    struct reader r = {.f = out, .w = w, .block = malloc(BLOCK)};
    if (!r.block)
        die("out of memory");
    enum rc rc = read_all(&r, e);
    free(r.block);
    if (rc == RC_OK && !r.header_seen)
        rc = err_set(e, RC_SYNTAX, "the file is empty");
    if (rc == RC_OK && r.at != size) /* it became shorter */
        rc = it_changed(e);
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

/* ---- found again ---- */
size_t national_file_group(const struct national_file *f, size_t at)
{
    size_t n = 1;
    while (at + n < f->n && memcmp(f->item[at].key, f->item[at + n].key, NATIONAL_KEY) == 0)
        n++;
    return n;
}

size_t national_file_find(const struct national_file *f, const unsigned char key[NATIONAL_KEY])
{
    size_t low = 0, high = f->n;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (memcmp(f->item[mid].key, key, NATIONAL_KEY) < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

size_t national_file_person(const struct national_file *persons, const struct national_item *it, size_t *first_out)
{
    *first_out = it->person[0] ? national_file_find(persons, it->person) : persons->n;
    if (*first_out == persons->n || memcmp(persons->item[*first_out].key, it->person, NATIONAL_KEY) != 0)
        return 0;
    return national_file_group(persons, *first_out);
}

enum rc national_file_row(const struct national_file *f, const struct national_item *it, unsigned char *line,
                          struct national_row *out, struct err *e)
{
    unsigned char digest[NATIONAL_KEY];
    ssize_t n = pread(f->fd, line, it->n, (off_t)it->at);
    if (n == (ssize_t)it->n && national_row_parse(&f->header, span_of(line, it->n), out) == NF_NONE) {
        national_digest(out, digest);
        if (memcmp(digest, it->digest, sizeof digest) == 0)
            return RC_OK;
    }
    return it_changed(e);
}

enum { LINE_ROOM = NATIONAL_LINE_MAX + 2 };
struct rows { /* of one key */
    struct national_row row[NATIONAL_ROWS_MOST];
    unsigned char *lines;
    size_t n;
};

static enum rc read_rows(const struct national_file *f, size_t first, size_t n, struct rows *out, struct err *e)
{
    enum rc rc = RC_OK;
    out->n = n < NATIONAL_ROWS_MOST ? n : NATIONAL_ROWS_MOST;
    out->lines = malloc(out->n * LINE_ROOM + 1);
    if (!out->lines)
        die("out of memory");
    for (size_t i = 0; rc == RC_OK && i < out->n; i++)
        rc = national_file_row(f, &f->item[first + i], out->lines + i * LINE_ROOM, &out->row[i], e);
    return rc;
}

enum rc national_file_entry(const struct national_file *f, const struct national_file *persons, size_t first, size_t n,
                            struct national_entry *out, struct err *e)
{
    struct rows rows = {.n = 0}, acts = {.n = 0};
    size_t from, n_acts = national_file_person(persons, &f->item[first], &from);
    enum rc rc = read_rows(f, first, n, &rows, e);
    if (rc == RC_OK)
        rc = read_rows(persons, from, n_acts, &acts, e);
    if (rc == RC_OK)
        national_entry_make(rows.row, rows.n, acts.row, acts.n, out);
    free(rows.lines);
    free(acts.lines);
    return rc;
}
