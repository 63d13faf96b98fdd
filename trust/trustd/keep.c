/* SPDX-License-Identifier: EUPL-1.2 */
/* trust/trustd/keep.c - see trust/trustd/keep.h. */
#include "trust/trustd/keep.h"
#include "base/fd.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

static void flush_dir(const char *dir)
{
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd >= 0) {
        (void)fsync(fd);
        close(fd);
    }
}

enum rc keep_file(const char *dir, const char *name, struct span octets, struct err *e)
{
    char path[KEEP_PATH], beside[KEEP_PATH];
    enum rc rc;
    int fd;

    if (snprintf(beside, sizeof beside, "%s/%s.new", dir, name) >= (int)sizeof beside)
        return err_set(e, RC_TEMP, "%.200s/%.80s: too long a name", dir, name);
    (void)snprintf(path, sizeof path, "%s/%s", dir, name);
    fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0)
        return err_sys(e, RC_TEMP, "%s", beside);
    rc = fd_write_all(fd, octets) && fsync(fd) == 0 ? RC_OK : err_sys(e, RC_TEMP, "%s", beside);
    close(fd);
    if (rc == RC_OK && rename(beside, path) != 0)
        rc = err_sys(e, RC_TEMP, "%s", path);
    if (rc == RC_OK)
        flush_dir(dir);
    else
        (void)unlink(beside);
    return rc;
}
