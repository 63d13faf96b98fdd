/* SPDX-License-Identifier: EUPL-1.2 */
/* admin/place_file.c - one file of somebody else's folder, whole. No link is followed and nothing but a plain file is opened for long: an administrator's
 * process must not be led to read what its owner could not. */
#include "admin/place_maildir_int.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static enum rc take(int fd, uint64_t size, const char *name, struct buf *out, struct err *e)
{
    enum rc rc = buf_reserve(out, (size_t)size + 1, e);
    ssize_t n = 1;

    while (rc == RC_OK && n > 0) {
        rc = buf_reserve(out, 65536, e);
        n = rc == RC_OK ? read(fd, out->p + out->n, 65536) : 0;
        out->n += n > 0 ? (size_t)n : 0;
    }
    return n < 0 ? err_sys(e, RC_PERM, "%.200s cannot be read", name) : rc;
}

enum rc place_file(int dir, const char *name, uint64_t most, struct buf *out, int64_t *changed_out, struct err *e)
{
    int fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
    struct stat st;
    enum rc rc;

    if (fd < 0)
        return err_sys(e, errno == ENOENT ? RC_NOTFOUND : RC_PERM, "%.200s cannot be opened", name);
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
        rc = err_set(e, RC_PERM, "%.200s is no plain file", name);
    else if (most > 0 && (uint64_t)st.st_size > most)
        rc = err_set(e, RC_PERM, "%llu octets are more than the %llu that are taken", (unsigned long long)st.st_size,
                     (unsigned long long)most);
    else
        rc = take(fd, (uint64_t)st.st_size, name, out, e);
    if (rc == RC_OK && changed_out != NULL)
        *changed_out = st.st_mtime;
    close(fd);
    return rc;
}
