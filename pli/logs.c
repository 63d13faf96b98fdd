/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/logs.c - see pli/logs.h. */
#include "pli/logs.h"
#include "pli/instance.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { KEPT_MOST = 99 /* log.keep */, READ_AT_ONCE = 1 << 20 };

/* ---- a line ---- */
/* Takes the word before the next space off the line. */
static struct span take_word(struct span *rest)
{
    ptrdiff_t space = span_chr(*rest, ' ');
    struct span word = span_head(*rest, space < 0 ? rest->n : (size_t)space);

    *rest = span_from(*rest, space < 0 ? rest->n : (size_t)space + 1);
    return word;
}

static bool take_pair(struct span *rest, struct span key, struct span *value_out)
{
    if (rest->n < key.n || memcmp(rest->p, key.p, key.n) != 0)
        return false;
    *value_out = span_from(take_word(rest), key.n);
    return true;
}

/* "smtpd[123]" */
static bool take_prog(struct span *rest, struct log_line *l)
{
    struct span word = take_word(rest);
    ptrdiff_t open = span_chr(word, '[');
    uint64_t pid;

    if (open <= 0 || word.p[word.n - 1] != ']' ||
        !span_u64(span_head(span_from(word, (size_t)open + 1), word.n - (size_t)open - 2), INT32_MAX, &pid))
        return false;
    l->prog = span_head(word, (size_t)open);
    l->pid = (long)pid;
    return true;
}

bool log_line_read(struct span line, struct log_line *out)
{
    struct log_line l = {.whole = line};
    struct span rest = line;

    l.when = take_word(&rest);
    if (l.when.n != sizeof "2026-11-21T10:00:00.123Z" - 1 || !take_prog(&rest, &l))
        return false;
    l.level = take_word(&rest);
    (void)take_pair(&rest, SPAN_LIT("sid="), &l.sid);
    (void)take_pair(&rest, SPAN_LIT("mid="), &l.mid);
    if (!take_pair(&rest, SPAN_LIT("ev="), &l.ev))
        return false;
    l.pairs = rest;
    if (l.mid.n == 0) /* said of one message by a process that has several in hand */
        (void)take_pair(&rest, SPAN_LIT("mid="), &l.mid);
    *out = l;
    return true;
}

/* Where the value that begins at at ends: at its closing quote, or at a space. */
static size_t value_end(struct span s, size_t at)
{
    char stop = at < s.n && s.p[at] == '"' ? '"' : ' ';

    for (at += stop == '"'; at < s.n && s.p[at] != (unsigned char)stop; at++)
        ;
    return at;
}

bool log_line_value(const struct log_line *l, const char *key, struct span *out)
{
    size_t n = strlen(key);

    for (size_t at = 0; at < l->pairs.n;) {
        struct span here = span_from(l->pairs, at);
        ptrdiff_t eq = span_chr(here, '=');
        size_t from, to;

        if (eq < 0)
            return false;
        from = at + (size_t)eq + 1;
        to = value_end(l->pairs, from);
        if ((size_t)eq == n && memcmp(here.p, key, n) == 0) {
            from += from < l->pairs.n && l->pairs.p[from] == '"';
            *out = span_head(span_from(l->pairs, from), to - from);
            return true;
        }
        at = to + 1 + (to < l->pairs.n && l->pairs.p[to] == '"');
    }
    return false;
}

bool log_line_names(struct span line, const char *name)
{
    size_t n = strlen(name);

    for (struct span at = line;;) {
        ptrdiff_t found = span_find(at, span_of(name, n));

        if (n == 0 || found < 0)
            return false;
        at = span_from(at, (size_t)found);
        if (at.p > line.p && strchr("=, ", at.p[-1]) && (at.n == n || strchr(", ", at.p[n])))
            return true;
        at = span_from(at, 1);
    }
}

/* ---- the files ---- */
static void note_time(struct logs_read *r, struct span line)
{
    struct log_line l;

    if (!r->oldest[0] && log_line_read(line, &l))
        snprintf(r->oldest, sizeof r->oldest, "%.*s", SPAN_ARG(l.when));
}

/* RC_NOTFOUND: no such file. *on: false once see() has enough. */
static enum rc read_file(const char *path, bool (*see)(struct span line, void *ctx), void *ctx, struct logs_read *r,
                         bool *on, struct err *e)
{
    FILE *f = fopen(path, "re");
    char *line = NULL;
    size_t cap = 0;
    ssize_t n;

    if (!f)
        return err_sys(e, errno == ENOENT ? RC_NOTFOUND : RC_PERM, "%s", path);
    setvbuf(f, NULL, _IOFBF, READ_AT_ONCE);
    r->files++;
    while (*on && (n = getline(&line, &cap, f)) > 0) {
        n -= line[n - 1] == '\n';
        line[n] = 0;
        note_time(r, span_of(line, (size_t)n));
        *on = see(span_of(line, (size_t)n), ctx);
    }
    free(line);
    fclose(f);
    return RC_OK;
}

/* What changes when the log is turned over: the youngest of the kept ones is another file, or longer. */
static void look_at_youngest(const char *root, struct stat *out)
{
    char path[4096];

    memset(out, 0, sizeof *out);
    if (stat(inst_path(root, "log/pli.log.1", path), out) != 0)
        memset(out, 0, sizeof *out);
}

enum rc logs_each(const char *root, bool (*see)(struct span line, void *ctx), void *ctx, struct logs_read *out,
                  struct err *e)
{
    struct stat before, behind;
    char name[32], path[4096];
    bool on = true;

    *out = (struct logs_read){0};
    look_at_youngest(root, &before);
    for (int i = KEPT_MOST; i >= 0 && on;
         i--) { /* how many are kept is a setting that may have been larger: each number is tried */
        enum rc rc;

        snprintf(name, sizeof name, i > 0 ? "log/pli.log.%d" : "log/pli.log", i);
        rc = read_file(inst_path(root, name, path), see, ctx, out, &on, e);
        if (rc != RC_OK && rc != RC_NOTFOUND)
            return rc;
    }
    look_at_youngest(root, &behind);
    if (before.st_ino != behind.st_ino || before.st_size != behind.st_size ||
        before.st_mtim.tv_sec != behind.st_mtim.tv_sec || before.st_mtim.tv_nsec != behind.st_mtim.tv_nsec)
        return err_set(e, RC_MORE, "the log was turned over while it was read");
    return RC_OK;
}
