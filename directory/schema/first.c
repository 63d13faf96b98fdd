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

static enum rc number(const struct embedded_spec *s, const struct embedded_where *w, struct err *e)
{
    struct err none = {0};
    log_ev(LOG_INFO_, "attributes-numbered", "dir=%s/ldap/db", s->dir);
    (void)!run(s, w, "-Tmodify", "o=pli", former, &none); /* there may be none */
    return run(s, w, "-Tadd", "o=pli", attributes_ldif_text, e);
}

static bool has_top(const struct embedded_spec *s, const struct embedded_where *w)
{
    char conf[1100];
    struct buf out = BUF_INIT;
    struct err none = {0};
    snprintf(conf, sizeof conf, "%s/ldap/slapd.conf", s->dir);
    const char *const argv[] = {
        w->slapd, "-Tcat", "-b", "ou=national,o=pli", "-f", conf, "-a", "(objectClass=mssNationalCopy)", NULL};
    bool has = embedded_run(argv, SPAN_NULL, &out, s->uid, s->gid, &none) == RC_OK &&
               span_find(buf_span(&out), SPAN_LIT("mssNationalCopy")) >= 0;
    buf_free(&out);
    return has;
}

/* A copy that was imported has its top. */
static enum rc top(const struct embedded_spec *s, const struct embedded_where *w, int national, struct err *e)
{
    if (there(national, "state") && there(national, "data.mdb"))
        return RC_OK;
    enum rc rc = run(s, w, "-Tadd", "ou=national,o=pli", national_top_text, e);
    return rc != RC_OK && has_top(s, w) ? RC_OK : rc;
}

/* The mark is written when both are there; else the next start tries again. */
static enum rc make(const struct embedded_spec *s, const struct embedded_where *w, int db, int national, struct err *e)
{
    struct span text = span_str(attributes_ldif_text);
    struct err numbering = {0};
    bool done = embedded_stands(db, "attributes", text, 0600, s->uid);
    enum rc topped = done && there(national, "data.mdb") ? RC_OK : top(s, w, national, e);
    enum rc numbered = done ? RC_OK : number(s, w, &numbering);
    if (topped != RC_OK)
        (void)unlinkat(db, "attributes", 0);
    if (topped == RC_OK && numbered != RC_OK)
        *e = numbering;
    if (topped != RC_OK || numbered != RC_OK)
        return topped != RC_OK ? topped : numbered;
    return done ? RC_OK : embedded_stand(db, "attributes", s, text, 0600, e);
}

enum rc embedded_first(const struct embedded_spec *s, const struct embedded_where *w, int dir, struct err *e)
{
    enum rc rc = RC_OK;
    int db = openat(dir, "db", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    int national = openat(dir, "national", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (db < 0 || national < 0)
        rc = err_sys(e, RC_TEMP, "open the databases' folders in %s/ldap", s->dir);
    else if (make(s, w, db, national, e) != RC_OK) /* as on a disk that is full now: the next start does it */
        log_err(LOG_WARN_, "first-entries-missing", e);
    if (db >= 0)
        close(db);
    if (national >= 0)
        close(national);
    return rc;
}
