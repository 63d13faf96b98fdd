/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/out.c - how a command answers and how it fails. See pli/cmd.h. */
#include "pli/cmd.h"
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A cause that only says what failed, and what to do about it. The first that fits is added to the line. */
static const struct {
    const char *cause, *advice;
} advice[] = {
    {"not for uid", "run this as root or as the instance's owner"},
    {"is not role", "run this as root or as the instance's owner"},
    {"not for role", "run this as root or as the instance's owner"},
    {"Timed out (-5)", "the directory (slapd) does not answer in time: pli doctor says why"},
    {"does not answer within", "pli doctor says why"},
    {"no answer before the deadline", "pli doctor says why"},
    {"Can't contact LDAP server", "the directory (slapd) is not there: pli doctor says why"},
    {"Permission denied", "run this as root or as the instance's owner"},
    {"No space left on device", "make room on that disk"},
    {"is not there", "pli doctor says why"},
};

static void add_advice(char *line, size_t room)
{
    size_t n = strlen(line);

    for (size_t i = 0; i < sizeof advice / sizeof *advice; i++)
        if (strstr(line, advice[i].cause)) {
            if (!strstr(line, "run this as") && !strstr(line, "run pli") && !strstr(line, "pli doctor"))
                snprintf(line + n, room - n, ": %s", advice[i].advice);
            return;
        }
}

static int complain(const struct cmd *c, int rc, const char *fmt, va_list ap)
{
    const char *words = c->def ? c->def->words : "";
    char line[1024];
    json_t *j;

    vsnprintf(line, sizeof line, fmt, ap);
    for (char *p = line; *p; p++) /* one line, whatever the cause held */
        if ((unsigned char)*p < ' ')
            *p = ' ';
    add_advice(line, sizeof line);
    fflush(stdout);
    j = c->json ? json_pack("{s:s,s:s,s:i}", "error", line, "command", words, "exit", rc) : NULL;
    if (j) {
        json_dumpf(j, stderr, JSON_COMPACT);
        fputc('\n', stderr);
        json_decref(j);
    } else
        fprintf(stderr, "pli%s%s: %s\n", words[0] ? " " : "", words, line);
    return rc;
}

int cmd_fail(const struct cmd *c, const char *fmt, ...)
{
    va_list ap;
    int rc;

    va_start(ap, fmt);
    rc = complain(c, PLI_FAILED, fmt, ap);
    va_end(ap);
    return rc;
}

int cmd_usage(const struct cmd *c, const char *fmt, ...)
{
    va_list ap;
    int rc;

    va_start(ap, fmt);
    rc = complain(c, PLI_USAGE, fmt, ap);
    va_end(ap);
    return rc;
}

int cmd_err(const struct cmd *c, const struct err *e)
{
    return cmd_fail(c, "%s", e->log);
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
