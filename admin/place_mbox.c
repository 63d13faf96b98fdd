/* SPDX-License-Identifier: EUPL-1.2 */
/* admin/place_mbox.c - mbox files read (RFC 4155, the "mboxrd" form: ">From " loses one ">"), one or a folder of them.
 *
 * Message  begins at a line "From " that stands first or behind an empty line and ends with a date. What stands before the first one is no message, and is
 *          named. Fields that mail programs keep for themselves in an mbox (Status, X-Status, X-Keywords, X-Mozilla-Status ...) become flags and are left out.
 * Memory   the file is mapped, one message at a time is made of it. A file that is cut short meanwhile ends the process with one line.
 */
#include "admin/place.h"
#include "admin/place_maildir_int.h"
#include "base/ascii.h"
#include "proto/imap/name.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { DEEPEST = 32 };
struct mbox {
    struct place is;
    char *path;
    struct buf into; /* the folder that a single file is */
    bool tree;
};

/* ---- lines ---- */
static struct span line_of(struct span rest) /* with its end */
{
    ptrdiff_t end = span_chr(rest, '\n');

    return span_head(rest, end < 0 ? rest.n : (size_t)end + 1);
}

/* "From sender Thu Jan  1 00:00:00 1970", some with a zone before or behind the year. */
static bool postmark(struct span line, int64_t *date_out)
{
    char text[128];
    struct tm t;
    const char *at;

    if (line.n < 10 || line.n >= sizeof text || memcmp(line.p, "From ", 5) != 0)
        return false;
    memcpy(text, line.p, line.n);
    text[line.n] = '\0';
    for (at = text + 5; at != NULL && *at != '\0'; at = strchr(at, ' ') != NULL ? strchr(at, ' ') + 1 : NULL) {
        const char *end;
        memset(&t, 0, sizeof t);
        end = strptime(at, "%a %b %d %H:%M:%S", &t);
        if (end == NULL)
            continue;
        for (; *end != '\0'; end++) /* the year: four digits somewhere behind */
            if (ascii_is_digit((unsigned char)end[0]) && strspn(end, "0123456789") == 4 && (end[-1] == ' ')) {
                t.tm_year = (int)strtol(end, NULL, 10) - 1900;
                *date_out = (int64_t)timegm(&t);
                return true;
            }
    }
    return false;
}

/* The next message behind its postmark; *rest goes to the one after. */
static struct span message_of(struct span *rest)
{
    struct span all = *rest, s = all;
    bool empty = false;
    int64_t date;

    while (s.n > 0) {
        struct span line = line_of(s);
        if (empty && postmark(line, &date))
            break;
        empty = line.n == 1 || (line.n == 2 && line.p[0] == '\r');
        s = span_from(s, line.n);
    }
    *rest = s;
    all = span_head(all, all.n - s.n);
    if (empty) /* the empty line that ends it in the file */
        all.n -= all.n > 1 && all.p[all.n - 2] == '\r' ? 2 : 1;
    return all;
}

/* ---- a message made of it ---- */
struct marks {
    uint32_t flags;
    struct buf keywords;
    bool not_mail; /* "DON'T DELETE THIS MESSAGE": a mail program's own */
};

static void marks_status(struct span v, struct marks *m)
{
    m->flags |= span_chr(v, 'R') >= 0 ? MF_SEEN : 0;
}

static void marks_x_status(struct span v, struct marks *m)
{
    static const char letters[] = "AFDT";
    static const uint32_t bits[] = {MF_ANSWERED, MF_FLAGGED, MF_DELETED, MF_DRAFT};

    for (size_t i = 0; i < 4; i++)
        m->flags |= span_chr(v, (unsigned char)letters[i]) >= 0 ? bits[i] : 0;
}

static void marks_keywords(struct span v, struct marks *m)
{
    while ((v = span_trim(v)).n > 0) {
        ptrdiff_t end = span_chr(v, ' ');
        struct span one = span_head(v, end < 0 ? v.n : (size_t)end);
        place_keywords_add(&m->keywords, one);
        v = span_from(v, one.n);
    }
}

