/* SPDX-License-Identifier: EUPL-1.2 */
/* base/fd.c - see base/fd.h. */
#include "base/fd.h"
#include <errno.h>
#include <unistd.h>

static ssize_t read_some(int fd, void *to, size_t room)
{
    ssize_t n;

    do
        n = read(fd, to, room);
    while (n < 0 && errno == EINTR);
    return n;
}

bool fd_read_all(int fd, size_t most, struct buf *out)
{
    unsigned char piece[16384];
    size_t got = 0;
    ssize_t n = 1;

    while (n > 0 && got <= most) {
        n = read_some(fd, piece, sizeof piece);
        if (n > 0) {
            buf_add(out, piece, (size_t)n);
            got += (size_t)n;
        }
    }
    return n >= 0;
}

bool fd_read_into(int fd, void *to, size_t room, size_t *n_out)
{
    ssize_t n = 1;

    *n_out = 0;
    while (n > 0 && *n_out < room) {
        n = read_some(fd, (unsigned char *)to + *n_out, room - *n_out);
        if (n > 0)
            *n_out += (size_t)n;
    }
    return n >= 0;
}

bool fd_write_all(int fd, struct span s)
{
    while (s.n > 0) {
        ssize_t n = write(fd, s.p, s.n);

        if (n == 0)
            errno = ENOSPC;
        if (n == 0 || (n < 0 && errno != EINTR))
            return false;
        if (n > 0)
            s = span_from(s, (size_t)n);
    }
    return true;
}
