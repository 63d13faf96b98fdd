/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/input.c - see pli/input.h. */
#include "pli/input.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

int input_read(struct cmd *c, const char *name, size_t most, struct buf *out)
{
    int fd = strcmp(name, "-") == 0 ? 0 : openat(c->start_fd, name, O_RDONLY | O_CLOEXEC);
    char piece[65536];
    ssize_t n = 1;

    if (fd < 0)
        return cmd_sys(c, "%s cannot be read", name);
    while (n > 0 && out->n <= most) {
        n = read(fd, piece, sizeof piece);
        if (n > 0)
            buf_add(out, piece, (size_t)n);
        else if (n < 0 && errno == EINTR)
            n = 1;
    }
    if (fd > 0)
        close(fd);
    return n < 0 ? cmd_sys(c, "%s cannot be read", name) : PLI_OK;
}
