/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/sheet_file.c - see pli/sheet_file.h. */
#include "pli/sheet_file.h"
#include "pli/conf.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static int port_of(const struct conf *conf, const char *listen)
{
    const char *colon = strrchr(conf_get(conf, listen), ':');
    uint64_t port;

    return colon && span_u64(span_str(colon + 1), 65535, &port) ? (int)port : 0;
}

static bool put(struct sheet_file *f)
{
    struct span rest = buf_span(&f->page);

    while (rest.n > 0 && !f->failed) {
        ssize_t n = write(f->fd, rest.p, rest.n);

        if (n > 0)
            rest = span_from(rest, (size_t)n);
        else if (n < 0 && errno != EINTR)
            f->failed = true;
    }
    buf_clear(&f->page);
    return !f->failed;
}

static int not_written(struct cmd *c, const char *name, int cause)
{
    if (cause == EEXIST)
        return cmd_fail(c, "%s exists: name a new file", name);
    if (cause == ENOENT)
        return cmd_fail(c, "%s cannot be written: make its folder first", name);
    return cmd_why(c, PLI_FAILED, cause_of_errno(cause), "%s cannot be written (%s)", name, strerror(cause));
}

int sheet_file_open(struct cmd *c, const char *name, const struct conf *conf, struct sheet_file *out)
{
    *out = (struct sheet_file){.fd = -1, .page = BUF_SECRET_INIT, .name = name};
    if (!name)
        return PLI_OK;
    out->at =
        (struct sheet_server){conf_hostname(conf), port_of(conf, "listen.imaps"), port_of(conf, "listen.submissions"),
                              port_of(conf, "listen.submission"), port_of(conf, "listen.ldaps")};
    out->fd = openat(c->start_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (out->fd < 0)
        return not_written(c, name, errno);
    sheets_begin(&out->page);
    return put(out) ? PLI_OK : not_written(c, name, errno);
}

bool sheet_file_add(struct sheet_file *f, struct span name, struct span address, struct span code)
{
    if (f->fd < 0)
        return true;
    sheets_add(&f->page, &f->at, name, address, code);
    f->sheets++;
    return put(f);
}

int sheet_file_close(struct cmd *c, struct sheet_file *f)
{
    int answer = PLI_OK;

    if (f->fd >= 0) {
        sheets_end(&f->page);
        if (!put(f) || fsync(f->fd) != 0)
            answer = not_written(c, f->name, errno);
        close(f->fd);
    }
    buf_free(&f->page);
    f->fd = -1;
    return answer;
}
