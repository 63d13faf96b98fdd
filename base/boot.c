/* SPDX-License-Identifier: EUPL-1.2 */
/* base/boot.c - see base/boot.h. The text is small and comes from the supervisor. A line that is not understood means
 * that the installation is at fault (programs of two versions). So it ends the start with a message that says so. */
#include "base/boot.h"
#include "base/settings.h"
#include "base/wipe.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum { ENTRIES_MAX = 256, TEXT_MAX = 64 * 1024 };

struct entry {
    bool is_fd;
    char *name, *value; /* value: text, or the descriptor's number */
};
struct boot {
    struct entry e[ENTRIES_MAX];
    size_t n;
    int memfd;
};

struct boot *boot_new(void)
{
    struct boot *b = calloc(1, sizeof *b);

    if (!b)
        die("out of memory");
    b->memfd = memfd_create("pli-boot", 0); /* survives exec */
    if (b->memfd < 0)
        die("memfd_create failed (errno %d)", errno);
    return b;
}

static void add(struct boot *b, bool is_fd, struct span name, struct span value)
{
    if (b->n == ENTRIES_MAX)
        die("more than %d boot entries", ENTRIES_MAX);
    b->e[b->n++] = (struct entry){is_fd, span_dup(name), span_dup(value)};
}

static const struct entry *find(const struct boot *b, bool is_fd, const char *name)
{
    for (size_t i = b->n; i > 0; i--) /* the last one given counts */
        if (b->e[i - 1].is_fd == is_fd && strcmp(b->e[i - 1].name, name) == 0)
            return &b->e[i - 1];
    return NULL;
}

/* ---- the supervisor's side ---- */
static void write_line(struct boot *b, const char *verb, const char *name, const char *value)
{
    if (strpbrk(name, " \n") || !name[0] || strchr(value, '\n'))
        die("boot entry %s cannot hold a line break or an empty name", name);
    if (dprintf(b->memfd, "%s %s %s\n", verb, name, value) < 0)
        die("boot settings cannot be written (errno %d)", errno);
    add(b, verb[0] == 'f', span_str(name), span_str(value));
}

void boot_set(struct boot *b, const char *name, const char *value)
{
    write_line(b, "set", name, value);
}

void boot_give(struct boot *b, const char *name, int fd)
{
    char number[16];
    int flags = fcntl(fd, F_GETFD);

    if (flags < 0 || fcntl(fd, F_SETFD, flags & ~FD_CLOEXEC) < 0)
        die("descriptor %s (%d) cannot be given", name, fd);
    snprintf(number, sizeof number, "%d", fd);
    write_line(b, "fd", name, number);
}

int boot_memfd(const struct boot *b)
{
    return b->memfd;
}

void boot_free(struct boot **bp)
{
    struct boot *b = *bp;

    if (!b)
        return;
    *bp = NULL;
    for (size_t i = 0; i < b->n; i++) {
        free(b->e[i].name);
        free(b->e[i].value);
    }
    if (b->memfd >= 0)
        close(b->memfd);
    free(b);
}

/* ---- the daemon's side ---- */
static int fd_number(const char *text)
{
    uint64_t n;

    return span_u64(span_str(text), 1 << 20, &n) ? (int)n : -1;
}

static void take_fd(const char *name, const char *value)
{
    int fd = fd_number(value);

    if (fd < 0 || fcntl(fd, F_SETFD, FD_CLOEXEC) < 0)
        die("PLI_BOOT: descriptor %s (%s) is not open: start this program with pli serve", name, value);
}

static void take_line(struct boot *b, struct span line)
{
    ptrdiff_t a = span_chr(line, ' ');
    struct span verb = span_head(line, a < 0 ? line.n : (size_t)a);
    struct span rest = a < 0 ? SPAN_NULL : span_from(line, (size_t)a + 1);
    ptrdiff_t c = span_chr(rest, ' ');
    bool is_fd = span_eq_str(verb, "fd");

    if (c <= 0 || (!is_fd && !span_eq_str(verb, "set")))
        die("PLI_BOOT: line not understood: %.*s", SPAN_ARG(span_head(line, 80)));
    add(b, is_fd, span_head(rest, (size_t)c), span_from(rest, (size_t)c + 1));
    if (is_fd)
        take_fd(b->e[b->n - 1].name, b->e[b->n - 1].value);
}

