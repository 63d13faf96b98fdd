/* SPDX-License-Identifier: EUPL-1.2 */
/* trust/trustd/lists_files.c - the white list on disk: see trust/trustd/lists.h, Files. */
#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "crypto/seal/digest.h"
#include "trust/trustd/keep.h"
#include "trust/trustd/lists_int.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { STATE_MAX = 8192, INDEX_MAX = 256 * 1024 * 1024 };

/* ---- list.state ---- */
#define NUMBER(m)                                                                                                      \
    {                                                                                                                  \
#m, offsetof(struct list_state, m), 0                                                                          \
    }
#define TEXT(m)                                                                                                        \
    {                                                                                                                  \
#m, offsetof(struct list_state, m), sizeof(((struct list_state *)0)->m)                                        \
    }
static const struct {
    const char *name;
    size_t off, size; /* size 0: a number */
} rows[] = {NUMBER(generation), NUMBER(generated),    NUMBER(taken),    NUMBER(dated),    NUMBER(last_try),
            NUMBER(next),       NUMBER(signer_until), NUMBER(failures), NUMBER(modified), TEXT(url),
            TEXT(digest),       TEXT(etag),           TEXT(signer),     TEXT(last_error)};

void state_write(struct buf *out, const struct list_state *s)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *at = (const char *)s + rows[i].off;

        buf_addf(out, "%s ", rows[i].name);
        if (rows[i].size)
            for (const char *p = at; *p; p++)
                buf_u8(out, (uint8_t)*p < ' ' ? ' ' : (uint8_t)*p);
        else
            buf_addf(out, "%llu", (unsigned long long)*(const uint64_t *)(const void *)at);
        buf_addf(out, "\n");
    }
}

static void read_row(struct span line, struct list_state *out)
{
    ptrdiff_t space = span_chr(line, ' ');

    for (size_t i = 0; space > 0 && i < sizeof rows / sizeof *rows; i++) {
        char *at = (char *)out + rows[i].off;
        struct span value = span_from(line, (size_t)space + 1);

        if (!span_eq(span_head(line, (size_t)space), span_str(rows[i].name)))
            continue;
        if (rows[i].size)
            snprintf(at, rows[i].size, "%.*s", SPAN_ARG(value));
        else if (!span_u64(value, UINT64_MAX, (uint64_t *)(void *)at))
            *(uint64_t *)(void *)at = 0;
    }
}

void state_read(struct span text, struct list_state *out)
{
    memset(out, 0, sizeof *out);
    while (text.n > 0) {
        ptrdiff_t end = span_chr(text, '\n');
        size_t n = end < 0 ? text.n : (size_t)end;

        read_row(span_head(text, n), out);
        text = span_from(text, end < 0 ? n : n + 1);
    }
}

void digest_text(struct span index, char out[2 * 32 + 1])
{
    unsigned char d[DIGEST_LEN];

    digest_of(index, d);
    for (size_t i = 0; i < DIGEST_LEN; i++)
        (void)snprintf(out + 2 * i, 3, "%02x", d[i]);
}

/* ---- files ---- */
static void path_of(const struct lists *l, const char *name, char out[4096])
{
    (void)snprintf(out, 4096, "%s/%s", l->dir, name);
}

static enum rc get_file(const struct lists *l, const char *name, size_t most, struct buf *out, struct err *e)
{
    char path[4096];
    struct stat st;
    enum rc rc = RC_OK;
    int fd;

    path_of(l, name, path);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return err_sys(e, errno == ENOENT ? RC_NOTFOUND : RC_CORRUPT, "%s", path);
    if (fstat(fd, &st) != 0 || st.st_size < 0 || (uint64_t)st.st_size > most)
        rc = err_set(e, RC_CORRUPT, "%s is too long", path);
    while (rc == RC_OK && out->n < (size_t)st.st_size) {
        unsigned char piece[65536];
        ssize_t n = read(fd, piece, sizeof piece);

        if (n <= 0)
            rc = err_sys(e, RC_CORRUPT, "%s", path);
        else
            buf_add(out, piece, (size_t)n);
    }
    close(fd);
    return rc;
}

enum rc files_keep_state(struct lists *l, const struct list_state *s, struct err *e)
{
    struct buf b = BUF_INIT;
    enum rc rc;

    state_write(&b, s);
    rc = keep_file(l->dir, "list.state", buf_span(&b), e);
    buf_free(&b);
    return rc;
}

void files_keep_anchors(struct lists *l)
{
    struct err e;

    if (l->conf.https_pem.n == 0)
        return;
    path_of(l, "https.pem", l->https_anchors);
    if (keep_file(l->dir, "https.pem", buf_span(&l->conf.https_pem), &e) != RC_OK)
        log_err(LOG_WARN_, "list-state", &e);
}

enum rc files_keep_list(struct lists *l, struct span xml, struct span index, const struct list_state *s, struct err *e)
{
    enum rc rc = keep_file(l->dir, "list.xml", xml, e);

    if (rc == RC_OK)
        rc = keep_file(l->dir, "list.index", index, e);
    if (rc == RC_OK)
        rc = files_keep_state(l, s, e);
    return rc;
}

enum rc files_xml(struct lists *l, struct buf *out, struct err *e)
{
    return get_file(l, "list.xml", LIST_XML_MAX, out, e);
}

enum rc index_memfd(struct span index, int *fd_out, struct err *e)
{
    int fd = memfd_create("pli-white-list", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    enum rc rc = fd < 0 ? err_sys(e, RC_TEMP, "memfd_create") : RC_OK;

    if (rc == RC_OK && !fd_write_all(fd, index))
        rc = err_sys(e, RC_TEMP, "writing");
    if (rc == RC_OK && fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) < 0)
        rc = err_sys(e, RC_TEMP, "sealing the index");
    if (rc == RC_OK)
        *fd_out = fd;
    else if (fd >= 0)
        close(fd);
    return rc;
}

/* The state is written last, so after a crash it may be about the list before. Then that list's ETag must not be sent, because the answer "not changed"
 * would keep this one for ever; and this one needs a generation that nobody has seen. */
static void forget_other_list(struct list_state *s)
{
    s->generation = (uint64_t)clock_utc_ms();
    s->etag[0] = '\0';
    s->modified = s->next = 0;
    s->signer[0] = '\0';
    s->signer_until = 0;
    s->dated = s->generated;
}

static void read_state(struct lists *l)
{
    struct buf state = BUF_INIT;
    struct err unread;

    if (get_file(l, "list.state", STATE_MAX, &state, &unread) == RC_OK)
        state_read(buf_span(&state), &l->now);
    buf_free(&state);
}

enum rc files_load(struct lists *l, struct err *e)
{
    struct buf index = BUF_INIT;
    enum rc rc = get_file(l, "list.index", INDEX_MAX, &index, e);
    char digest[sizeof l->now.digest];

    read_state(l);
    if (rc == RC_OK)
        rc = index_memfd(buf_span(&index), &l->index_fd, e);
    if (rc == RC_OK)
        rc = index_open(l->index_fd, &l->index, e);
    if (rc == RC_OK) {
        l->now.generated = index_generated(l->index);
        digest_text(buf_span(&index), digest);
        if (strcmp(digest, l->now.digest) != 0)
            forget_other_list(&l->now);
        memcpy(l->now.digest, digest, sizeof digest);
    } else if (l->index_fd >= 0) {
        close(l->index_fd);
        l->index_fd = -1;
    }
    buf_free(&index);
    return rc;
}
