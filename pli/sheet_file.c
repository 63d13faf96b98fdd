/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/sheet_file.c - see pli/sheet_file.h. */
#include "pli/sheet_file.h"
#include "admin/names.h"
#include "base/clock.h"
#include "pli/conf.h"
#include "pli/people.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
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

enum { DAY_S = 24 * 3600, DAYS_MOST = 3650 };

/* How long a code is good: as the option says, or else the settings. Without the page nobody could use it. */
static int life_of(struct cmd *c, const struct conf *conf, uint64_t *seconds_out)
{
    uint64_t days = 0;
    int answer = PLI_OK;
    bool page = conf_get(conf, "listen.https")[0] != 0;

    *seconds_out = page ? (uint64_t)conf_num(conf, "account.code_life") : 0;
    if (!opt_get(c, "--code-days"))
        return PLI_OK;
    if (!number_option(c, "--code-days", DAYS_MOST, &days, &answer))
        return answer;
    if (days > 0 && !page)
        return cmd_usage(c, "--code-days: there is no page where a password could be chosen (listen.https is empty)");
    *seconds_out = days * DAY_S;
    return PLI_OK;
}

static int set_code(struct cmd *c, const struct conf *conf, struct sheet_file *f)
{
    uint64_t life, port = (uint64_t)port_of(conf, "listen.https");
    char when[32] = "", other[16] = "";
    int answer = life_of(c, conf, &life);

    if (answer != PLI_OK || life == 0)
        return answer;
    f->code_until = (uint64_t)clock_utc() + life;
    if (port != 443)
        snprintf(other, sizeof other, ":%llu", (unsigned long long)port);
    snprintf(f->choose, sizeof f->choose, "https://%.250s%s/mot-de-passe", conf_hostname(conf), other);
    (void)moment_text(f->code_until, when);
    snprintf(f->at.until, sizeof f->at.until, "%.2s/%.2s/%.4s", when + 8, when + 5, when);
    f->at.choose = f->choose;
    return PLI_OK;
}

/* A file without a sheet would be taken for one that has all of them, and stand in the way of the next run. */
static void let_go(struct cmd *c, struct sheet_file *f)
{
    if (f->fd >= 0)
        close(f->fd);
    if (f->fd >= 0 && f->sheets == 0)
        (void)unlinkat(c->start_fd, f->name, 0);
    buf_free(&f->page);
    f->fd = -1;
}

int sheet_file_open(struct cmd *c, const char *name, const struct conf *conf, struct sheet_file *out)
{
    int answer;

    *out = (struct sheet_file){.fd = -1, .page = BUF_SECRET_INIT, .name = name};
    if (!name)
        return PLI_OK;
    out->at = (struct sheet_server){.host = conf_hostname(conf),
                                    .imaps = port_of(conf, "listen.imaps"),
                                    .submissions = port_of(conf, "listen.submissions"),
                                    .submission = port_of(conf, "listen.submission")};
    book_of(conf_get(conf, "directory.uri"), conf_get(conf, "directory.base"), conf_get(conf, "listen.ldaps"),
            conf_hostname(conf), &out->at.book);
    answer = set_code(c, conf, out);
    if (answer != PLI_OK)
        return answer;
    out->fd = openat(c->start_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (out->fd < 0)
        return not_written(c, name, errno);
    sheets_begin(&out->page);
    if (put(out))
        return PLI_OK;
    answer = not_written(c, name, errno);
    let_go(c, out);
    return answer;
}

/* A file of accounts may spell a domain by its letters, "hôpital.example"; a DN of the directory has it as it is kept. */
bool sheet_file_add(struct sheet_file *f, struct span name, struct span address, struct span code)
{
    char kept[ADDRESS_ROOM];
    struct span domain;

    if (f->fd < 0)
        return true;
    if (address_normal(address, kept, &domain))
        address = span_str(kept);
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
    }
    let_go(c, f);
    return answer;
}
