/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/import/replace.c - see replace.h. */
#include "directory/import/replace.h"
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define BESIDE "part.new" /* directory/schema/load.c clears it away */
enum { PATH_MOST = 1100 };

static enum rc finish(int fd, const struct embedded_spec *s, struct err *e)
{
    if ((s->uid && fchown(fd, s->uid, s->gid) != 0) || fsync(fd) != 0)
        return err_sys(e, RC_TEMP, "a file of ldap/national cannot be written");
    return RC_OK;
}

enum rc national_replace(const struct embedded_spec *s, const char *folder, const char *as,
                         enum rc (*write)(int fd, const void *ctx, struct err *e), const void *ctx, struct err *e)
{
    char path[PATH_MOST];
    snprintf(path, sizeof path, "%s/ldap/%s", s->dir, folder);
    int dir = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (dir < 0)
        return err_sys(e, RC_TEMP, "open %s", path);
    (void)unlinkat(dir, BESIDE, 0);
    int fd = openat(dir, BESIDE, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    enum rc rc = fd >= 0 ? write(fd, ctx, e) : err_sys(e, RC_TEMP, "create %s/" BESIDE, path);
    if (rc == RC_OK)
        rc = finish(fd, s, e);
    if (fd >= 0)
        close(fd);
    if (rc == RC_OK && renameat(dir, BESIDE, dir, as) != 0)
        rc = err_sys(e, RC_TEMP, "put %s/%s in place", path, as);
    if (rc != RC_OK)
        (void)unlinkat(dir, BESIDE, 0);
    (void)fsync(dir);
    close(dir);
    return rc;
}
