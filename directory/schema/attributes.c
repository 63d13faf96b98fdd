/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/schema/attributes.c - sees to it that slapd has numbered every attribute of ours before it is used.
 *
 * Why      back-mdb keeps attributes by number. A number is given with the first entry that has the attribute, and written by the same commit. When that
 *          commit fails, because the disk is full, slapd 2.5 goes on with the number, which the database then has not: entries that are written later with it cannot
 *          be read by anybody, and slapd ends at them, after a restart too. So one entry that has them all (attributes.ldif.in) is written before slapd serves.
 * Once     The folder "db" has a file "attributes" with the text of that entry. An instance of before gets it at its next start; so does one of a version with more
 *          attributes, whose entry takes the place of the former one. What was numbered stays numbered.
 * Process  pli init; pli serve, before slapd starts.
 */
#include "base/log.h"
#include "directory/schema/embedded_int.h"
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

static const char former[] = "dn: cn=attributes,ou=daemons,o=pli\nchangetype: delete\n";

static enum rc run(const struct embedded_spec *s, const struct embedded_where *w, const char *tool, const char *text,
                   struct err *e)
{
    char conf[1100];
    snprintf(conf, sizeof conf, "%s/ldap/slapd.conf", s->dir);
    const char *const argv[] = {w->slapd, tool, "-b", "o=pli", "-f", conf, NULL};
    return embedded_run(argv, span_str(text), NULL, s->uid, s->gid, e);
}

static enum rc number(const struct embedded_spec *s, const struct embedded_where *w, struct err *e)
{
    struct err none = {0};
    log_ev(LOG_INFO_, "attributes-numbered", "dir=%s/ldap/db", s->dir);
    (void)!run(s, w, "-Tmodify", former, &none); /* there may be none */
    return run(s, w, "-Tadd", attributes_ldif_text, e);
}

enum rc embedded_attributes(const struct embedded_spec *s, const struct embedded_where *w, int dir, struct err *e)
{
    struct span text = span_str(attributes_ldif_text);
    enum rc rc = RC_OK;
    int folder = openat(dir, "db", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (folder < 0)
        return err_sys(e, RC_TEMP, "open %s/ldap/db", s->dir);
    if (!embedded_stands(folder, "attributes", text, 0600, s->uid)) {
        rc = number(s, w, e);
        if (rc == RC_OK)
            rc = embedded_stand(folder, "attributes", s, text, 0600, e);
    }
    close(folder);
    if (rc != RC_OK) /* as on a disk that is full now: the next start does it */
        log_err(LOG_WARN_, "attributes-not-numbered", e);
    return RC_OK;
}
