/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/input.c - see pli/input.h. */
#include "pli/input.h"
#include "admin/names.h"
#include "base/fd.h"
#include "base/log.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { SHOWN_MOST = 4096 };

int input_read(struct cmd *c, const char *name, size_t most, struct buf *out)
{
    int fd = strcmp(name, "-") == 0 ? 0 : openat(c->start_fd, name, O_RDONLY | O_CLOEXEC);
    bool good;

    if (fd < 0)
        return cmd_sys(c, "%s cannot be read (%s)", name, strerror(errno));
    good = fd_read_all(fd, most, out);
    if (fd > 0)
        close(fd);
    return good ? PLI_OK : cmd_sys(c, "%s cannot be read (%s)", name, strerror(errno));
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
