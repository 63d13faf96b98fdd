/* SPDX-License-Identifier: EUPL-1.2 */
/* base/err.h - one result type: the kind of failure, its cause, and a text for the operator.
 *
 * Owns     nothing; struct err is a plain value, set on failure only.
 * Rule     every call that can fail returns enum rc and takes struct err * last. Out-parameters
 *          end in _out, come before it, and are untouched on failure. RC_MORE and RC_NOTFOUND are
 *          answers, not alarms; they still fill *e when the caller gave one (e may not be NULL).
 * Cause    what may be told to a client: a value of base/cause.h, whose texts and codes stand in policies/causes.c.
 *          Who must tell cases apart compares causes. log is for the operator alone, with the ids that find what
 *          happened: no code compares it, no client reads it.
 * Ends     die(): a start-up the operator must fix. bug(): a broken invariant, aborts this process.
 * Process  all.
 */
#pragma once
#include "base/cause.h"
#include <stdarg.h>

enum rc {
    RC_OK = 0,
    RC_MORE,     /* not enough input yet */
    RC_TEMP,     /* try again later: disk full, peer down, limit */
    RC_PERM,     /* lawful request, refused for good */
    RC_SYNTAX,   /* malformed input */
    RC_DENIED,   /* not allowed for this peer or ticket */
    RC_NOTFOUND, /* no such thing */
    RC_EXISTS,   /* already there */
    RC_QUOTA,    /* mailbox full */
    RC_CORRUPT,  /* a seal, digest or page check failed */
    RC_CLOSED,   /* the peer has gone */
    RC_TIMEOUT,  /* the deadline passed */
    RC_MAX_
};

struct err {
    enum rc rc;
    enum cause cause;
    char log[320]; /* for the operator */
};

/* Fills *e and returns rc, so that "return err_set(...)" is the way down. The cause is the plain one of rc:
 * "try again later" for RC_TEMP. An argument may point into *e: an error wrapped in another. */
enum rc err_set(struct err *e, enum rc rc, const char *log_fmt, ...)
    __attribute__((format(printf, 3, 4), nonnull(1, 3), warn_unused_result));
/* The same with a cause of its own. CAUSE_NONE: the plain one of rc. */
enum rc err_cause(struct err *e, enum rc rc, enum cause cause, const char *log_fmt, ...)
    __attribute__((format(printf, 4, 5), nonnull(1, 4), warn_unused_result));
/* err_set() with errno's text appended to the log, and the cause of errno. */
enum rc err_sys(struct err *e, enum rc rc, const char *log_fmt, ...)
    __attribute__((format(printf, 3, 4), warn_unused_result));
enum cause cause_of_errno(int no); /* CAUSE_NOT_PERMITTED, CAUSE_DISK_FULL; CAUSE_NONE: nothing closer is known */
const char *rc_name(enum rc rc); /* "temp", "denied": stable, used in logs and JSON */

void die(const char *fmt, ...) __attribute__((format(printf, 1, 2), noreturn)); /* stderr + log, exit 1 */
void bug(const char *fmt, ...) __attribute__((format(printf, 1, 2), noreturn)); /* log, abort */
