/* SPDX-License-Identifier: EUPL-1.2 */
/* base/log.c - see base/log.h. A line is one write(2), so that lines of several processes never mix. */
#include "base/log.h"
#include "base/clock.h"
#include "base/log_int.h"
#include "base/wipe.h"
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

enum { LINE_MAX_ = 1024, ESC_SLOTS = 8, ESC_MAX = 256, ID_MAX = 40 };

static char log_prog[24];
static enum log_level log_least = LOG_INFO_;
static char log_sid[ID_MAX];
static _Thread_local char log_mid[ID_MAX];
static const char *const level_names[] = {"debug", "info", "warn", "error"};

static void copy_id(char to[ID_MAX], const char *from)
{
    snprintf(to, ID_MAX, "%s", from ? log_esc(span_str(from)) : "");
}

void log_open(const char *prog, enum log_level least)
{
    snprintf(log_prog, sizeof log_prog, "%s", prog);
    log_least = least;
}

void log_session(const char *sid)
{
    copy_id(log_sid, sid);
}

void log_message(const char *mid)
{
    copy_id(log_mid, mid);
}

void log_id_new(char out[17])
{
    uint64_t r;

    random_bytes(&r, sizeof r);
    snprintf(out, 17, "%016llx", (unsigned long long)r);
}

static bool plain(unsigned char c)
{
    return c > 0x20 && c < 0x7f && c != '"' && c != '\\';
}

/* Writes s escaped into out (cap at least 8). A text that does not fit is cut with "...". Spaces stay when the caller
 * asks for it (quoted values). */
static void escape(char *out, size_t cap, struct span s, bool spaces)
{
    size_t o = 0;

    for (size_t i = 0; i < s.n; i++) {
        bool as_is = plain(s.p[i]) || (spaces && s.p[i] == ' ');
        if (o + (as_is ? 1 : 4) + 4 > cap) {
            memcpy(out + o, "...", 3);
            o += 3;
            break;
        }
        if (as_is)
            out[o++] = (char)s.p[i];
        else
            o += (size_t)snprintf(out + o, cap - o, "\\x%02x", s.p[i]);
    }
    out[o] = 0;
}

const char *log_esc(struct span s)
{
    static _Thread_local char slots[ESC_SLOTS][ESC_MAX];
    static _Thread_local unsigned next;
    char *out = slots[next++ % ESC_SLOTS];

    escape(out, ESC_MAX, s, false);
    return out;
}

/* Writes the head of a line and returns its length. */
static size_t head(char *line, enum log_level l, const char *ev)
{
    char when[32];
    int n;

    clock_iso(clock_utc_ms(), when);
    n = snprintf(line, LINE_MAX_, "%s %s[%ld] %s%s%s%s%s ev=%s", when, log_prog[0] ? log_prog : "pli", (long)getpid(),
                 level_names[l & 3], log_sid[0] ? " sid=" : "", log_sid, log_mid[0] ? " mid=" : "", log_mid, ev);
    return n < 0 ? 0 : (size_t)n < LINE_MAX_ - 2 ? (size_t)n : LINE_MAX_ - 2;
}

/* Replaces every control byte, whatever a caller's format held, because a line must be one event. */
static void finish(char *line, size_t n)
{
    int saved = errno;

    for (size_t i = 0; i < n; i++)
        if ((unsigned char)line[i] < 0x20 || line[i] == 0x7f)
            line[i] = '?';
    line[n++] = '\n';
    if (write(STDERR_FILENO, line, n) < 0)
        errno = saved; /* nowhere left to say it */
    errno = saved;
}

void log_ev(enum log_level l, const char *ev, const char *fmt, ...)
{
    char line[LINE_MAX_];
    va_list ap;
    size_t n;
    int more;

    if (l < log_least)
        return;
    n = head(line, l, ev);
    if (fmt && fmt[0]) {
        line[n++] = ' ';
        va_start(ap, fmt);
        more = vsnprintf(line + n, LINE_MAX_ - 1 - n, fmt, ap);
        va_end(ap);
        if (more > 0)
            n = n + (size_t)more < LINE_MAX_ - 2 ? n + (size_t)more : LINE_MAX_ - 2;
    }
    finish(line, n);
}

void log_err(enum log_level l, const char *ev, const struct err *e)
{
    char text[2 * sizeof e->log];

    escape(text, sizeof text, span_str(e->log), true);
    log_ev(l, ev, "rc=%s why=%s cause=\"%s\"", rc_name(e->rc), cause_name(e->cause), text);
}

void log_last_words(enum log_level l, const char *ev, const char *text)
{
    char safe[1024];

    escape(safe, sizeof safe, span_str(text), true);
    if (log_prog[0])
        log_ev(l, ev, "cause=\"%s\"", safe);
    else
        dprintf(STDERR_FILENO, "%s: %s\n", program_invocation_short_name, text);
}
