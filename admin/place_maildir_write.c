/* SPDX-License-Identifier: EUPL-1.2 */
/* admin/place_maildir_write.c - a Maildir written: folders made, messages put in by way of tmp, so that a file in cur is whole whenever this is cut off.
 * Files are the caller's alone (0600, 0700): they are mail in clear. */
#include "admin/place_maildir_int.h"
#include "base/clock.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- folders ---- */
static enum rc make_dir(const char *path, const char *sub, struct err *e)
{
    struct buf name = BUF_SECRET_INIT;
    enum rc rc = RC_OK;

    buf_addf(&name, "%s%s%s", path, sub[0] != '\0' ? "/" : "", sub);
    if (mkdir(buf_cstr(&name), 0700) != 0 && errno != EEXIST)
        rc = err_sys(e, RC_PERM, "a folder cannot be made in %.200s", path);
    buf_free(&name);
    return rc;
}

/* The disk's fault or that of this folder? */
static enum rc rc_of_write(int error)
{
    static const int folders[] = {EACCES, EPERM, ENOENT, ENOTDIR, EISDIR, ELOOP, ENAMETOOLONG};

    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
        if (folders[i] == error)
            return RC_DENIED;
    return RC_TEMP;
}

/* One line more of a small file of the Maildir, written anew beside it and put in its place. */
static enum rc add_line(const char *dir, const char *file, struct span line, struct err *e)
{
    struct buf text = BUF_SECRET_INIT, to = BUF_SECRET_INIT, fresh = BUF_SECRET_INIT;
    enum rc rc = maildir_lines(dir, file, &text, e);
    int fd;

    if (rc != RC_OK && rc != RC_NOTFOUND) { /* what is in it would be lost */
        buf_free(&text);
        return rc;
    }
    rc = RC_OK;
    buf_addf(&text, "%.*s\n", SPAN_ARG(line));
    buf_addf(&to, "%s/%s", dir, file);
    buf_addf(&fresh, "%s/.%s.new", dir, file);
    fd = open(buf_cstr(&fresh), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0 || write(fd, text.p, text.n) != (ssize_t)text.n || fsync(fd) != 0 ||
        rename(buf_cstr(&fresh), buf_cstr(&to)) != 0)
        rc = err_sys(e, rc_of_write(errno), "%.100s cannot be written in %.150s", file, dir);
    if (fd >= 0)
        close(fd);
    buf_free(&text);
    buf_free(&to);
    buf_free(&fresh);
    return rc;
}

static bool has_line(const char *dir, const char *file, struct span line)
{
    struct buf text = BUF_SECRET_INIT, framed = BUF_SECRET_INIT, wanted = BUF_SECRET_INIT;
    struct err e;
    bool found;

    (void)!maildir_lines(dir, file, &text, &e);
    buf_addf(&framed, "\n%.*s", SPAN_ARG(buf_span(&text)));
    buf_addf(&wanted, "\n%.*s\n", SPAN_ARG(line));
    found = span_find(buf_span(&framed), buf_span(&wanted)) >= 0;
    buf_free(&text);
    buf_free(&framed);
    buf_free(&wanted);
    return found;
}

static enum rc note_once(const char *dir, const char *file, struct span line, struct err *e)
{
    return has_line(dir, file, line) ? RC_OK : add_line(dir, file, line, e);
}

static enum rc note_folder(const struct maildir *m, const struct place_folder *f, struct err *e)
{
    struct buf line = BUF_SECRET_INIT;
    enum rc rc = RC_OK;

    if (f->role != SU_NONE && f->role != SU_INBOX) {
        buf_addf(&line, "%s %.*s", place_role_name(f->role), SPAN_ARG(f->name));
        rc = note_once(m->top, "pli-roles", buf_span(&line), e);
    }
    buf_clear(&line);
    for (size_t i = 0; i < f->name.n; i++)
        buf_addc(&line, f->name.p[i] == PLACE_SEP ? '.' : f->name.p[i]);
    if (rc == RC_OK && f->subscribed)
        rc = note_once(m->top, "subscriptions", buf_span(&line), e);
    buf_free(&line);
    return rc;
}

enum rc maildir_make(struct place *pl, const struct place_folder *f, struct err *e)
{
    static const char *const subs[] = {"", "tmp", "new", "cur"}; /* cur last: a folder that has it is whole */
    struct maildir *m = (struct maildir *)pl;
    struct buf path = BUF_SECRET_INIT;
    enum rc rc = RC_OK;

    maildir_path(m, f->name, &path);
    for (size_t i = 0; i < sizeof subs / sizeof *subs && rc == RC_OK; i++)
        rc = make_dir(buf_cstr(&path), subs[i], e);
    if (rc == RC_OK && !span_eq_str(f->name, "INBOX"))
        rc = note_once(buf_cstr(&path), "maildirfolder", SPAN_NULL, e); /* Maildir++: this is a folder of another */
    if (rc == RC_OK)
        rc = note_folder(m, f, e);
    buf_free(&path);
    return rc;
}

