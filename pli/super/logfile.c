/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/super/logfile.c - log/pli.log is bounded: beyond log.max_size, or at SIGHUP, what it holds becomes pli.log.1, and the older ones move up to
 * log.keep.
 *
 * Every process of the instance writes the file itself, through a descriptor that it inherited, in a sandbox that can
 * open no other file. So the file cannot be exchanged. It is copied, and then truncated to nothing. All processes
 * append, so they go on at its new end. A line that is written between the last look at the length and the truncation,
 * some microseconds, would be lost. So the length is looked at again until nothing came. Fails    when the copy cannot
 * be made (a full disk), the oldest kept log is deleted and the copy is tried once more, and then again in a minute. */
#include "base/clock.h"
#include "base/log.h"
#include "pli/instance.h"
#include "pli/super/super.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { LOOK_MS = 2000, LATER_MS = 60 * 1000, KEEP_MOST = 100, HALF_LINE_LOOKS = 250 };

static const char *kept(const struct super *s, int64_t n, char path[4096])
{
    snprintf(path, 4096, "%s/log/pli.log.%lld", s->dir, (long long)n);
    return path;
}

/* Appends what from holds behind *at to fd, until nothing more comes. */
static bool copy_rest(int from, int to, off_t *at)
{
    char piece[64 * 1024];
    ssize_t n;

    while ((n = pread(from, piece, sizeof piece, *at)) > 0) {
        if (write(to, piece, (size_t)n) != n)
            return false;
        *at += n;
    }
    return n == 0;
}

/* The log's own file, to be read; -1 when another one, or none, has its name. */
static int open_again(const struct super *s)
{
    struct stat ours, named;
    char path[4096];
    int fd = open(inst_path(s->dir, "log/pli.log", path), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

    if (fd >= 0 && fstat(fd, &named) == 0 && fstat(s->log_fd, &ours) == 0 && named.st_ino == ours.st_ino &&
        named.st_dev == ours.st_dev)
        return fd;
    if (fd >= 0)
        close(fd);
    return -1;
}

static void move_up(const struct super *s, int64_t keep)
{
    char from[4096], to[4096];

    for (int64_t n = keep; n < KEEP_MOST; n++) /* fewer are kept than were */
        if (unlink(kept(s, n, from)) != 0)
            break;
    for (int64_t n = keep - 1; n >= 1; n--)
        (void)rename(kept(s, n, from), kept(s, n + 1, to)); /* a gap is no harm */
}

/* A line that crosses a page may be read while half of it stands there. Whoever writes it is done in an instant, once a processor is free for it. */
static bool ends_in_a_line(int from, off_t at)
{
    char last = '\n';

    return at == 0 || pread(from, &last, 1, at - 1) != 1 || last == '\n';
}

static bool copy_to(const struct super *s, int from, const char *path)
{
    int to = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600), looks = 0;
    static const struct timespec pause = {0, 2000000};
    struct stat st;
    off_t at = 0;
    bool ok;

    do {
        if (looks > 0)
            nanosleep(&pause, NULL);
        ok = to >= 0 && copy_rest(from, to, &at) && fstat(from, &st) == 0;
    } while (ok && (st.st_size > at || (!ends_in_a_line(from, at) && ++looks < HALF_LINE_LOOKS)));
    ok = ok && ftruncate(s->log_fd, 0) == 0;
    if (to >= 0)
        close(to);
    if (!ok)
        (void)unlink(path);
    return ok;
}

/* False: not now. */
static bool turn(struct super *s, int64_t keep)
{
    char fresh[4096], first[4096];
    int from = open_again(s);
    bool ok = false;

    if (from < 0) {
        log_ev(LOG_WARN_, "log-moved", "cause=\"log/pli.log is not the file that is written: move it back\"");
        return false;
    }
    if (keep == 0) {
        ok = ftruncate(s->log_fd, 0) == 0;
    } else {
        snprintf(fresh, sizeof fresh, "%s/log/pli.log.new", s->dir);
        move_up(s, keep);
        ok = copy_to(s, from, fresh) || (unlink(kept(s, keep, first)) == 0 && copy_to(s, from, fresh));
        ok = ok && rename(fresh, kept(s, 1, first)) == 0;
    }
    close(from);
    if (ok)
        log_ev(LOG_INFO_, "log-turned", "kept=%lld", (long long)keep);
    else
        log_ev(LOG_ERROR_, "log-not-turned", "errno=%d", errno);
    return ok;
}

int64_t log_look(struct super *s, bool asked)
{
    int64_t most = conf_num(s->conf, "log.max_size"), keep = conf_num(s->conf, "log.keep");
    struct stat st;

    if (!asked && clock_mono() < s->log_due)
        return s->log_due;
    s->log_due = deadline_in(LOOK_MS);
    if ((asked || (most > 0 && fstat(s->log_fd, &st) == 0 && st.st_size > most)) && !turn(s, keep))
        s->log_due = deadline_in(LATER_MS);
    return s->log_due;
}
