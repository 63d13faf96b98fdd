/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/super/log_key.c - see log_key.h. A key is written under another name first, so a start that is cut short leaves
 * no half key. */
#include "pli/super/log_key.h"
#include "base/wipe.h"
#include "pli/instance.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

static enum rc make_one(const char *root, const char *path, struct err *e)
{
    unsigned char key[LOGGED_KEY];
    char fresh[4096];
    int fd =
        open(inst_path(root, "keys/log.key.new", fresh), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
    bool ok;

    random_bytes(key, sizeof key);
    ok = fd >= 0 && write(fd, key, sizeof key) == (ssize_t)sizeof key && fsync(fd) == 0;
    wipe(key, sizeof key);
    if (fd >= 0)
        close(fd);
    if (ok && rename(fresh, path) == 0)
        return RC_OK;
    return err_sys(e, errno == ENOSPC ? RC_TEMP : RC_PERM, "%s cannot be made", path);
}

enum rc log_key_load(const char *root, bool make, unsigned char key_out[LOGGED_KEY], struct err *e)
{
    unsigned char key[LOGGED_KEY];
    char path[4096];
    enum rc rc = RC_OK;
    int fd;

    if (access(inst_path(root, "keys/log.key", path), F_OK) != 0 && errno == ENOENT && make)
        rc = make_one(root, path, e);
    if (rc != RC_OK)
        return rc;
    fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return err_sys(e, RC_PERM, "%s", path);
    if (read(fd, key, sizeof key) == (ssize_t)sizeof key)
        memcpy(key_out, key, sizeof key);
    else
        rc = err_set(e, RC_PERM,
                     "%s is cut short: delete it, and pli serve makes another (older lines are not found again)", path);
    close(fd);
    wipe(key, sizeof key);
    return rc;
}