/* ---- messages ---- */
/* The keyword's letter; a new one is written down before a file has it. RC_QUOTA: all 26 are taken. */
static enum rc letter_of(struct maildir *m, const char *dir, struct span keyword, char *out, struct err *e)
{
    struct buf line = BUF_SECRET_INIT;
    size_t i = 0;
    enum rc rc;

    while (i < MAILDIR_KEYWORDS && m->keywords[i] != NULL && !span_ieq_str(keyword, m->keywords[i]))
        i++;
    if (i == MAILDIR_KEYWORDS)
        return err_set(e, RC_QUOTA, "a Maildir folder has letters for %d keywords, and they are taken",
                       MAILDIR_KEYWORDS);
    *out = (char)('a' + i);
    if (m->keywords[i] != NULL)
        return RC_OK;
    buf_addf(&line, "%zu %.*s", i, SPAN_ARG(keyword));
    rc = add_line(dir, "dovecot-keywords", buf_span(&line), e);
    if (rc == RC_OK)
        m->keywords[i] = span_dup(keyword);
    buf_free(&line);
    return rc;
}

static int by_letter(const void *a, const void *b)
{
    return *(const char *)a - *(const char *)b;
}

/* ":2,FSab", the letters in ASCII order. A keyword for which no letter is left stays behind; the message does not. */
static enum rc info_of(struct maildir *m, const char *dir, const struct letter *l, struct buf *out, struct err *e)
{
    static const struct {
        uint32_t bit;
        char letter;
    } known[] = {{MF_DRAFT, 'D'}, {MF_FLAGGED, 'F'}, {MF_ANSWERED, 'R'}, {MF_SEEN, 'S'}, {MF_DELETED, 'T'}};
    char letters[8 + MAILDIR_KEYWORDS], letter = 0;
    size_t n = 0, lower;
    enum rc rc = RC_OK;

    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (l->flags & known[i].bit)
            letters[n++] = known[i].letter;
    lower = n;
    for (struct span rest = l->keywords; rest.n > 0 && rc == RC_OK;) {
        ptrdiff_t end = span_chr(rest, ' ');
        struct span one = span_head(rest, end < 0 ? rest.n : (size_t)end);
        rc = letter_of(m, dir, one, &letter, e);
        if (rc == RC_OK)
            letters[n++] = letter;
        if (rc == RC_QUOTA) {
            buf_addf(&m->is.left, "%.*s ", SPAN_ARG(one));
            rc = RC_OK;
        }
        rest = span_from(rest, end < 0 ? rest.n : (size_t)end + 1);
    }
    qsort(letters + lower, n - lower, 1, by_letter);
    buf_addf(out, ":2,%.*s", (int)n, letters);
    return rc;
}

static bool put(int fd, struct span s)
{
    while (s.n > 0) {
        ssize_t n = write(fd, s.p, s.n);
        if (n <= 0)
            return false;
        s = span_from(s, (size_t)n);
    }
    return true;
}

/* With LF, as files of this system have it, where that loses nothing; else as it is. */
static bool put_message(int fd, struct span octets)
{
    struct buf lf = BUF_SECRET_INIT;
    bool done;

    if (!place_lf_tells_all(octets))
        return put(fd, octets);
    for (size_t i = 0; i < octets.n; i++)
        if (octets.p[i] != '\r')
            buf_addc(&lf, octets.p[i]);
    done = put(fd, buf_span(&lf));
    buf_free(&lf);
    return done;
}

static enum rc file_it(const char *tmp, const char *cur, const struct letter *l, struct err *e)
{
    struct timespec times[2] = {{.tv_sec = l->date}, {.tv_sec = l->date}};
    int fd = open(tmp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    bool done =
        fd >= 0 && put_message(fd, l->octets) && futimens(fd, times) == 0 && fsync(fd) == 0 && rename(tmp, cur) == 0;
    enum rc rc = done ? RC_OK : err_sys(e, rc_of_write(errno), "a message cannot be written");

    if (fd >= 0)
        close(fd);
    if (!done)
        unlink(tmp);
    return rc;
}

enum rc maildir_add(struct place *pl, struct span folder, const struct letter *l, struct err *e)
{
    struct maildir *m = (struct maildir *)pl;
    struct buf dir = BUF_SECRET_INIT, info = BUF_SECRET_INIT, tmp = BUF_SECRET_INIT, cur = BUF_SECRET_INIT;
    enum rc rc;

    buf_clear(&m->is.left);
    rc = maildir_keywords_load(m, folder, e);
    maildir_path(m, folder, &dir);
    if (rc == RC_OK)
        rc = info_of(m, buf_cstr(&dir), l, &info, e);
    m->serial++;
    for (int i = 0; i < 2; i++)
        buf_addf(i == 0 ? &tmp : &cur, "%s/%s/%lld.P%dQ%uM%lld.pli%s", buf_cstr(&dir), i == 0 ? "tmp" : "cur",
                 (long long)l->date, (int)getpid(), m->serial, (long long)clock_utc_ms(),
                 i == 0 ? "" : buf_cstr(&info));
    if (rc == RC_OK)
        rc = file_it(buf_cstr(&tmp), buf_cstr(&cur), l, e);
    buf_free(&dir);
    buf_free(&info);
    buf_free(&tmp);
    buf_free(&cur);
    return rc;
}