static void
marks_mozilla(struct span v,
              struct marks *m) /* nsMsgMessageFlags: read 1, replied 2, marked 4, expunged 8, forwarded 0x1000 */
{
    char text[16];
    unsigned long bits;

    snprintf(text, sizeof text, "%.*s", SPAN_ARG(span_head(v, 8)));
    bits = strtoul(text, NULL, 16);
    m->flags |= (bits & 1 ? MF_SEEN : 0) | (bits & 2 ? MF_ANSWERED : 0) | (bits & 4 ? MF_FLAGGED : 0) |
                (bits & 8 ? MF_DELETED : 0);
    if (bits & 0x1000)
        place_keywords_add(&m->keywords, SPAN_LIT("$Forwarded"));
}

static void marks_imap(struct span v, struct marks *m)
{
    (void)v;
    m->not_mail = true;
}

static void marks_none(struct span v, struct marks *m)
{
    (void)v;
    (void)m;
}

static const struct {
    const char *name;
    void (*take)(struct span value, struct marks *m);
} own_fields[] = {
    {"Status:", marks_status},
    {"X-Status:", marks_x_status},
    {"X-Keywords:", marks_keywords},
    {"X-Mozilla-Keys:", marks_keywords},
    {"X-Mozilla-Status:", marks_mozilla},
    {"X-Mozilla-Status2:", marks_none},
    {"X-UID:", marks_none},
    {"X-IMAPbase:", marks_none},
    {"X-IMAP:", marks_imap},
    {"Content-Length:", marks_none},
};

static bool own_field(struct span line, struct marks *m)
{
    for (size_t i = 0; i < sizeof own_fields / sizeof *own_fields; i++)
        if (span_istarts(line, own_fields[i].name)) {
            own_fields[i].take(span_trim(span_from(line, strlen(own_fields[i].name))), m);
            return true;
        }
    return false;
}

/* One ">" less before "From ". */
static struct span unquoted(struct span line)
{
    size_t n = 0;

    while (n < line.n && line.p[n] == '>')
        n++;
    return n > 0 && line.n - n >= 5 && memcmp(line.p + n, "From ", 5) == 0 ? span_from(line, 1) : line;
}

static void unfile(struct span raw, struct buf *out, struct marks *m)
{
    bool header = true, dropped = false;

    while (raw.n > 0) {
        struct span line = line_of(raw);
        bool folded = line.p[0] == ' ' || line.p[0] == '\t';

        raw = span_from(raw, line.n);
        header = header && span_trim(line).n > 0;
        if (header && !folded)
            dropped = own_field(line, m);
        if (!header || !dropped)
            buf_addspan(out, unquoted(line));
    }
}

static enum rc one_message(struct span raw, int64_t date, const char *where, const struct reading *r, struct err *e)
{
    struct buf text = BUF_SECRET_INIT, octets = BUF_SECRET_INIT;
    struct marks m = {.keywords = BUF_SECRET_INIT};
    struct letter l = {.date = date, .where = where};
    char why[100];
    enum rc rc = RC_OK;

    if (r->limit > 0 && raw.n > r->limit) {
        snprintf(why, sizeof why, "%zu octets are more than the %llu that are taken", raw.n,
                 (unsigned long long)r->limit);
        r->refuse(where, why, r->ctx);
        return RC_OK;
    }
    unfile(raw, &text, &m);
    place_crlf(buf_span(&text), &octets);
    l.octets = buf_span(&octets);
    l.flags = m.flags;
    l.keywords = buf_span(&m.keywords);
    if (!m.not_mail)
        rc = r->see(&l, r->ctx, e);
    buf_free(&text);
    buf_free(&octets);
    buf_free(&m.keywords);
    return rc;
}

/* ---- a file ---- */
struct map {
    const void *p;
    size_t n;
};

/* Whoever shortens the file while it is read takes its pages away. What was brought is there already; the same command goes on. */
static void cut_short(int signal)
{
    static const char line[] =
        "pli: the mbox file was cut short while it was read: call this again when nobody writes to it\n";

    (void)signal;
    (void)!write(2, line, sizeof line - 1);
    _exit(1);
}

