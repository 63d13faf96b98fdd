/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/out.c - how a command answers and how it fails. See pli/cmd.h. */
#include "base/prepare.h"
#include "pli/cmd.h"
#include <errno.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What to do about a cause of which the line says only that it is so. */
static const struct {
    enum cause cause;
    const char *advice;
} advice[] = {
    {CAUSE_NOT_PERMITTED, "run this as root or as the instance's owner"},
    {CAUSE_DIR_TEMP, "the directory (slapd) does not answer: pli doctor says why"},
    {CAUSE_TIMED_OUT, "pli doctor says why"},
    {CAUSE_DISK_FULL, "make room on that disk"},
};

static void add_advice(enum cause cause, char *line, size_t room)
{
    size_t n = strlen(line);

    if (strstr(line, "run this as") || strstr(line, "run pli") || strstr(line, "pli doctor"))
        return; /* it says what to do */
    for (size_t i = 0; i < sizeof advice / sizeof *advice; i++)
        if (advice[i].cause == cause)
            snprintf(line + n, room - n, ": %s", advice[i].advice);
}

static void put_json(int rc, enum cause cause, const char *line, const char *words)
{
    const char *name = cause == CAUSE_NONE ? NULL : cause_name(cause);
    json_t *j = json_pack("{s:s,s:s*,s:s,s:i}", "error", line, "cause", name, "command", words, "exit", rc);

    if (!j)
        die("out of memory");
    json_dumpf(j, stderr, JSON_COMPACT);
    fputc('\n', stderr);
    json_decref(j);
}

__attribute__((format(printf, 4, 0))) static int complain(const struct cmd *c, int rc, enum cause cause,
                                                          const char *fmt, va_list ap)
{
    const char *words = c->def ? c->def->words : "";
    char line[1024];

    vsnprintf(line, sizeof line, fmt, ap);
    line[prepare_line(line, strlen(line))] = '\0'; /* one line, whatever the cause held */
    add_advice(cause, line, sizeof line);
    fflush(stdout);
    if (c->json)
        put_json(rc, cause, line, words);
    else
        fprintf(stderr, "pli%s%s: %s\n", words[0] ? " " : "", words, line);
    return rc;
}

int cmd_fail(const struct cmd *c, const char *fmt, ...)
{
    va_list ap;
    int rc;

    va_start(ap, fmt);
    rc = complain(c, PLI_FAILED, CAUSE_NONE, fmt, ap);
    va_end(ap);
    return rc;
}

int cmd_usage(const struct cmd *c, const char *fmt, ...)
{
    va_list ap;
    int rc;

    va_start(ap, fmt);
    rc = complain(c, PLI_USAGE, CAUSE_NONE, fmt, ap);
    va_end(ap);
    return rc;
}

int cmd_why(const struct cmd *c, int exit, enum cause cause, const char *fmt, ...)
{
    va_list ap;
    int rc;

    va_start(ap, fmt);
    rc = complain(c, exit, cause, fmt, ap);
    va_end(ap);
    return rc;
}

int cmd_sys(const struct cmd *c, const char *fmt, ...)
{
    enum cause cause = cause_of_errno(errno);
    va_list ap;
    int rc;

    va_start(ap, fmt);
    rc = complain(c, PLI_FAILED, cause, fmt, ap);
    va_end(ap);
    return rc;
}

int cmd_err(const struct cmd *c, const struct err *e)
{
    return cmd_why(c, PLI_FAILED, e->cause, "%s", e->log);
}

int out_json(json_t *j)
{
    if (!j)
        die("out of memory");
    json_dumpf(j, stdout, JSON_COMPACT | JSON_ENCODE_ANY);
    putchar('\n');
    json_decref(j);
    return PLI_OK;
}
