/* SPDX-License-Identifier: EUPL-1.2 */
/* base/err.c - result texts, and the two ways a process ends on purpose. See base/err.h. */
#include "base/err.h"
#include "base/log.h"
#include "base/log_int.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What is said when the caller has nothing better. The French comes without accents: SMTP and IMAP replies are ASCII
 * unless the client asked for more. */
static const struct {
    const char *name, *esc, *say;
} kinds[RC_MAX_] = {
    [RC_OK] = {"ok", "2.0.0", "OK"},
    [RC_MORE] = {"more", "", "Suite attendue / More input needed"},
    [RC_TEMP] = {"temp", "4.3.0", "Indisponible, reessayez plus tard / Unavailable, try again later"},
    [RC_PERM] = {"perm", "5.0.0", "Demande refusee / Request refused"},
    [RC_SYNTAX] = {"syntax", "5.5.2", "Syntaxe incorrecte / Syntax error"},
    [RC_DENIED] = {"denied", "5.7.1", "Non autorise / Not allowed"},
    [RC_NOTFOUND] = {"notfound", "5.1.1", "Inconnu / No such thing"},
    [RC_EXISTS] = {"exists", "5.0.0", "Existe deja / Already exists"},
    [RC_QUOTA] = {"quota", "5.2.2", "Boite pleine / Mailbox full"},
    [RC_CORRUPT] = {"corrupt", "4.3.0", "Donnees abimees, administrateur prevenu / Damaged data, administrator told"},
    [RC_CLOSED] = {"closed", "4.4.2", "Connexion fermee / Connection closed"},
    [RC_TIMEOUT] = {"timeout", "4.4.2", "Delai depasse / Timed out"},
};

const char *rc_name(enum rc rc)
{
    return (unsigned)rc < RC_MAX_ ? kinds[rc].name : "unknown";
}

static void put(char *to, size_t cap, const char *from)
{
    size_t n = strlen(from);

    if (n >= cap)
        n = cap - 1;
    memcpy(to, from, n);
    to[n] = 0;
}

__attribute__((format(printf, 5, 0))) static void fill(struct err *e, enum rc rc, const char *esc, const char *say,
                                                       const char *fmt, va_list ap)
{
    char text[sizeof e->log]; /* apart from *e: an argument may point into it (an error wrapped in another) */
    char said[sizeof e->say];

    if ((unsigned)rc >= RC_MAX_)
        bug("err_set with rc %d", (int)rc);
    if (fmt)
        vsnprintf(text, sizeof text, fmt, ap);
    put(said, sizeof said, say ? say : kinds[rc].say);
    e->rc = rc;
    put(e->esc, sizeof e->esc, esc ? esc : kinds[rc].esc);
    put(e->say, sizeof e->say, said);
    put(e->log, sizeof e->log, fmt ? text : kinds[rc].say);
}

enum rc err_set(struct err *e, enum rc rc, const char *esc, const char *say, const char *log_fmt, ...)
{
    va_list ap;

    va_start(ap, log_fmt);
    fill(e, rc, esc, say, log_fmt, ap);
    va_end(ap);
    return rc;
}

enum rc err_sys(struct err *e, enum rc rc, const char *log_fmt, ...)
{
    int no = errno;
    va_list ap;
    size_t n;

    va_start(ap, log_fmt);
    fill(e, rc, NULL, NULL, log_fmt, ap);
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
