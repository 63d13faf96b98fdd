/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/out.c - how a command answers and how it fails. See pli/cmd.h. */
#include "pli/cmd.h"
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static void complain(const struct cmd *c, const char *fmt, va_list ap)
{
    char line[1024];

    vsnprintf(line, sizeof line, fmt, ap);
    for (char *p = line; *p; p++) /* one line, whatever the cause held */
        if ((unsigned char)*p < ' ')
            *p = ' ';
    fflush(stdout);
    fprintf(stderr, "pli%s%s: %s\n", c->def ? " " : "", c->def ? c->def->words : "", line);
}

int cmd_fail(const struct cmd *c, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    complain(c, fmt, ap);
    va_end(ap);
    return PLI_FAILED;
}

int cmd_usage(const struct cmd *c, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    complain(c, fmt, ap);
    va_end(ap);
    return PLI_USAGE;
}

int cmd_err(const struct cmd *c, const struct err *e)
{
    return cmd_fail(c, "%s", e->log[0] ? e->log : e->say);
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
