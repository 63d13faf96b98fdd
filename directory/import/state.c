/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/import/state.c - see state.h. */
#include "directory/import/state.h"
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

static const char magic[8] = "PLINAT1\n";
enum { HEAD = 16, PATH_MOST = 1100 };

static void *need(size_t n, size_t size)
{
    void *p = calloc(n + 1, size);
    if (!p)
        die("out of memory");
    return p;
}

static void head_of(const struct national_state *st, unsigned char out[HEAD])
{
    memcpy(out, magic, sizeof magic);
    for (size_t i = 0; i < 8; i++)
        out[8 + i] = (unsigned char)((uint64_t)st->n >> (8 * i));
}

static void name_it(struct national_state *st)
{
    unsigned char head[HEAD], sum[DIGEST_LEN];
    struct digest *d = digest_new();
    head_of(st, head);
    digest_add(d, span_of(head, HEAD));
    digest_add(d, span_of(st->mark, st->n * sizeof *st->mark));
    digest_end(&d, sum);
    for (size_t i = 0; i < DIGEST_LEN; i++)
        snprintf(st->name + 2 * i, 3, "%02x", sum[i]);
}

static void add_digests(struct digest *d, const struct national_item *it, size_t n)
{
    for (size_t i = 0; i < n; i++)
        digest_add(d, span_of(it[i].digest, NATIONAL_KEY));
}

/* The digest of several lines follows from theirs, which are sorted: first those of the address, then those of its person. */
static void mark_of(const struct national_item *it, size_t n, const struct national_item *acts, size_t n_acts,
                    struct national_mark *out)
{
    unsigned char sum[DIGEST_LEN];
    memcpy(out, it, sizeof *out);
    if (n == 1 && n_acts == 0)
        return;
    struct digest *d = digest_new();
    add_digests(d, it, n);
    if (n_acts > 0)
        digest_add(d, SPAN_LIT("persons 1")); /* raised when the same activities complete an entry otherwise */
    add_digests(d, acts, n_acts);
    digest_end(&d, sum);
    memcpy(out->digest, sum, NATIONAL_KEY);
}

void national_state_of(const struct national_file *f, const struct national_file *persons, struct national_state *out)
{
    static const struct national_file nobody = {.fd = -1};
    const struct national_file *p = persons ? persons : &nobody;
    *out = (struct national_state){.mark = need(f->n, sizeof *out->mark)};
    for (size_t i = 0, n; i < f->n; i += n) {
        size_t from, n_acts = national_file_person(p, &f->item[i], &from);
        n = national_file_group(f, i);
        mark_of(&f->item[i], n, p->item + from, n_acts, &out->mark[out->n++]);
    }
    name_it(out);
}

void national_state_free(struct national_state *st)
{
    free(st->mark);
    *st = (struct national_state){.mark = NULL};
}

static bool read_whole(int fd, void *to, size_t n)
{
    size_t got;

    return fd_read_into(fd, to, n, &got) && got == n;
}

static enum rc load_from(int fd, struct national_state *out, struct err *e)
{
    unsigned char head[HEAD], right[HEAD];
    struct stat st;
    if (fstat(fd, &st) != 0 || st.st_size < HEAD || (st.st_size - HEAD) % (off_t)sizeof *out->mark != 0)
        return err_set(e, RC_CORRUPT, "ldap/national/state has not the length of such a file");
    out->n = (size_t)(st.st_size - HEAD) / sizeof *out->mark;
    out->mark = need(out->n, sizeof *out->mark);
    errno = EIO; /* of a file that ended early, which is no error of a call */
    if (!read_whole(fd, head, HEAD) || !read_whole(fd, out->mark, out->n * sizeof *out->mark))
        return err_sys(e, RC_TEMP, "ldap/national/state cannot be read");
    head_of(out, right);
    if (memcmp(head, right, HEAD) != 0)
        return err_set(e, RC_CORRUPT, "ldap/national/state is not such a file");
    for (size_t i = 1; i < out->n; i++)
        if (memcmp(out->mark[i - 1].key, out->mark[i].key, NATIONAL_KEY) >= 0)
            return err_set(e, RC_CORRUPT, "ldap/national/state is out of order");
    name_it(out);
    return RC_OK;
}

enum rc national_state_load(const char *dir, struct national_state *out, struct err *e)
{
    return national_state_load_from(dir, "state", out, e);
}

enum rc national_state_load_from(const char *dir, const char *name, struct national_state *out, struct err *e)
{
    char path[PATH_MOST];
    *out = (struct national_state){.mark = NULL};
    snprintf(path, sizeof path, "%s/ldap/national/%s", dir, name);
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return err_sys(e, errno == ENOENT ? RC_NOTFOUND : RC_TEMP, "open %s", path);
    enum rc rc = load_from(fd, out, e);
    close(fd);
    if (rc != RC_OK)
        national_state_free(out);
    return rc;
}

static enum rc write_state(int fd, const void *ctx, struct err *e)
{
    const struct national_state *st = ctx;
    unsigned char head[HEAD];
    head_of(st, head);
    if (!fd_write_all(fd, span_of(head, HEAD)) || !fd_write_all(fd, span_of(st->mark, st->n * sizeof *st->mark)))
        return err_sys(e, RC_TEMP, "ldap/national/state cannot be written");
    return RC_OK;
}

enum rc national_state_save(const struct embedded_spec *s, const char *folder, const char *name,
                            const struct national_state *st, struct err *e)
{
    return national_replace(s, folder, name, write_state, st, e);
}

enum rc national_compare(const struct national_state *then, const struct national_state *now, national_act_fn act,
                         void *ctx, uint64_t counts[NA_ACTS_])
{
    enum rc rc = RC_OK;
    for (size_t i = 0, k = 0; rc == RC_OK && (i < then->n || k < now->n);) {
        int c = i == then->n ? 1 : k == now->n ? -1 : memcmp(then->mark[i].key, now->mark[k].key, NATIONAL_KEY);
        bool same = c == 0 && memcmp(then->mark[i].digest, now->mark[k].digest, NATIONAL_KEY) == 0;
        enum national_act a = c < 0 ? NA_REMOVE : c > 0 ? NA_ADD : NA_CHANGE;
        if (!same && counts)
            counts[a]++;
        if (!same && act)
            rc = act(ctx, a, c < 0 ? then->mark[i].key : now->mark[k].key, k);
        i += c <= 0;
        k += c >= 0;
    }
    return rc;
}
