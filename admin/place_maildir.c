/* SPDX-License-Identifier: EUPL-1.2 */
/* admin/place_maildir.c - a Maildir found and read: its folders, and the messages of one. See admin/place_maildir_int.h. */
#include "admin/place_maildir_int.h"
#include "base/ascii.h"
#include "proto/imap/name.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DEEPEST = 32 };

/* ---- where a folder lies ---- */
static bool is_dir(const char *path)
{
    struct stat st;

    return lstat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static bool holds(const char *dir, const char *name)
{
    struct buf path = BUF_INIT;
    bool there;

    buf_addf(&path, "%s/%s", dir, name);
    there = is_dir(buf_cstr(&path));
    buf_free(&path);
    return there;
}

/* A dot in a level would divide it: modified UTF-7 writes it otherwise, which no reader of ours takes for another name. */
static void plus_level(struct buf *out, struct span level)
{
    for (size_t i = 0; i < level.n; i++)
        if (level.p[i] == '.' || level.p[i] == '/')
            buf_addstr(out, level.p[i] == '.' ? "&AC4-" : "&AC8-");
        else
            buf_addc(out, level.p[i]);
}

static void plus_path(const struct maildir *m, struct span folder, struct buf *out)
{
    buf_addstr(out, m->top);
    if (span_eq_str(folder, "INBOX")) {
        (void)buf_cstr(out);
        return;
    }
    buf_addstr(out, "/.");
    while (folder.n > 0) {
        ptrdiff_t sep = span_chr(folder, PLACE_SEP);
        plus_level(out, span_head(folder, sep < 0 ? folder.n : (size_t)sep));
        if (sep >= 0)
            buf_addc(out, '.');
        folder = span_from(folder, sep < 0 ? folder.n : (size_t)sep + 1);
    }
    (void)buf_cstr(out);
}

void maildir_path(const struct maildir *m, struct span folder, struct buf *out)
{
    plus_path(m, folder, out);
    if (m->made || holds(buf_cstr(out), "cur"))
        return;
    buf_clear(out); /* folders in folders */
    buf_addf(out, "%s/", m->top);
    for (size_t i = 0; i < folder.n; i++)
        buf_addc(out, folder.p[i] == PLACE_SEP ? '/' : folder.p[i]);
    (void)buf_cstr(out);
}

/* ---- small files of a Maildir ---- */
enum rc maildir_lines(const char *top, const char *file, struct buf *out, struct err *e)
{
    int dir = open(top, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    enum rc rc = dir < 0 ? err_sys(e, RC_NOTFOUND, "%.200s cannot be opened", top)
                         : place_file(dir, file, 1 << 20, out, NULL, e);

    if (dir >= 0)
        close(dir);
    return rc;
}

static struct span next_line(struct span *rest)
{
    ptrdiff_t end = span_chr(*rest, '\n');
    struct span line = span_head(*rest, end < 0 ? rest->n : (size_t)end);

    *rest = span_from(*rest, end < 0 ? rest->n : (size_t)end + 1);
    return line;
}

enum rc maildir_keywords_load(struct maildir *m, struct span folder, struct err *e)
{
    struct buf path = BUF_INIT, text = BUF_INIT;
    struct span rest, line;
    enum rc rc;
    char *end;

    if (m->opened.n > 0 && span_eq(buf_span(&m->opened), folder))
        return RC_OK;
    buf_clear(&m->opened);
    buf_addspan(&m->opened, folder);
    for (size_t i = 0; i < MAILDIR_KEYWORDS; i++) {
        free(m->keywords[i]);
        m->keywords[i] = NULL;
    }
    maildir_path(m, folder, &path);
    rc = maildir_lines(buf_cstr(&path), "dovecot-keywords", &text, e);
    (void)buf_cstr(&text);
    for (rest = buf_span(&text); rest.n > 0;) {
        line = next_line(&rest);
        unsigned long at = strtoul((const char *)line.p, &end, 10);
        size_t skip = (size_t)(end - (const char *)line.p) + 1;
        if (at < MAILDIR_KEYWORDS && *end == ' ' && skip < line.n && m->keywords[at] == NULL)
            m->keywords[at] = span_dup(span_from(line, skip));
    }
    buf_free(&path);
    buf_free(&text);
    return rc == RC_NOTFOUND ? RC_OK : rc;
}

static enum store_special role_of(const struct maildir *m, struct span folder)
{
    struct buf text = BUF_INIT;
    enum store_special role = SU_NONE;
    struct span rest, line;
    struct err e;

    (void)!maildir_lines(m->top, "pli-roles", &text, &e);
    for (rest = buf_span(&text); rest.n > 0 && role == SU_NONE;) {
        line = next_line(&rest);
        ptrdiff_t sp = span_chr(line, ' ');
        if (sp > 0 && span_eq(span_from(line, (size_t)sp + 1), folder))
            role = place_role_named(span_head(line, (size_t)sp));
    }
    buf_free(&text);
    return role;
}

/* Dovecot's list of subscriptions, in its first form (a name a line) or its second ("V\t2", then levels divided by tabs). */
static bool subscribed(const struct maildir *m, struct span folder)
{
    struct buf text = BUF_INIT, dotted = BUF_INIT, tabbed = BUF_INIT;
    bool found = false;
    struct err e;

    for (size_t i = 0; i < folder.n; i++) {
        buf_addc(&dotted, folder.p[i] == PLACE_SEP ? '.' : folder.p[i]);
        buf_addc(&tabbed, folder.p[i] == PLACE_SEP ? '\t' : folder.p[i]);
    }
    (void)!maildir_lines(m->top, "subscriptions", &text, &e);
    for (struct span rest = buf_span(&text); rest.n > 0 && !found;) {
        struct span line = next_line(&rest);
        found = span_eq(line, buf_span(&dotted)) || span_eq(line, buf_span(&tabbed));
    }
    buf_free(&text);
    buf_free(&dotted);
    buf_free(&tabbed);
    return found;
}

/* ---- the folders ---- */
struct walk {
    struct maildir *m;
    enum rc (*see)(const struct place_folder *f, void *ctx, struct err *e);
    void *ctx;
};

static enum rc show(const struct walk *w, struct span name, struct err *e)
{
    struct place_folder f = {.name = name, .role = role_of(w->m, name), .subscribed = subscribed(w->m, name)};

    return w->see(&f, w->ctx, e);
}

/* A name of a file system, which may be UTF-8, as a level. */
static void add_level(struct buf *out, struct span name)
{
    bool plain = true;

    for (size_t i = 0; i < name.n; i++)
        plain = plain && name.p[i] < 0x80;
    if (plain)
        buf_addspan(out, name);
    else
        imap_utf7_encode(name, out);
}

/* ".A.B" */
static void plus_name(struct span file, struct buf *out)
{
    file = span_from(file, 1);
    while (file.n > 0) {
        ptrdiff_t dot = span_chr(file, '.');
        struct span level = span_head(file, dot < 0 ? file.n : (size_t)dot);

        while (level.n > 0) { /* what plus_level() wrote for a dot or a slash in a name */
            bool was_dot = span_istarts(level, "&AC4-"), was_slash = span_istarts(level, "&AC8-");
            if (was_dot || was_slash)
                buf_addc(out, was_dot ? '.' : '/');
            else
                add_level(out, level.p[0] < 0x80 ? span_head(level, 1) : level);
            level = was_dot || was_slash ? span_from(level, 5) : span_from(level, level.p[0] < 0x80 ? 1 : level.n);
        }
        if (dot >= 0)
            buf_addc(out, PLACE_SEP);
        file = span_from(file, dot < 0 ? file.n : (size_t)dot + 1);
    }
}

static int alphabetical(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static enum rc nested(const struct walk *w, const char *dir, struct span above, int depth, struct err *e);

static enum rc one_entry(const struct walk *w, const char *dir, struct span above, const char *entry, int depth,
                         struct err *e)
{
    struct buf name = BUF_SECRET_INIT, path = BUF_SECRET_INIT;
    bool plus = entry[0] == '.', box;
    enum rc rc = RC_OK;

    buf_addf(&path, "%s/%s", dir, entry);
    box = holds(buf_cstr(&path), "cur");
    buf_addspan(&name, above);
    if (plus && above.n == 0 && box)
        plus_name(span_str(entry), &name);
    else if (!plus && strcmp(entry, "cur") != 0 && strcmp(entry, "new") != 0 && strcmp(entry, "tmp") != 0) {
        if (above.n > 0)
            buf_addc(&name, PLACE_SEP);
        add_level(&name, span_str(entry));
    } else {
        box = false;
    }
    if (box && name.n > above.n)
        rc = show(w, buf_span(&name), e);
    if (rc == RC_OK && !plus && name.n > above.n && is_dir(buf_cstr(&path)) && depth < DEEPEST)
        rc = nested(w, buf_cstr(&path), buf_span(&name), depth + 1, e);
    buf_free(&name);
    buf_free(&path);
    return rc;
}

static enum rc nested(const struct walk *w, const char *dir, struct span above, int depth, struct err *e)
{
    struct dirent **list;
    int n = scandir(dir, &list, NULL, alphabetical);
    enum rc rc = n < 0 ? err_sys(e, RC_PERM, "%.200s cannot be read", dir) : RC_OK;

    for (int i = 0; i < n; i++) {
        const char *name = list[i]->d_name;
        if (rc == RC_OK && strcmp(name, ".") != 0 && strcmp(name, "..") != 0)
            rc = one_entry(w, dir, above, name, depth, e);
        free(list[i]);
    }
    if (n >= 0)
        free(list);
    return rc;
}

static enum rc folders(struct place *pl, enum rc (*see)(const struct place_folder *f, void *ctx, struct err *e),
                       void *ctx, struct err *e)
{
    struct maildir *m = (struct maildir *)pl;
    struct walk w = {m, see, ctx};
    enum rc rc = holds(m->top, "cur") ? show(&w, SPAN_LIT("INBOX"), e) : RC_OK;

    return rc == RC_OK ? nested(&w, m->top, SPAN_NULL, 0, e) : rc;
}

/* ---- the messages ---- */
static void flags_of(const struct maildir *m, const char *file, struct letter *l, struct buf *keywords)
{
    static const struct {
        char letter;
        uint32_t bit;
    } known[] = {{'S', MF_SEEN}, {'R', MF_ANSWERED}, {'F', MF_FLAGGED}, {'T', MF_DELETED}, {'D', MF_DRAFT}};
    const char *info = strstr(file, ":2,");

    for (const char *c = info != NULL ? info + 3 : ""; *c != '\0'; c++) {
        for (size_t i = 0; i < sizeof known / sizeof *known; i++)
            if (*c == known[i].letter)
                l->flags |= known[i].bit;
        if (*c == 'P')
            place_keywords_add(keywords, SPAN_LIT("$Forwarded"));
        if (ascii_is_lower((unsigned char)*c) && m->keywords[*c - 'a'] != NULL)
            place_keywords_add(keywords, span_str(m->keywords[*c - 'a']));
    }
}

/* A file that another program gave other flags meanwhile has the same name up to its ":2,". */
static bool renamed(int dir, const char *was, char now[256])
{
    size_t n = strcspn(was, ":");
    int again = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *d = again >= 0 ? fdopendir(again) : NULL;
    bool found = false;

    for (struct dirent *x; d != NULL && !found && (x = readdir(d)) != NULL;)
        if (strncmp(x->d_name, was, n) == 0 && (x->d_name[n] == ':' || x->d_name[n] == '\0')) {
            snprintf(now, 256, "%s", x->d_name);
            found = true;
        }
    if (d != NULL)
        closedir(d);
    return found;
}

static enum rc one_file(struct maildir *m, int dir, const char *file, const struct reading *r, struct err *e)
{
    struct buf raw = BUF_SECRET_INIT, octets = BUF_SECRET_INIT, keywords = BUF_SECRET_INIT;
    struct letter l = {.where = file};
    char now[256];
    struct err why;
    enum rc rc = place_file(dir, file, r->limit, &raw, &l.date, &why);

    if (rc == RC_NOTFOUND && renamed(dir, file, now)) {
        l.where = now;
        rc = place_file(dir, now, r->limit, &raw, &l.date, &why);
    }
    if (rc != RC_OK) {
        r->refuse(file, rc == RC_NOTFOUND ? "it went while it was to be read" : why.log, r->ctx);
        rc = RC_OK;
    } else {
        place_crlf(buf_span(&raw), &octets);
        flags_of(m, l.where, &l, &keywords);
        l.octets = buf_span(&octets);
        l.keywords = buf_span(&keywords);
        rc = r->see(&l, r->ctx, e);
    }
    buf_free(&raw);
    buf_free(&octets);
    buf_free(&keywords);
    return rc;
}

/* Every file of cur or new: r NULL counts them. */
static enum rc each_file(struct maildir *m, const char *path, const char *sub, const struct reading *r,
                         uint64_t sums[2], struct err *e)
{
    struct buf name = BUF_SECRET_INIT;
    struct dirent **list = NULL;
    struct stat st;
    enum rc rc = RC_OK;
    int dir, n;

    buf_addf(&name, "%s/%s", path, sub);
    dir = open(buf_cstr(&name), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    n = dir >= 0 ? scandirat(dir, ".", &list, NULL, alphabetical) : 0;
    if (n < 0 || (dir < 0 && errno != ENOENT))
        rc = err_sys(e, RC_PERM, "%.200s cannot be read", buf_cstr(&name));
    for (int i = 0; i < n; i++) {
        const char *file = list[i]->d_name;
        if (rc == RC_OK && file[0] != '.') {
            if (r != NULL)
                rc = one_file(m, dir, file, r, e);
            else if (fstatat(dir, file, &st, AT_SYMLINK_NOFOLLOW) == 0) {
                sums[0]++;
                sums[1] += (uint64_t)st.st_size;
            }
        }
        free(list[i]);
    }
    if (n >= 0)
        free(list);
    if (dir >= 0)
        close(dir);
    buf_free(&name);
    return rc;
}

static enum rc both(struct maildir *m, struct span folder, const struct reading *r, uint64_t sums[2], struct err *e)
{
    struct buf path = BUF_SECRET_INIT;
    enum rc rc;

    maildir_path(m, folder, &path);
    if (!holds(buf_cstr(&path), "cur"))
        rc = err_set(e, RC_NOTFOUND, "no such folder");
    else if ((rc = each_file(m, buf_cstr(&path), "cur", r, sums, e)) == RC_OK)
        rc = each_file(m, buf_cstr(&path), "new", r, sums, e);
    buf_free(&path);
    return rc;
}

static enum rc count(struct place *pl, struct span folder, uint64_t *messages_out, uint64_t *octets_out, struct err *e)
{
    uint64_t sums[2] = {0, 0};
    enum rc rc = both((struct maildir *)pl, folder, NULL, sums, e);

    *messages_out = sums[0];
    *octets_out = sums[1];
    return rc;
}

static enum rc read_folder(struct place *pl, struct span folder, const struct reading *r, struct err *e)
{
    struct err why;

    if (maildir_keywords_load((struct maildir *)pl, folder, &why) != RC_OK)
        r->refuse("its keywords", why.log, r->ctx);
    return both((struct maildir *)pl, folder, r, NULL, e);
}

/* ---- opened, closed ---- */
static void leave(struct place *pl)
{
    struct maildir *m = (struct maildir *)pl;

    for (size_t i = 0; i < MAILDIR_KEYWORDS; i++)
        free(m->keywords[i]);
    buf_free(&m->opened);
    buf_free(&m->is.left);
    free(m->top);
    free(m);
}

static const struct place_ops read_ops = {folders, count, read_folder, NULL, NULL, leave};
static const struct place_ops write_ops = {folders, count, read_folder, maildir_make, maildir_add, leave};

static enum rc any_folder(const struct place_folder *f, void *ctx, struct err *e)
{
    (void)f;
    (void)e;
    *(bool *)ctx = true;
    return RC_OK;
}

enum rc place_maildir(const char *dir, bool make, struct place **out, struct err *e)
{
    struct maildir *m;
    struct stat st;
    bool any = make;
    enum rc rc = RC_OK;

    if (make && mkdir(dir, 0700) != 0 && errno != EEXIST)
        return err_sys(e, RC_PERM, "%.200s cannot be made", dir);
    if (stat(dir, &st) != 0 || !S_ISDIR(st.st_mode)) /* what was named may be a link; nothing in it is followed */
        return err_set(e, RC_NOTFOUND, "%.200s is no folder", dir);
    m = calloc(1, sizeof *m);
    if (m == NULL)
        die("out of memory");
    m->is.ops = make ? &write_ops : &read_ops;
    m->top = span_dup(span_str(dir));
    m->made = make;
    if (!make)
        rc = folders(&m->is, any_folder, &any, e);
    if (rc == RC_OK && !any)
        rc = err_set(e, RC_SYNTAX, "%.200s is no Maildir: no folder in it holds cur", dir);
    if (rc == RC_OK)
        *out = &m->is;
    else
        leave(&m->is);
    return rc;
}
