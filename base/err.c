/* SPDX-License-Identifier: EUPL-1.2 */
/* base/err.c - names of results and causes, and the two ways a process ends on purpose. See base/err.h. */
#include "base/err.h"
#include "base/log.h"
#include "base/log_int.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name;
    enum cause plain; /* the cause when the caller has nothing closer */
} kinds[RC_MAX_] = {
    [RC_OK] = {"ok", CAUSE_NONE},
    [RC_MORE] = {"more", CAUSE_NONE}, /* an answer between functions: never told to anyone */
    [RC_TEMP] = {"temp", CAUSE_UNAVAILABLE},
    [RC_PERM] = {"perm", CAUSE_REFUSED},
    [RC_SYNTAX] = {"syntax", CAUSE_SYNTAX},
    [RC_DENIED] = {"denied", CAUSE_NOT_ALLOWED},
    [RC_NOTFOUND] = {"notfound", CAUSE_NOT_FOUND},
    [RC_EXISTS] = {"exists", CAUSE_EXISTS},
    [RC_QUOTA] = {"quota", CAUSE_MAILBOX_FULL},
    [RC_CORRUPT] = {"corrupt", CAUSE_DAMAGED},
    [RC_CLOSED] = {"closed", CAUSE_CLOSED},
    [RC_TIMEOUT] = {"timeout", CAUSE_TIMED_OUT},
};

const char *rc_name(enum rc rc)
{
    return (unsigned)rc < RC_MAX_ ? kinds[rc].name : "unknown";
}

const char *cause_name(enum cause c)
{
    static const char *const names[CAUSES_] = {
#define CAUSE_AS_NAME(id, name) [id] = name,
        CAUSES(CAUSE_AS_NAME)
#undef CAUSE_AS_NAME
    };

    return (unsigned)c < CAUSES_ ? names[c] : "unknown";
}

enum cause cause_named(const char *name)
{
    for (int c = 0; c < CAUSES_; c++)
        if (strcmp(cause_name((enum cause)c), name) == 0)
            return (enum cause)c;
    return CAUSES_;
}

__attribute__((format(printf, 4, 0))) static void fill(struct err *e, enum rc rc, enum cause cause, const char *fmt,
                                                       va_list ap)
{
    /* apart from *e: an argument may point into it (an error wrapped in another); a character longer, for what is cut off */
    char text[sizeof e->log + 4];
    struct span kept;

    if ((unsigned)rc >= RC_MAX_ || (unsigned)cause >= CAUSES_)
        bug("an error with rc %d, cause %d", (int)rc, (int)cause);
    vsnprintf(text, sizeof text, fmt, ap);
    kept = span_head_text(span_str(text), sizeof e->log - 1);
    e->rc = rc;
    e->cause = cause == CAUSE_NONE ? kinds[rc].plain : cause;
    memcpy(e->log, kept.p, kept.n);
    e->log[kept.n] = '\0';
}

enum rc err_set(struct err *e, enum rc rc, const char *log_fmt, ...)
{
    va_list ap;

    va_start(ap, log_fmt);
    fill(e, rc, CAUSE_NONE, log_fmt, ap);
    va_end(ap);
    return rc;
}

enum rc err_cause(struct err *e, enum rc rc, enum cause cause, const char *log_fmt, ...)
{
    va_list ap;

    va_start(ap, log_fmt);
    fill(e, rc, cause, log_fmt, ap);
    va_end(ap);
    return rc;
}

enum cause cause_of_errno(int no)
{
    if (no == EACCES || no == EPERM)
        return CAUSE_NOT_PERMITTED;
    return no == ENOSPC || no == EDQUOT ? CAUSE_DISK_FULL : CAUSE_NONE;
}

enum rc err_sys(struct err *e, enum rc rc, const char *log_fmt, ...)
{
    int no = errno;
    va_list ap;
    size_t n;

    va_start(ap, log_fmt);
    fill(e, rc, cause_of_errno(no), log_fmt, ap);
    va_end(ap);
    n = strlen(e->log);
    snprintf(e->log + n, sizeof e->log - n, ": %s", strerrordesc_np(no) ? strerrordesc_np(no) : "unknown error");
    errno = no;
    return rc;
}

void die(const char *fmt, ...)
{
    char text[512];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    log_last_words(LOG_ERROR_, "die", text);
    exit(1);
}

void bug(const char *fmt, ...)
{
    char text[512];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    log_last_words(LOG_ERROR_, "bug", text);
    abort();
}
