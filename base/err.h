/* SPDX-License-Identifier: EUPL-1.2 */
/* base/err.h - one result type, two texts: one for the client, one for the operator.
 *
 * Owns     nothing; struct err is a plain value, set on failure only.
 * Rule     every call that can fail returns enum rc and takes struct err * last. Out-parameters
 *          end in _out, come before it, and are untouched on failure. RC_MORE and RC_NOTFOUND are
 *          answers, not alarms; they still fill *e when the caller gave one (e may not be NULL).
 * Texts    say: what a client may read: no path, no person's name, no library text, French / English
 *          where a protocol allows. log: the cause, for the operator, with the ids that find it.
 * Ends     die(): a start-up the operator must fix. bug(): a broken invariant, aborts this process.
 * Process  all.
 */
#pragma once
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
    char esc[10];  /* enhanced status code, RFC 3463: "5.7.1" */
    char say[160]; /* for the client */
    char log[320]; /* for the operator */
};

/* Fills *e and returns rc, so that "return err_set(...)" is the way down. say may be NULL (a plain
 * text for rc is used), esc may be NULL (the usual class for rc). */
enum rc err_set(struct err *e, enum rc rc, const char *esc, const char *say, const char *log_fmt, ...)
    __attribute__((format(printf, 5, 6), warn_unused_result));
/* The same with errno's text appended to the log. */
enum rc err_sys(struct err *e, enum rc rc, const char *log_fmt, ...)
    __attribute__((format(printf, 3, 4), warn_unused_result));
const char *rc_name(enum rc rc); /* "temp", "denied": stable, used in logs and JSON */

void die(const char *fmt, ...) __attribute__((format(printf, 1, 2), noreturn)); /* stderr + log, exit 1 */
void bug(const char *fmt, ...) __attribute__((format(printf, 1, 2), noreturn)); /* log, abort */
