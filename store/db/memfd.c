/* SPDX-License-Identifier: EUPL-1.2 */
/* store/db/memfd.c - see memfd.h. */
#include "store/db/memfd.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

enum rc memfd_check(int fd, uint64_t size, struct err *e)
{
    const int want = F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW;
    int seals = fcntl(fd, F_GET_SEALS);
    struct stat st;

    if (seals < 0 || (seals & want) != want)
        return err_set(e, RC_SYNTAX, "store: the descriptor is not a sealed memfd");
    if (fstat(fd, &st) != 0 || (uint64_t)st.st_size != size)
        return err_set(e, RC_SYNTAX, "store: the memfd has not the %llu bytes announced", (unsigned long long)size);
    return RC_OK;
}

enum rc memfd_read(int fd, uint64_t off, size_t n, struct buf *out, struct err *e)
{
    buf_clear(out);
    if (buf_reserve(out, n, e) != RC_OK)
        return RC_TEMP;
    while (out->n < n) {
        ssize_t got = pread(fd, out->p + out->n, n - out->n, (off_t)(off + out->n));

        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return err_sys(e, RC_TEMP, "store: read of the memfd");
        out->n += (size_t)got;
    }
    return RC_OK;
}

enum rc memfd_all(int fd, size_t most, struct buf *out, struct err *e)
{
    struct stat st;
    enum rc rc;

    if (fstat(fd, &st) != 0 || st.st_size < 0 || (uint64_t)st.st_size > most)
        return err_set(e, RC_SYNTAX, "store: the memfd has more than %zu bytes", most);
    rc = memfd_check(fd, (uint64_t)st.st_size, e);
    return rc == RC_OK ? memfd_read(fd, 0, (size_t)st.st_size, out, e) : rc;
}
