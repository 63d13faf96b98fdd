/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/schema/refresh.c - writes the files of DIR/ldap that depend on the folder and the program, and not on the
 * data: slapd.conf, pli.schema; and lets the indexes follow (indexes.c).
 *
 * Why      slapd.conf has absolute names. An instance that was copied or moved would serve, and write into, the folder that it came
 *          from; an upgraded program would go on with the old access rules. So both are written anew before each start.
 * Safe     DIR/ldap belongs to slapd's uid and root writes there: every name is opened below the folder's descriptor and no symbolic
 *          link is followed; a new file takes the old one's place whole, or not at all.
 * Process  pli serve, before slapd starts.
 */
#include "base/fd.h"
#include "directory/schema/embedded_int.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { NAME_MAX_ = 1100 };

/* Is the file right already? Then nothing is written, so that a start needs no room on the disk for it. */
bool embedded_stands(int dir, const char *name, struct span text, mode_t mode, uid_t uid)
{
    struct stat st;
    struct buf have = BUF_INIT;
    struct err e;
    bool same = false;
    int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return false;
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && (size_t)st.st_size == text.n && (st.st_mode & 07777) == mode &&
        (uid == 0 || st.st_uid == uid) && buf_reserve(&have, text.n + 1, &e) == RC_OK)
        same = pread(fd, have.p, text.n + 1, 0) == (ssize_t)text.n && memcmp(have.p, text.p, text.n) == 0;
    close(fd);
    buf_free(&have);
    return same;
}

static enum rc put_new(int dir, const char *tmp, const struct embedded_spec *s, struct span text, mode_t mode,
                       struct err *e)
{
    (void)unlinkat(dir, tmp, 0);
    int fd = openat(dir, tmp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return err_sys(e, RC_TEMP, "%s/ldap/%s cannot be made", s->dir, tmp);
    enum rc rc = RC_OK;
    if (!fd_write_all(fd, text) || fchmod(fd, mode) != 0 || (s->uid && fchown(fd, s->uid, s->gid) != 0) ||
        fsync(fd) != 0)
        rc = err_sys(e, RC_TEMP, "%s/ldap/%s cannot be written", s->dir, tmp);
    close(fd);
    return rc;
}

enum rc embedded_stand(int dir, const char *name, const struct embedded_spec *s, struct span text, mode_t mode,
                       struct err *e)
{
    char tmp[64];
    if (embedded_stands(dir, name, text, mode, s->uid))
        return RC_OK;
    snprintf(tmp, sizeof tmp, "%s.new", name);
    enum rc rc = put_new(dir, tmp, s, text, mode, e);
    if (rc == RC_OK && renameat(dir, tmp, dir, name) != 0)
        rc = err_sys(e, RC_TEMP, "%s/ldap/%s cannot be put in place", s->dir, name);
    if (rc != RC_OK)
        (void)unlinkat(dir, tmp, 0);
    return rc;
}

static enum rc national_folder(int dir, const struct embedded_spec *s, struct err *e)
{
    if (mkdirat(dir, "national", 0700) != 0)
        return errno == EEXIST ? RC_OK : err_sys(e, RC_TEMP, "make folder %s/ldap/national", s->dir);
    if (s->uid && fchownat(dir, "national", s->uid, s->gid, AT_SYMLINK_NOFOLLOW) != 0)
        return err_sys(e, RC_TEMP, "give folder %s/ldap/national to uid %u", s->dir, (unsigned)s->uid);
    return RC_OK;
}

enum rc embedded_refresh(const struct embedded_spec *s, struct err *e)
{
    char path[NAME_MAX_];
    struct embedded_where w;
    struct buf conf = BUF_INIT;
    enum rc rc = embedded_check_dir(s->dir, e);
    if (rc == RC_OK)
        rc = embedded_where(&w, e);
    if (rc != RC_OK)
        return rc;
    snprintf(path, sizeof path, "%s/ldap", s->dir);
    int dir = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    int schema = dir >= 0 ? openat(dir, "schema", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) : -1;
    if (schema < 0)
        rc = err_sys(e, RC_NOTFOUND, "the directory's folder %s%s cannot be entered: restore it from a backup", path,
                     dir < 0 ? "" : "/schema");
    embedded_conf(s, &w, true, &conf);
    if (rc == RC_OK)
        rc = embedded_stand(dir, "slapd.conf", s, buf_span(&conf), 0600, e);
    if (rc == RC_OK) /* an instance of before there was a national copy */
        rc = national_folder(dir, s, e);
    if (rc == RC_OK)
        rc = embedded_stand(schema, "pli.schema", s, span_str(pli_schema_text), 0644, e);
    if (rc == RC_OK)
        rc = embedded_index(s, &w, dir, e);
    if (rc == RC_OK)
        rc = embedded_first(s, &w, dir, e);
    buf_free(&conf);
    if (schema >= 0)
        close(schema);
    if (dir >= 0)
        close(dir);
    return rc;
}

/* ---- which domains were given to this instance ---- */
/* The configuration for this folder, in memory: the file may still be that of the folder it was copied from. */
static int conf_fd(const struct embedded_spec *s, const struct embedded_where *w)
{
    struct buf conf = BUF_INIT;
    int fd = memfd_create("pli-slapd-conf", 0); /* inherited by the child, on purpose */
    embedded_conf(s, w, false, &conf);
    if (fd >= 0 && !fd_write_all(fd, buf_span(&conf))) {
        close(fd);
        fd = -1;
    }
    buf_free(&conf);
    return fd;
}

static void take_domains(struct span ldif, struct buf *out)
{
    while (ldif.n > 0) {
        ptrdiff_t nl = span_chr(ldif, '\n');
        struct span line = span_head(ldif, nl < 0 ? ldif.n : (size_t)nl);
        ldif = span_from(ldif, nl < 0 ? ldif.n : (size_t)nl + 1);
        if (span_istarts(line, "dc: ")) {
            buf_addspan(out, span_trim(span_from(line, 4)));
            buf_addc(out, '\n');
        }
    }
}

enum rc embedded_domains(const struct embedded_spec *s, struct buf *out, struct err *e)
{
    char path[64];
    struct embedded_where w;
    struct buf said = BUF_INIT;
    enum rc rc = embedded_check_dir(s->dir, e);
    if (rc == RC_OK)
        rc = embedded_where(&w, e);
    if (rc != RC_OK)
        return rc;
    int fd = conf_fd(s, &w);
    if (fd < 0)
        return err_sys(e, RC_TEMP, "no memory for slapd's configuration");
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    const char *const argv[] = {w.slapd, "-Tcat", "-g", "-b", "o=pli", "-f", path, "-a", "(objectClass=mssDomain)",
                                NULL};
    rc = embedded_run(argv, SPAN_NULL, &said, s->uid, s->gid, e);
    if (rc == RC_OK)
        take_domains(buf_span(&said), out);
    close(fd);
    buf_free(&said);
    return rc;
}
