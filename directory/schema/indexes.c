/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/schema/indexes.c - lets the indexes of the two databases follow slapd.conf.
 *
 * Why      slapd reads an index by the lines of slapd.conf, whatever lines it was filled under: an attribute that is indexed since an upgrade, or keys of
 *          another length, would find nothing. So each database's folder has a file "indexes" with the lines of its last filling.
 * Cut off  the file is written behind slapindex, so an unfinished work is begun again. Ours is written with its syncs; the national copy without them
 *          (-q), since half a million entries would take an hour: after a loss of power in the middle it is to be imported again.
 * Process  pli init; pli serve, before slapd starts; pli directory import.
 */
#include "base/log.h"
#include "directory/schema/embedded_int.h"
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

static const struct base {
    const char *suffix, *folder, *option;
} bases[] = {[EB_OURS] = {"o=pli", "db", "-g"}, [EB_NATIONAL] = {"ou=national,o=pli", "national", "-qt"}};

static void lines_of(const char *text, const char *keyword, struct buf *out)
{
    for (struct span rest = span_str(text); rest.n > 0;) {
        struct span line = span_cut(&rest, '\n');
        if (span_istarts(line, keyword)) {
            buf_addspan(out, line);
            buf_addc(out, '\n');
        }
    }
}

void embedded_lengths(struct buf *out)
{
    lines_of(slapd_conf_text, "index_", out);
}

void embedded_indexed(enum embedded_base b, struct buf *out)
{
    embedded_lengths(out);
    lines_of(b == EB_OURS ? slapd_conf_text : national_conf_text, "index ", out);
}

static bool said(int folder, struct span lines)
{
    char have[4096];
    int fd = openat(folder, "indexes", O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    ssize_t n = fd >= 0 ? read(fd, have, sizeof have) : -1;
    if (fd >= 0)
        close(fd);
    return n >= 0 && span_eq(span_of(have, (size_t)n), lines);
}

static enum rc work(const struct embedded_spec *s, const struct embedded_where *w, const struct base *b, struct err *e)
{
    char conf[1100];
    snprintf(conf, sizeof conf, "%s/ldap/slapd.conf", s->dir);
    const char *const argv[] = {w->slapd, "-Tindex", b->option, "-b", b->suffix, "-f", conf, NULL};
    log_ev(LOG_INFO_, "indexes-anew", "base=%s", b->suffix);
    return embedded_run(argv, SPAN_NULL, NULL, s->uid, s->gid, e);
}

static enum rc index_one(const struct embedded_spec *s, const struct embedded_where *w, int dir,
                         enum embedded_base which, struct err *e)
{
    const struct base *b = &bases[which];
    struct buf lines = BUF_INIT;
    enum rc rc = RC_OK;
    int folder = openat(dir, b->folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (folder < 0)
        return err_sys(e, RC_TEMP, "open %s/ldap/%s", s->dir, b->folder);
    embedded_indexed(which, &lines);
    if (!said(folder, buf_span(&lines))) {
        if (faccessat(folder, "data.mdb", F_OK, AT_SYMLINK_NOFOLLOW) == 0) /* else slapd will make it */
            rc = work(s, w, b, e);
        if (rc == RC_OK)
            rc = embedded_stand(folder, "indexes", s, buf_span(&lines), 0600, e);
    }
    buf_free(&lines);
    close(folder);
    return rc;
}

enum rc embedded_index(const struct embedded_spec *s, const struct embedded_where *w, int dir, struct err *e)
{
    enum rc rc = index_one(s, w, dir, EB_OURS, e);
    return rc == RC_OK ? index_one(s, w, dir, EB_NATIONAL, e) : rc;
}
