/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/input.c - see pli/input.h. */
#include "pli/input.h"
#include "admin/names.h"
#include "base/log.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { SHOWN_MOST = 4096 };

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

void input_show(FILE *to, struct span words)
{
    struct buf as = BUF_INIT;
    struct err e;

    if (text_normal(words, SHOWN_MOST, &as, &e) == RC_OK)
        fprintf(to, "%.*s", SPAN_ARG(words));
    else
        fputs(log_esc(words), to);
    buf_free(&as);
}