static enum rc map_file(const char *path, struct map *out, struct err *e)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
    struct stat st;
    enum rc rc = RC_OK;

    *out = (struct map){NULL, 0};
    if (fd < 0)
        return err_sys(e, errno == ENOENT ? RC_NOTFOUND : RC_PERM, "%.200s cannot be opened", path);
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
        rc = err_set(e, RC_PERM, "%.200s is no plain file", path);
    else if (st.st_size > 0) {
        (void)signal(SIGBUS, cut_short);
        out->p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
        out->n = (size_t)st.st_size;
        if (out->p == MAP_FAILED)
            rc = err_sys(e, RC_TEMP, "%.200s cannot be read", path);
    }
    close(fd);
    return rc;
}

static void unmap(struct map *m)
{
    if (m->p != NULL && m->p != MAP_FAILED)
        munmap((void *)(uintptr_t)m->p, m->n);
}

static void path_of(const struct mbox *m, struct span folder, struct buf *out)
{
    buf_addstr(out, m->path);
    for (bool first = true; m->tree && folder.n > 0; first = false) {
        ptrdiff_t sep = span_chr(folder, PLACE_SEP);
        size_t at = out->n;
        struct err e;

        buf_addstr(out, first ? "/" : ".sbd/");
        if (imap_utf7_decode(span_head(folder, sep < 0 ? folder.n : (size_t)sep), out, &e) != RC_OK)
            buf_cut(out, at);
        folder = span_from(folder, sep < 0 ? folder.n : (size_t)sep + 1);
    }
    (void)buf_cstr(out);
}

/* see NULL: counted. */
static enum rc each_message(struct span all, const struct reading *r, uint64_t *n_out, struct err *e)
{
    struct span first = line_of(all), rest = all;
    char where[48];
    uint64_t n = 0;
    int64_t date = 0;
    enum rc rc = RC_OK;

    if (all.n > 0 && !postmark(first, &date)) {
        (void)message_of(&rest);
        if (r != NULL)
            r->refuse("its beginning",
                      "no message begins there (\"From \" and a date): all before the first that does is left out",
                      r->ctx);
    }
    while (rest.n > 0 && rc == RC_OK) {
        struct span line = line_of(rest), raw;
        (void)postmark(line, &date);
        rest = span_from(rest, line.n);
        raw = message_of(&rest);
        snprintf(where, sizeof where, "message %llu", (unsigned long long)++n);
        if (r != NULL)
            rc = one_message(raw, date, where, r, e);
    }
    *n_out = n;
    return rc;
}

static enum rc with_file(struct place *pl, struct span folder, const struct reading *r, uint64_t *n_out,
                         uint64_t *octets_out, struct err *e)
{
    struct buf path = BUF_SECRET_INIT;
    struct map map;
    enum rc rc;

    path_of((struct mbox *)pl, folder, &path);
    rc = map_file(buf_cstr(&path), &map, e);
    if (rc == RC_OK)
        rc = each_message(span_of(map.p, map.n), r, n_out, e);
    *octets_out = map.n;
    unmap(&map);
    buf_free(&path);
    return rc;
}

static enum rc count(struct place *pl, struct span folder, uint64_t *messages_out, uint64_t *octets_out, struct err *e)
{
    *messages_out = 0;
    return with_file(pl, folder, NULL, messages_out, octets_out, e);
}

static enum rc read_folder(struct place *pl, struct span folder, const struct reading *r, struct err *e)
{
    uint64_t n, octets;

    return with_file(pl, folder, r, &n, &octets, e);
}

/* ---- the folders ---- */
static bool looks_like_mbox(const char *path)
{
    char head[5];
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
    bool is = fd >= 0 && read(fd, head, sizeof head) == sizeof head && memcmp(head, "From ", 5) == 0;

    if (fd >= 0)
        close(fd);
    return is;
}

struct walk {
    enum rc (*see)(const struct place_folder *f, void *ctx, struct err *e);
    void *ctx;
};

static enum rc tree(const struct walk *w, const char *dir, struct span above, int depth, struct err *e);

