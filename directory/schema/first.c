/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/schema/first.c - two entries that must be there before slapd serves, because slapd 2.5 falls without them.
 *
 * Numbers  back-mdb keeps attributes by number. A number is given with the first entry that has the attribute, and written by the same commit. When that
 *          commit fails, because the disk is full, slapd goes on with the number, which the database then has not: entries that are written later with it cannot
 *          be read by anybody, and slapd ends at them, after a restart too. So one entry has them all (attributes.ldif.in).
 * Top      Asked to delete the top of a database that is empty, slapd ends. Anybody who is signed in may ask. So ou=national is there before the first import.
 * Once     The folder "db" has a file "attributes" with the text of that entry. An instance of before gets both at its next start; so does one of a version with
 *          more attributes, whose entry takes the place of the former one. What was numbered stays numbered.
 * Process  pli init; pli serve, before slapd starts.   docs/decisions/0062
 */
#include "base/log.h"
#include "directory/schema/embedded_int.h"
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

const char national_top_text[] =
    "dn: ou=national,o=pli\nobjectClass: organizationalUnit\nobjectClass: mssNationalCopy\nou: national\n\n";
static const char former[] = "dn: cn=attributes,ou=daemons,o=pli\nchangetype: delete\n";

static enum rc run(const struct embedded_spec *s, const struct embedded_where *w, const char *tool, const char *base,
                   const char *text, struct err *e)
{
    char conf[1100];
    snprintf(conf, sizeof conf, "%s/ldap/slapd.conf", s->dir);
    const char *const argv[] = {w->slapd, tool, "-b", base, "-f", conf, NULL};
    return embedded_run(argv, span_str(text), NULL, s->uid, s->gid, e);
}

static bool there(int folder, const char *name)
{
    return faccessat(folder, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static enum rc number(const struct embedded_spec *s, const struct embedded_where *w, int db, struct span text,
                      struct err *e)
{
    struct err none = {0};
    (void)!run(s, w, "-Tmodify", "o=pli", former, &none); /* there may be none */
    enum rc rc = run(s, w, "-Tadd", "o=pli", attributes_ldif_text, e);
    return rc == RC_OK ? embedded_stand(db, "attributes", s, text, 0600, e) : rc;
}

/* A copy that was imported has its top. */
static void top(const struct embedded_spec *s, const struct embedded_where *w, int national)
{
    struct err none = {0};
    if (!there(national, "state"))
        (void)!run(s, w, "-Tadd", "ou=national,o=pli", national_top_text, &none); /* it may be there */
}

static enum rc make(const struct embedded_spec *s, const struct embedded_where *w, int db, int national, struct err *e)
{
    struct span text = span_str(attributes_ldif_text);
    bool done = embedded_stands(db, "attributes", text, 0600, s->uid);
    if (!done || !there(national, "data.mdb"))
        top(s, w, national);
    if (done)
        return RC_OK;
    log_ev(LOG_INFO_, "attributes-numbered", "dir=%s/ldap/db", s->dir);
    return number(s, w, db, text, e);
}

enum rc embedded_first(const struct embedded_spec *s, const struct embedded_where *w, int dir, struct err *e)
{
    enum rc rc = RC_OK;
    int db = openat(dir, "db", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    int national = openat(dir, "national", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (db < 0 || national < 0)
        rc = err_sys(e, RC_TEMP, "open the databases' folders in %s/ldap", s->dir);
    else if (make(s, w, db, national, e) != RC_OK) /* as on a disk that is full now: the next start does it */
        log_err(LOG_WARN_, "attributes-not-numbered", e);
    if (db >= 0)
        close(db);
    if (national >= 0)
        close(national);
    return rc;
}
