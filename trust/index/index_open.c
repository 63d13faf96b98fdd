/* SPDX-License-Identifier: EUPL-1.2 */
/* trust/index/index_open.c - takes a block from a descriptor and looks at all of it, so that look-ups need not doubt. */
#include "trust/index/index_int.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SIZE_MOST = 1 << 30 };

uint64_t index_sum(struct span s)
{
    uint64_t h = 0xcbf29ce484222325u;

    for (size_t i = 0; i < s.n; i++)
        h = (h ^ s.p[i]) * 0x100000001b3u;
    return h;
}

/* ---- the sections ---- */
static bool read_header(struct trust_index *x)
{
    struct span s = x->all;
    uint64_t texts, need;

    if (s.n < H_SIZE || memcmp(s.p, INDEX_MAGIC, 8) != 0 || ix_u32(s.p + H_VERSION) != INDEX_VERSION)
        return false;
    x->n_domains = ix_u32(s.p + H_DOMAINS);
    x->n_entries = ix_u32(s.p + H_ENTRIES);
    x->n_names = ix_u32(s.p + H_NAMES);
    x->generated = ix_u64(s.p + H_GENERATED);
    texts = ix_u64(s.p + H_TEXTS);
    if (texts > SIZE_MOST)
        return false;
    need = H_SIZE + (uint64_t)x->n_domains * D_SIZE + (uint64_t)x->n_entries * E_SIZE + (uint64_t)x->n_names * N_SIZE +
           texts;
    if (need != s.n || x->n_entries == 0 || x->n_entries > INDEX_ENTRIES_MAX)
        return false;
    x->domains = s.p + H_SIZE;
    x->entries = x->domains + x->n_domains * D_SIZE;
    x->names = x->entries + x->n_entries * E_SIZE;
    x->texts = span_of(x->names + x->n_names * N_SIZE, (size_t)texts);
    return ix_u64(s.p + H_SUM) == index_sum(span_from(s, H_SUM + 8));
}

static bool text_inside(const struct trust_index *x, const unsigned char *p)
{
    return (uint64_t)ix_u32(p) + ix_u32(p + 4) <= x->texts.n;
}

/* In order, none twice; the runs follow one another and leave no entry out. */
static bool domains_good(const struct trust_index *x)
{
    uint64_t next = 0;

    for (size_t i = 0; i < x->n_domains; i++) {
        const unsigned char *d = ix_domain(x, i);
        if (!text_inside(x, d) || ix_u32(d + D_FIRST) != next || ix_u32(d + D_COUNT) == 0)
            return false;
        if (i > 0 && span_cmp(ix_text(x, ix_domain(x, i - 1)), ix_text(x, d)) >= 0)
            return false;
        next += ix_u32(d + D_COUNT);
        if (next > x->n_entries)
            return false;
    }
    return next == x->n_entries;
}

static bool names_good(const struct trust_index *x)
{
    for (size_t i = 0; i < x->n_names; i++) {
        if (!text_inside(x, ix_name(x, i)))
            return false;
        if (i > 0 && span_cmp(ix_text(x, ix_name(x, i - 1)), ix_text(x, ix_name(x, i))) >= 0)
            return false;
    }
    return true;
}

/* Each of the domain whose run it stands in, the names in order. */
static bool run_good(const struct trust_index *x, size_t domain)
{
    const unsigned char *d = ix_domain(x, domain);
    uint32_t first = ix_u32(d + D_FIRST), count = ix_u32(d + D_COUNT), before = 0;

    for (uint32_t i = first; i < first + count; i++) {
        const unsigned char *e = ix_entry(x, i);
        uint32_t name = ix_u32(e + E_NAME);
        if (ix_u32(e + E_DOMAIN) != domain || name >= x->n_names || (i > first && name < before))
            return false;
        for (int f = 0; f < E_FIELDS; f++)
            if (!text_inside(x, e + E_TEXTS + 8 * f))
                return false;
        before = name;
    }
    return true;
}

static bool all_good(struct trust_index *x)
{
    if (!read_header(x) || !domains_good(x) || !names_good(x))
        return false;
    for (size_t i = 0; i < x->n_domains; i++)
        if (!run_good(x, i))
            return false;
    return true;
}

/* ---- the octets ---- */
static bool never_changes(int fd)
{
    int seals = fcntl(fd, F_GET_SEALS), all = F_SEAL_WRITE | F_SEAL_SHRINK;

    return seals >= 0 && (seals & all) == all;
}

static enum rc read_all(int fd, struct trust_index *x, size_t size, struct err *e)
{
    size_t got = 0;

    if ((x->copy = malloc(size)) == NULL)
        return err_set(e, RC_TEMP, "index: no memory for %zu octets", size);
    while (got < size) {
        ssize_t n = pread(fd, x->copy + got, size - got, (off_t)got);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return err_sys(e, RC_TEMP, "index: cannot be read");
        if (n == 0)
            return err_set(e, RC_CORRUPT, "index: shorter than it was");
        got += (size_t)n;
    }
    x->all = span_of(x->copy, size);
    return RC_OK;
}

static enum rc take_octets(int fd, struct trust_index *x, struct err *e)
{
    struct stat st;

    if (fstat(fd, &st) < 0)
        return err_sys(e, RC_TEMP, "index: no descriptor");
    if (!S_ISREG(st.st_mode) || st.st_size < H_SIZE || st.st_size > SIZE_MOST)
        return err_set(e, RC_CORRUPT, "index: %lld octets are none", (long long)st.st_size);
    if (!never_changes(fd))
        return read_all(fd, x, (size_t)st.st_size, e);
    x->map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (x->map == MAP_FAILED) {
        x->map = NULL;
        return err_sys(e, RC_TEMP, "index: cannot be mapped");
    }
    x->all = span_of(x->map, (size_t)st.st_size);
    return RC_OK;
}

enum rc index_open(int fd, struct trust_index **x_out, struct err *e)
{
    struct trust_index *x = calloc(1, sizeof *x);
    enum rc rc = x ? take_octets(fd, x, e) : err_set(e, RC_TEMP, "index: no memory");

    if (rc == RC_OK && !all_good(x))
        rc = err_set(e, RC_CORRUPT, "index: a block of %zu octets that is none", x->all.n);
    if (rc == RC_OK)
        *x_out = x;
    else
        index_close(&x);
    return rc;
}

enum rc index_check(struct span block, struct index_counts *out, struct err *e)
{
    struct trust_index x = {.all = block};

    if (!all_good(&x))
        return err_set(e, RC_CORRUPT, "index: a block of %zu octets that is none", block.n);
    *out = (struct index_counts){x.n_entries, x.n_domains, x.n_names};
    return RC_OK;
}

void index_close(struct trust_index **x)
{
    if (*x == NULL)
        return;
    if ((*x)->map)
        munmap((*x)->map, (*x)->all.n);
    free((*x)->copy);
    free(*x);
    *x = NULL;
}
