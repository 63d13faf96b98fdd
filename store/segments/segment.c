/* SPDX-License-Identifier: EUPL-1.2 */
/* store/segments/segment.c - the files of segment.h: which there are, making, opening, reading, removing. */
#include "base/log.h"
#include "store/db/os.h"
#include "store/segments/segment_int.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

enum { OPEN_MOST = 200, BLOCK = 4096 };
static const char fresh[] = "segment.new";

void seg_name(uint32_t number, char out[SEG_NAME])
{
    (void)snprintf(out, SEG_NAME, "%08x.seg", (unsigned)number);
}

/* ---- the list ---- */
static size_t place(const struct segs *s, uint32_t number)
{
    size_t lo = 0, hi = s->n;

    while (lo < hi) {
        size_t mid = (lo + hi) / 2;
        if (s->list[mid]->id.number < number)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

static struct seg *find(const struct segs *s, uint32_t number)
{
    size_t i = place(s, number);

    return i < s->n && s->list[i]->id.number == number ? s->list[i] : NULL;
}

static struct seg *add(struct segs *s, uint32_t number)
{
    struct seg **more = realloc(s->list, (s->n + 1) * sizeof *more), *g = calloc(1, sizeof *g);
    size_t i;

    if (!more || !g)
        die("out of memory");
    s->list = more;
    i = place(s, number);
    memmove(more + i + 1, more + i, (s->n - i) * sizeof *more);
    more[i] = g;
    s->n++;
    g->id.number = number;
    g->fd = -1;
    s->next = number >= s->next ? number + 1 : s->next;
    return g;
}

static bool is_segment(const char *name, uint32_t *number_out)
{
    char back[SEG_NAME], *end;
    unsigned long n = strtoul(name, &end, 16);

    seg_name((uint32_t)n, back);
    *number_out = (uint32_t)n;
    return strcmp(name, back) == 0 && n > 0;
}

static enum rc read_folder(struct segs *s, struct err *e)
{
    int fd = openat(s->conf.home_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
    uint32_t number;

    if (!d)
        return err_sys(e, RC_TEMP, "store: its folder cannot be read");
    for (const struct dirent *x; (x = readdir(d)) != NULL;)
        if (is_segment(x->d_name, &number))
            add(s, number);
    closedir(d);
    return RC_OK;
}

enum rc segs_open(struct segs **out, const struct segs_conf *c, struct err *e)
{
    struct segs *s = calloc(1, sizeof *s);
    enum rc rc;

    if (!s)
        die("out of memory");
    s->conf = *c;
    s->next = 1;
    pthread_mutex_init(&s->lock, NULL);
    pthread_cond_init(&s->changed, NULL);
    if (os_seg_unlink(c->home_fd, fresh) != 0 && errno != ENOENT)
        log_ev(LOG_WARN_, "store-segment", "cause=\"%s is left\"", fresh);
    rc = read_folder(s, e);
    if (rc != RC_OK)
        segs_close(&s);
    else
        *out = s;
    return rc;
}

static void free_seg(struct seg *g)
{
    if (g->fd >= 0)
        close(g->fd);
    free(g);
}

void segs_close(struct segs **sp)
{
    struct segs *s = *sp;

    if (!s)
        return;
    for (size_t i = 0; i < s->n; i++)
        free_seg(s->list[i]);
    pthread_cond_destroy(&s->changed);
    pthread_mutex_destroy(&s->lock);
    free(s->list);
    free(s);
    *sp = NULL;
}

/* ---- holding one ---- */
/* A terabyte has more segments than a process may have open files. */
static void close_oldest(struct segs *s)
{
    struct seg *old = NULL;

    for (size_t i = 0; i < s->n; i++)
        if (s->list[i]->fd >= 0 && s->list[i]->held == 0 && s->list[i] != s->current &&
            (!old || s->list[i]->used < old->used))
            old = s->list[i];
    if (!old)
        return;
    close(old->fd);
    old->fd = -1;
    s->open--;
}

static enum rc open_it(struct segs *s, struct seg *g, struct err *e)
{
    unsigned char head[SEG_HEAD];
    char name[SEG_NAME];
    struct seg_id id;

    if (s->open >= OPEN_MOST)
        close_oldest(s);
    seg_name(g->id.number, name);
    g->fd = os_seg_open(s->conf.home_fd, name, O_RDWR);
    if (g->fd < 0)
        return err_sys(e, errno == ENOENT ? RC_NOTFOUND : RC_TEMP, "store: segment %08x cannot be opened",
                       (unsigned)g->id.number);
    s->open++;
    g->sound = os_seg_pread(g->fd, head, sizeof head, 0) == (ssize_t)sizeof head &&
               seg_head_read(head, &id, e) == RC_OK && id.number == g->id.number;
    if (g->sound)
        g->id = id;
    else
        log_ev(LOG_ERROR_, "store-damaged", "segment=%08x cause=\"its head\"", (unsigned)g->id.number);
    return RC_OK;
}

enum rc seg_hold(struct segs *s, uint32_t number, struct seg **out, struct err *e)
{
    enum rc rc = RC_OK;
    struct seg *g;

    pthread_mutex_lock(&s->lock);
    g = find(s, number);
    if (!g)
        rc = err_set(e, RC_NOTFOUND, "store: segment %08x is not there", (unsigned)number);
    else if (g->fd < 0)
        rc = open_it(s, g, e);
    if (rc == RC_OK) {
        g->held++;
        g->used = ++s->clock;
        *out = g;
    }
    pthread_mutex_unlock(&s->lock);
    return rc;
}

void seg_give(struct segs *s, struct seg *g)
{
    pthread_mutex_lock(&s->lock);
    if (--g->held == 0 && g->gone)
        free_seg(g);
    pthread_mutex_unlock(&s->lock);
}

/* ---- making and removing ---- */
static enum rc write_fresh(struct segs *s, const struct seg_id *id, int *fd_out, struct err *e)
{
    unsigned char head[SEG_HEAD];
    struct iovec v = {head, sizeof head};
    char name[SEG_NAME];
    int fd = os_seg_open(s->conf.home_fd, fresh, O_RDWR | O_CREAT | O_TRUNC);

    seg_name(id->number, name);
    seg_head_write(head, id);
    *fd_out = fd;
    if (fd >= 0 && os_seg_pwritev(fd, &v, 1, 0) == (ssize_t)sizeof head && os_seg_sync(fd) == 0 &&
        os_seg_rename(s->conf.home_fd, fresh, name) == 0 && os_seg_sync(s->conf.home_fd) == 0)
        return RC_OK;
    return err_sys(e, RC_TEMP, "store: segment %08x cannot be made", (unsigned)id->number);
}

/* The number is used up, whether it succeeds or not. A file that the tables were not told of is nobody's: it is removed, or found at the next start to
 * hold nothing. */
enum rc seg_make(struct segs *s, struct seg **out, struct err *e)
{
    struct seg_id id = {.number = s->next};
    char name[SEG_NAME];
    struct seg *g;
    int fd = -1;
    enum rc rc;

    if (getrandom(id.salt, sizeof id.salt, 0) != (ssize_t)sizeof id.salt)
        bug("getrandom");
    rc = write_fresh(s, &id, &fd, e);
    if (rc == RC_OK && s->conf.made)
        rc = s->conf.made(s->conf.owner, id.number, e);
    pthread_mutex_lock(&s->lock);
    s->next++;
    if (rc == RC_OK) {
        g = add(s, id.number);
        g->id = id;
        g->fd = fd;
        g->sound = true;
        g->tail = SEG_HEAD;
        s->open++;
        *out = g;
    }
    pthread_mutex_unlock(&s->lock);
    if (rc == RC_OK)
        return rc;
    if (fd >= 0)
        close(fd);
    seg_name(id.number, name);
    (void)os_seg_unlink(s->conf.home_fd, fresh);
    (void)os_seg_unlink(s->conf.home_fd, name);
    return rc;
}

enum rc seg_remove(struct segs *s, uint32_t number, struct err *e)
{
    char name[SEG_NAME];
    struct seg *g;
    size_t i;

    seg_name(number, name);
    if (os_seg_unlink(s->conf.home_fd, name) != 0 && errno != ENOENT)
        return err_sys(e, RC_TEMP, "store: segment %08x cannot be removed", (unsigned)number);
    pthread_mutex_lock(&s->lock);
    g = find(s, number);
    if (g) {
        i = place(s, number);
        memmove(s->list + i, s->list + i + 1, (--s->n - i) * sizeof *s->list);
        s->open -= g->fd >= 0;
        g->gone = true;
        if (g->held == 0)
            free_seg(g);
    }
    pthread_mutex_unlock(&s->lock);
    return RC_OK;
}

/* Of errno. A file system that cannot make holes: what is dead comes back when its segment is rewritten. */
static bool never_makes_holes(struct segs *s)
{
    if (errno != EOPNOTSUPP && errno != ENOSYS)
        return false;
    if (!atomic_exchange(&s->no_holes, true))
        log_ev(LOG_WARN_, "store-no-holes", "errno=%d", errno);
    errno = 0;
    return true;
}

enum rc seg_punch(struct segs *s, uint32_t number, uint64_t off, uint64_t n, struct err *e)
{
    uint64_t from = (off + BLOCK - 1) / BLOCK * BLOCK, to = (off + n) / BLOCK * BLOCK;
    struct seg *g;
    enum rc rc;

    if (from >= to)
        return RC_OK;
    rc = seg_hold(s, number, &g, e);
    if (rc != RC_OK)
        return rc;
    if (os_seg_punch(g->fd, (off_t)from, (off_t)(to - from)) != 0 && !never_makes_holes(s))
        rc = err_sys(e, RC_TEMP, "store: segment %08x: no hole at %llu", (unsigned)number, (unsigned long long)from);
    seg_give(s, g);
    return rc;
}

/* ---- looking ---- */
static void look(struct segs *s, const struct seg *g, struct seg_info *out)
{
    char name[SEG_NAME];
    struct stat st;

    seg_name(g->id.number, name);
    *out = (struct seg_info){
        .number = g->id.number, .current = g == s->current, .writing = g->writers > 0, .dropped = g->dropped};
    if (fstatat(s->conf.home_fd, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
        return;
    out->size = (uint64_t)st.st_size;
    out->allocated = (uint64_t)st.st_blocks * 512;
}

enum rc segs_list(struct segs *s, struct seg_info **list_out, size_t *n_out, struct err *e)
{
    enum rc rc = RC_OK;

    pthread_mutex_lock(&s->lock);
    *n_out = s->n;
    *list_out = calloc(s->n + 1, sizeof **list_out);
    if (!*list_out)
        rc = err_set(e, RC_TEMP, "store: out of memory");
    for (size_t i = 0; rc == RC_OK && i < s->n; i++)
        look(s, s->list[i], &(*list_out)[i]);
    pthread_mutex_unlock(&s->lock);
    return rc;
}

enum rc seg_pread(const struct seg *g, uint64_t off, uint64_t n, struct buf *out, struct err *e)
{
    size_t end = out->n + (size_t)n;
    enum rc rc = buf_reserve(out, (size_t)n, e);

    while (rc == RC_OK && out->n < end) {
        ssize_t got = os_seg_pread(g->fd, out->p + out->n, end - out->n, (off_t)off);

        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0) {
            log_ev(LOG_ERROR_, "store-damaged", "segment=%08x at=%llu errno=%d", (unsigned)g->id.number,
                   (unsigned long long)off, got < 0 ? errno : 0);
            rc = err_set(e, RC_CORRUPT, "store: segment %08x: nothing can be read at %llu", (unsigned)g->id.number,
                         (unsigned long long)off);
        } else {
            out->n += (size_t)got;
            off += (uint64_t)got;
        }
    }
    return rc;
}

enum rc seg_read(struct segs *s, uint32_t number, uint64_t off, uint64_t n, struct buf *out, struct err *e)
{
    struct seg *g;
    enum rc rc = seg_hold(s, number, &g, e);

    if (rc != RC_OK)
        return rc;
    rc = seg_pread(g, off, n, out, e);
    seg_give(s, g);
    return rc;
}
