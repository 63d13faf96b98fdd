/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/white_lists.c - see pli/white_lists.h. */
#include "pli/white_lists.h"
#include "base/clock.h"
#include "base/fd.h"
#include "policies/causes.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

static int read_pem(struct cmd *c, const char *path, struct buf *out)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0 || !fd_read_all(fd, TRUST_PEM_MAX, out))
        return cmd_sys(c, "%s cannot be read (%s)", path, strerror(errno));
    close(fd);
    return out->n <= TRUST_PEM_MAX ? PLI_OK : cmd_fail(c, "%s is too long for one certificate", path);
}

/* Standard input may be a pipe, and what trustd gets must be a file. */
static int copy_input(struct cmd *c, int *fd_out)
{
    unsigned char piece[65536];
    ssize_t n;
    int fd = memfd_create("pli-white-list", MFD_CLOEXEC);

    while (fd >= 0 && (n = read(STDIN_FILENO, piece, sizeof piece)) > 0)
        if (write(fd, piece, (size_t)n) != n)
            return cmd_sys(c, "the list cannot be kept in memory (%s)", strerror(errno));
    *fd_out = fd;
    return fd >= 0 ? PLI_OK : cmd_sys(c, "no memory for the list (%s)", strerror(errno));
}

int white_list_name(struct cmd *c, const char *name, struct white_list_named *out)
{
    const char *signer = opt_get(c, "--signer");
    int answer = PLI_OK;

    *out = (struct white_list_named){.from = {.fd = -1}, .signer_pem = BUF_INIT};
    if (signer)
        answer = read_pem(c, signer, &out->signer_pem);
    if (answer != PLI_OK || !name)
        return answer;
    if (strncmp(name, "http://", 7) == 0 || strncmp(name, "https://", 8) == 0)
        out->from.url = span_str(name);
    else if (strcmp(name, "-") == 0)
        answer = copy_input(c, &out->from.fd);
    else if ((out->from.fd = open(name, O_RDONLY | O_CLOEXEC)) < 0)
        answer = cmd_sys(c, "%s cannot be read (%s)", name, strerror(errno));
    if (answer == PLI_OK && out->from.fd >= 0 && lseek(out->from.fd, 0, SEEK_END) == 0)
        answer = cmd_fail(c, "%s is empty", name);
    return answer;
}

void white_list_named_free(struct white_list_named *n)
{
    if (n->from.fd >= 0)
        close(n->from.fd);
    buf_free(&n->signer_pem);
}

const char *when_text(uint64_t utc, char out[WHEN_TEXT])
{
    time_t t = (time_t)utc;
    int64_t age = clock_utc() - (int64_t)utc;
    char date[32];
    struct tm tm;

    if (utc == 0) {
        snprintf(out, WHEN_TEXT, "never");
        return out;
    }
    gmtime_r(&t, &tm);
    strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%SZ", &tm);
    if (age < 0)
        snprintf(out, WHEN_TEXT, "%s", date);
    else if (age < 7200)
        snprintf(out, WHEN_TEXT, "%s (%lld min ago)", date, (long long)age / 60);
    else if (age < 2 * 86400)
        snprintf(out, WHEN_TEXT, "%s (%lld h ago)", date, (long long)age / 3600);
    else
        snprintf(out, WHEN_TEXT, "%s (%lld days ago)", date, (long long)age / 86400);
    return out;
}

int white_list_refused(struct cmd *c, const struct err *e)
{
    static const struct {
        enum cause cause;
        const char *advice;
    } advices[] = {
        {CAUSE_LIST_OLDER, "; --accept-loss takes it all the same"},
        {CAUSE_LIST_LOSS, "; look with pli trust diff, and take it with --accept-loss if it is meant"},
        {CAUSE_LIST_SIGNER, "; name the signer with --signer CERT.pem, or trust.anchors and trust.signer in pli.conf"},
    };
    const char *advice = "";

    if (e->cause < CAUSE_LIST_UNREADABLE || e->cause > CAUSE_LIST_LOSS)
        return cmd_err(c, e);
    for (size_t i = 0; i < sizeof advices / sizeof *advices; i++)
        if (advices[i].cause == e->cause)
            advice = advices[i].advice;
    return cmd_fail(c, "refused: %s: %s%s; the list in use stays", cause_row(e->cause)->en, e->log, advice);
}