static enum rc one_entry(const struct walk *w, const char *dir, struct span above, const char *entry, int depth,
                         struct err *e)
{
    struct buf path = BUF_SECRET_INIT, name = BUF_SECRET_INIT;
    size_t n = strlen(entry);
    bool below = n > 4 && strcmp(entry + n - 4, ".sbd") == 0;
    enum rc rc = RC_OK;
    struct stat st;

    buf_addf(&path, "%s/%s", dir, entry);
    buf_addspan(&name, above);
    if (above.n > 0)
        buf_addc(&name, PLACE_SEP);
    imap_utf7_encode(span_of(entry, below ? n - 4 : n), &name);
    if (lstat(buf_cstr(&path), &st) != 0)
        rc = RC_OK;
    else if (S_ISDIR(st.st_mode) && below && depth < DEEPEST)
        rc = tree(w, buf_cstr(&path), buf_span(&name), depth + 1, e);
    else if (S_ISREG(st.st_mode) && looks_like_mbox(buf_cstr(&path)))
        rc = w->see(&(struct place_folder){.name = span_ieq_str(buf_span(&name), "INBOX") ? SPAN_LIT("INBOX")
                                                                                          : buf_span(&name)},
                    w->ctx, e);
    buf_free(&path);
    buf_free(&name);
    return rc;
}

static int alphabetical(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static enum rc tree(const struct walk *w, const char *dir, struct span above, int depth, struct err *e)
{
    struct dirent **list;
    int n = scandir(dir, &list, NULL, alphabetical);
    enum rc rc = n < 0 ? err_sys(e, RC_PERM, "%.200s cannot be read", dir) : RC_OK;

    for (int i = 0; i < n; i++) {
        if (rc == RC_OK && list[i]->d_name[0] != '.')
            rc = one_entry(w, dir, above, list[i]->d_name, depth, e);
        free(list[i]);
    }
    if (n >= 0)
        free(list);
    return rc;
}

static enum rc folders(struct place *pl, enum rc (*see)(const struct place_folder *f, void *ctx, struct err *e),
                       void *ctx, struct err *e)
{
    struct mbox *m = (struct mbox *)pl;
    struct walk w = {see, ctx};

    return m->tree ? tree(&w, m->path, SPAN_NULL, 0, e)
                   : see(&(struct place_folder){.name = buf_span(&m->into)}, ctx, e);
}

static void leave(struct place *pl)
{
    struct mbox *m = (struct mbox *)pl;

    buf_free(&m->into);
    free(m->path);
    free(m);
}

static const struct place_ops mbox_ops = {folders, count, read_folder, NULL, NULL, leave};

static enum rc any_folder(const struct place_folder *f, void *ctx, struct err *e)
{
    (void)f;
    (void)e;
    *(bool *)ctx = true;
    return RC_OK;
}

enum rc place_mbox(const char *path, struct span into, struct place **out, struct err *e)
{
    struct mbox *m;
    struct stat st;
    bool any = false;
    enum rc rc;

    if (stat(path, &st) != 0)
        return err_sys(e, RC_NOTFOUND, "%.200s cannot be read", path);
    m = calloc(1, sizeof *m);
    if (m == NULL)
        die("out of memory");
    m->is.ops = &mbox_ops;
    m->path = span_dup(span_str(path));
    m->tree = S_ISDIR(st.st_mode);
    if (into.n > 0)
        imap_utf7_encode(into, &m->into);
    else
        buf_addstr(&m->into, "INBOX");
    rc = m->tree ? folders(&m->is, any_folder, &any, e) : RC_OK;
    if (rc == RC_OK && !any && (m->tree || !looks_like_mbox(path)))
        rc = err_set(e, RC_SYNTAX, "%.200s is neither a Maildir nor an mbox", path);
    if (rc == RC_OK)
        *out = &m->is;
    else
        leave(&m->is);
    return rc;
}

enum rc place_files(const char *path, struct span into, struct place **out, struct err *e)
{
    struct stat st;
    enum rc rc;

    if (stat(path, &st) == 0 && S_ISDIR(st.st_mode)) {
        rc = place_maildir(path, false, out, e);
        if (rc != RC_SYNTAX)
            return rc;
    }
    return place_mbox(path, into, out, e);
}
