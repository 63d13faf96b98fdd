/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/import/keep.c - see keep.h. */
#include "directory/import/keep.h"
#include "base/fd.h"
#include "crypto/seal/digest.h"
#include "directory/import/replace.h"
#include "directory/schema/embedded_int.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_MOST = 1100, FLUSH_AT = 1 << 16, TRAILER = 1 + 2 * DIGEST_LEN + 1 };

const char *national_keep_name(enum national_kind kind)
{
    static const char *const names[NK_KINDS_] = {"boxes", "persons"};
    return names[kind];
}

static void trailer_of(struct digest **d, char out[TRAILER + 1])
{
    unsigned char sum[DIGEST_LEN];
    digest_end(d, sum);
    out[0] = '#';
    for (size_t i = 0; i < DIGEST_LEN; i++)
        snprintf(out + 1 + 2 * i, 3, "%02x", sum[i]);
    snprintf(out + TRAILER - 1, 2, "\n");
}

/* ---- writing ---- */
struct writer {
    int fd;
    struct buf text;
    struct digest *sum;
};

static enum rc flush(struct writer *w, size_t at_least, struct err *e)
{
    if (w->text.n < at_least)
        return RC_OK;
    digest_add(w->sum, buf_span(&w->text));
    enum rc rc = fd_write_all(w->fd, buf_span(&w->text)) ? RC_OK : RC_TEMP;
    buf_clear(&w->text);
    return rc == RC_OK ? rc : err_sys(e, RC_TEMP, "what the file says cannot be kept in ldap/national");
}

static enum rc write_lines(struct writer *w, const struct national_file *f, struct err *e)
{
    unsigned char *line = malloc(NATIONAL_LINE_MAX + 2);
    enum rc rc = RC_OK;
    if (!line)
        die("out of memory");
    national_header_write(f->header.kind, &w->text);
    buf_addc(&w->text, '\n');
    for (size_t i = 0; rc == RC_OK && i < f->n; i++) {
        struct national_row row;
        rc = national_file_row(f, &f->item[i], line, &row, e);
        if (rc != RC_OK)
            break;
        national_row_write(f->header.kind, &row, &w->text);
        buf_addc(&w->text, '\n');
        rc = flush(w, FLUSH_AT, e);
    }
    free(line);
    return rc == RC_OK ? flush(w, 1, e) : rc;
}

static enum rc write_kept(int fd, const void *ctx, struct err *e)
{
    char trailer[TRAILER + 1];
    struct writer w = {.fd = fd, .text = BUF_INIT, .sum = digest_new()};
    enum rc rc = write_lines(&w, ctx, e);
    trailer_of(&w.sum, trailer);
    buf_free(&w.text);
    if (rc == RC_OK && !fd_write_all(fd, span_of(trailer, TRAILER)))
        rc = err_sys(e, RC_TEMP, "what the file says cannot be kept in ldap/national");
    return rc;
}

enum rc national_keep_write(const struct embedded_spec *s, const char *folder, const char *as,
                            const struct national_file *f, struct err *e)
{
    return national_replace(s, folder, as, write_kept, f, e);
}

/* ---- reading ---- */
static enum rc read_full(int fd, unsigned char *to, size_t n, uint64_t at)
{
    for (size_t done = 0; done < n;) {
        ssize_t got = pread(fd, to + done, n - done, (off_t)(at + done));
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return RC_TEMP;
        done += (size_t)got;
    }
    return RC_OK;
}

/* size_out: without the last line. */
static bool is_whole(int fd, uint64_t *size_out)
{
    static const size_t block = 1 << 18;
    char right[TRAILER + 1];
    unsigned char last[TRAILER], *mem = malloc(block);
    struct stat st;
    bool good = mem && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > TRAILER;
    struct digest *sum = digest_new();
    *size_out = good ? (uint64_t)st.st_size - TRAILER : 0;
    for (uint64_t at = 0; good && at < *size_out;) {
        size_t n = *size_out - at < block ? (size_t)(*size_out - at) : block;
        good = read_full(fd, mem, n, at) == RC_OK;
        digest_add(sum, span_of(mem, good ? n : 0));
        at += n;
    }
    trailer_of(&sum, right);
    free(mem);
    return good && read_full(fd, last, TRAILER, *size_out) == RC_OK && memcmp(last, right, TRAILER) == 0;
}

static enum rc damaged(enum national_kind kind, struct err *e)
{
    static const char *const from[NK_KINDS_] = {"Extraction_Correspondance_MSSante", "PS_LibreAcces_Personne_activite"};
    return err_set(e, RC_CORRUPT, "ldap/national/%s is damaged: import %s once more", national_keep_name(kind),
                   from[kind]);
}

static int open_kept(const char *dir, enum national_kind kind)
{
    char path[PATH_MOST];
    snprintf(path, sizeof path, "%s/ldap/national/%s", dir, national_keep_name(kind));
    return open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
}

bool national_keep_whole(const char *dir, enum national_kind kind)
{
    uint64_t size;
    int fd = open_kept(dir, kind);
    bool whole = fd >= 0 && is_whole(fd, &size);
    if (fd >= 0)
        close(fd);
    return whole;
}

enum rc national_keep_read(const char *dir, enum national_kind kind, const struct national_watch *w,
                           struct national_file *out, struct err *e)
{
    const struct national_watch quiet = {.progress = w->progress, .ctx = w->ctx};
    uint64_t size = 0;
    *out = (struct national_file){.fd = -1, .header.kind = kind};
    int fd = open_kept(dir, kind);
    if (fd < 0)
        return err_sys(e, errno == ENOENT ? RC_NOTFOUND : RC_TEMP, "open ldap/national/%s", national_keep_name(kind));
    enum rc rc = is_whole(fd, &size) ? national_file_read_part(fd, size, &quiet, out, e) : damaged(kind, e);
    if (rc == RC_SYNTAX || (rc == RC_OK && (out->refused > 0 || out->header.kind != kind)))
        rc = damaged(kind, e);
    if (rc == RC_OK)
        return rc;
    national_file_free(out);
    close(fd);
    *out = (struct national_file){.fd = -1, .header.kind = kind};
    return rc;
}

void national_keep_close(struct national_file *f)
{
    national_file_free(f);
    if (f->fd >= 0)
        close(f->fd);
    f->fd = -1;
}
