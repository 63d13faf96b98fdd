/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/cmd/log.c - pli log find ADDRESS: the lines of the log that name this envelope address, a patient's under its hash (flow/logged.h). */
#include "pli/cmds.h"
#include "pli/instance.h"
#include "pli/super/log_key.h"
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* "to=a@b,c@d address=e@f": the name stands there whole, not as the end or the head of another. */
static bool names(const char *line, const char *name)
{
    size_t n = strlen(name);

    for (const char *p = strstr(line, name); p; p = strstr(p + 1, name))
        if (p > line && strchr("=, ", p[-1]) && (p[n] == 0 || strchr(", \n", p[n])))
            return true;
    return false;
}

static void take(const char *line, json_t *rows)
{
    if (rows)
        json_array_append_new(rows, json_stringn(line, strcspn(line, "\n")));
    else
        fputs(line, stdout);
}

/* RC_NOTFOUND: no such file. */
static enum rc look_in(const char *path, const char *name, json_t *rows, size_t *n, struct err *e)
{
    FILE *f = fopen(path, "re");
    char *line = NULL;
    size_t cap = 0;

    if (!f)
        return err_sys(e, errno == ENOENT ? RC_NOTFOUND : RC_PERM, "%s", path);
    while (getline(&line, &cap, f) > 0)
        if (names(line, name)) {
            take(line, rows);
            ++*n;
        }
    free(line);
    fclose(f);
    return RC_OK;
}

int cmd_log_find(struct cmd *c)
{
    static const char *const files[] = {"log/pli.log.1", "log/pli.log"}; /* the older first */
    unsigned char key[LOGGED_KEY];
    char name[LOGGED_MAX], path[4096];
    json_t *rows = c->json ? json_array() : NULL;
    enum rc rc;
    struct err e;
    size_t n = 0;

    rc = log_key_load(c->root, false, key, &e);
    if (rc != RC_OK)
        return cmd_err(c, &e);
    logged_key(key);
    logged_address(span_str(c->pos[0]), name);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        rc = look_in(inst_path(c->root, files[i], path), name, rows, &n, &e);
        if (rc != RC_OK && rc != RC_NOTFOUND)
            return cmd_err(c, &e);
    }
    if (rows)
        return out_json(rows);
    return n > 0 ? PLI_OK : cmd_fail(c, "the log does not name %s (%s)", c->pos[0], name);
}
