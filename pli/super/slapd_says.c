/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/super/slapd_says.c - see pli/super/slapd_says.h. */
#include "pli/super/slapd_says.h"
#include "base/ascii.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/sandbox.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

enum { TELL_MS = 60 * 1000, PIPE_ROOM = 1 << 20 };
static const int64_t every = (int64_t)SAYS_EVERY_MS * 1000 * 1000;

/* ---- how many ---- */
/* Each line moves the time at which all places are free again; more than a burst ahead of now there is none. */
static bool a_place(struct slapd_says *s, int64_t now)
{
    int64_t from = s->full_at > now ? s->full_at : now;

    if (from - now > (SAYS_BURST - 1) * every)
        return false;
    s->full_at = from + every;
    return true;
}

static void say_unsaid(struct slapd_says *s)
{
    if (s->unsaid > 0)
        log_ev(LOG_WARN_, "slapd-unsaid", "lines=%llu", (unsigned long long)s->unsaid);
    s->unsaid = 0;
}

/* ---- a line ---- */
/* "6b0c8c20.1e1062a3 0x7fc6a65fd6c0 text": the time and the thread are slapd's. */
static struct span without_time(struct span line)
{
    ptrdiff_t first = span_chr(line, ' ');
    struct span rest = first > 0 ? span_from(line, (size_t)first + 1) : SPAN_NULL;
    ptrdiff_t second = span_chr(rest, ' ');

    for (ptrdiff_t i = 0; i < first; i++)
        if (!ascii_is_alnum(line.p[i]) && line.p[i] != '.')
            return line;
    return span_istarts(rest, "0x") && second > 0 ? span_from(rest, (size_t)second + 1) : line;
}

static void say_line(struct slapd_says *s, int64_t now)
{
    struct span line = span_trim(without_time(span_of(s->line, s->n)));

    if (line.n > 0 && a_place(s, now)) {
        say_unsaid(s);
        log_ev(LOG_INFO_, "slapd", "says=%s%s", log_esc(line), s->cut ? "..." : "");
    } else if (line.n > 0)
        s->unsaid++;
    s->n = 0;
    s->cut = false;
}

void slapd_says_take(struct slapd_says *s, struct span octets, int64_t now)
{
    for (size_t i = 0; i < octets.n; i++) {
        if (octets.p[i] == '\n')
            say_line(s, now);
        else if (s->n < sizeof s->line)
            s->line[s->n++] = (char)octets.p[i];
        else
            s->cut = true;
    }
}

void slapd_says_rest(struct slapd_says *s)
{
    say_unsaid(s);
    s->full_at = 0;
    say_line(s, 0);
}

/* ---- the process ---- */
_Noreturn static void follow(int from)
{
    static struct slapd_says says;
    char piece[4096];
    struct pollfd p = {from, POLLIN, 0};
    ssize_t n = 1;

    while (n != 0) {
        int r = poll(&p, 1, says.unsaid > 0 ? TELL_MS : -1);
        if (r == 0)
            say_unsaid(&says);
        n = r > 0 ? read(from, piece, sizeof piece) : 1;
        if ((r < 0 || n < 0) && errno != EINTR)
            break;
        if (r > 0 && n > 0)
            slapd_says_take(&says, span_of(piece, (size_t)n), clock_mono());
    }
    slapd_says_rest(&says);
    _exit(0);
}

bool slapd_says_pipe(int ends[2])
{
    if (pipe2(ends, O_CLOEXEC) != 0)
        return false;
    (void)fcntl(ends[1], F_SETPIPE_SZ, PIPE_ROOM); /* what there is serves, too */
    return fcntl(ends[1], F_SETFL, O_NONBLOCK) == 0;
}

void slapd_says_follow(int from, int alive, uid_t uid)
{
    const struct sandbox_how how = {SB_SLAPD_SAYS, uid, ".", NULL};
    struct err e;

    signal(SIGTERM, SIG_IGN); /* slapd's end is its end: what it says while it stops is wanted */
    signal(SIGINT, SIG_IGN);
    if (dup2(from, 0) < 0 || dup2(2, 1) < 0 || dup2(alive, 3) < 0 || close_range(4, ~0U, 0) != 0)
        die("the pipe cannot be kept (errno %d)", errno);
    prctl(PR_SET_NAME, "slapd-says"); /* from here on it is what its name says */
    log_open("slapd", LOG_INFO_);
    if (sandbox_enter(&how, &e) != RC_OK)
        die("%s", e.log);
    follow(0);
}