static void read_whole(int fd, struct buf *text)
{
    struct err e;
    ssize_t got;

    buf_init_max(text, TEXT_MAX);
    do {
        if (buf_reserve(text, 4096, &e) != RC_OK)
            die("PLI_BOOT: more than %d bytes", TEXT_MAX);
        got = pread(fd, text->p + text->n, text->cap - text->n,
                    (off_t)text->n); /* the offset is shared with the supervisor */
        if (got < 0)
            die("PLI_BOOT: descriptor %d cannot be read (errno %d)", fd, errno);
        text->n += (size_t)got;
    } while (got > 0);
}

struct boot *boot_load(void)
{
    struct boot *b = calloc(1, sizeof *b);
    const char *where = getenv("PLI_BOOT");
    struct buf text = BUF_INIT;
    struct span rest;
    ptrdiff_t nl;

    if (!b)
        die("out of memory");
    if (!where || (b->memfd = fd_number(where)) < 0)
        die("PLI_BOOT is not set: this program is started by pli serve or by its service unit");
    read_whole(b->memfd, &text);
    for (rest = buf_span(&text); (nl = span_chr(rest, '\n')) >= 0; rest = span_from(rest, (size_t)nl + 1))
        take_line(b, span_head(rest, (size_t)nl));
    if (rest.n > 0)
        die("PLI_BOOT: last line is cut");
    buf_free(&text);
    close(b->memfd);
    b->memfd = -1;
    unsetenv("PLI_BOOT");
    return b;
}

/* The facts of a start. instance, run: folders. uid: the uid that this process takes; 0: it keeps its own. uid.NAME:
 * the uid of each other daemon. salvage: stored keeps what it can of a damaged store, and serves nobody. stored.locks,
 * stored.segment, stored.log_file: for tests only. */
static const char *const facts[] = {
    "instance",   "run",      "uid",          "uid.admin",      "uid.smtpd",      "uid.imapd",
    "uid.relayd", "uid.keyd", "uid.dird",     "uid.stored",     "uid.slapd",      "uid.httpd",
    "uid.pubd",   "salvage",  "stored.locks", "stored.segment", "stored.log_file"};

static const struct setting *setting_of(const char *name)
{
    const struct setting *s = setting_find(name);

    if (!s)
        bug("%s is no setting of base/settings.c", name);
    return s;
}

static int64_t number_of(const struct setting *s, const char *value)
{
    struct err e;
    int64_t n;

    if (setting_check(s, value, &n, &e) != RC_OK)
        die("%s", e.log);
    return n;
}

const char *boot_get(const struct boot *b, const char *setting)
{
    const struct setting *s = setting_of(setting);
    const struct entry *e = find(b, false, setting);

    return e ? e->value : s->def;
}

int64_t boot_num(const struct boot *b, const char *setting)
{
    return number_of(setting_of(setting), boot_get(b, setting));
}

const char *boot_given(const struct boot *b, const char *fact)
{
    const struct entry *e = find(b, false, fact);

    for (size_t i = 0; i < sizeof facts / sizeof *facts; i++)
        if (strcmp(facts[i], fact) == 0)
            return e ? e->value : NULL;
    bug("%s is nothing that the boot list says", fact);
}

int64_t boot_given_num(const struct boot *b, const char *fact)
{
    const struct setting plain = {fact, SET_INT, "0", 0, 0, SET_AT_START, NULL};
    const char *value = boot_given(b, fact);

    return value ? number_of(&plain, value) : -1;
}

int boot_fd(const struct boot *b, const char *name)
{
    const struct entry *e = find(b, true, name);

    return e ? fd_number(e->value) : -1;
}

void boot_secret(const struct boot *b, const char *name, void *p, size_t n)
{
    int fd = boot_fd(b, name);
    size_t have = 0;
    ssize_t got = 1;

    if (fd < 0)
        die("PLI_BOOT gives no %s", name);
    while (have < n && got > 0) {
        got = pread(fd, (char *)p + have, n - have, (off_t)have); /* several daemons may share its offset */
        if (got < 0 && errno == ESPIPE)
            got = read(fd, (char *)p + have, n - have);
        if (got > 0)
            have += (size_t)got;
    }
    close(fd);
    if (have < n)
        die("%s holds %zu bytes of %zu", name, have, n);
}
