/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/conf.c - see pli/conf.h. The library's tables are made from settings[], section by section; every value is read as
 * text and judged by setting_check(), so that ranges and units live in one place. */
#include "pli/conf.h"
#include <confuse.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SECTIONS_MAX = 32, OPTIONS_MAX = 64 };

struct conf {
    char **values; /* as in settings[]; NULL: not in the file */
    size_t n;
    char hostname[300];
};

/* libconfuse reports through a callback without a user pointer: the first complaint of this parse. */
static struct err *complaint;

static void on_error(cfg_t *cfg, const char *fmt, va_list ap)
{
    char text[200], full[128];
    const char *quote, *name = cfg && cfg->name ? cfg->name : "";
    int line = cfg ? cfg->line : 0;

    if (!complaint || complaint->rc != RC_OK)
        return;
    vsnprintf(text, sizeof text, fmt, ap);
    quote = strstr(text, "no such option '");
    if (!quote) {
        (void)!err_set(complaint, RC_SYNTAX, NULL, NULL, "%s line %d: %s", cfg && cfg->filename ? cfg->filename : "pli.conf", line, text);
        return;
    }
    quote += strlen("no such option '");
    if (strcmp(name, "root") == 0)
        snprintf(full, sizeof full, "%.*s", (int)strcspn(quote, "'"), quote);
    else
        snprintf(full, sizeof full, "%.40s.%.*s", name, (int)strcspn(quote, "'"), quote);
    (void)!err_set(complaint, RC_SYNTAX, NULL, NULL, "%s line %d: unknown option %s: did you mean %s?",
                   cfg && cfg->filename ? cfg->filename : "pli.conf", line, full, setting_nearest(full));
}

/* The tables the library wants: one of sections, one of options for each. */
struct tables {
    cfg_opt_t sections[SECTIONS_MAX + 1];
    cfg_opt_t options[SECTIONS_MAX][OPTIONS_MAX + 1];
    char names[SECTIONS_MAX][32];
    size_t n_sections, n_options[SECTIONS_MAX];
};

static size_t section_of(struct tables *t, const char *name)
{
    size_t len = strcspn(name, "."), i;

    for (i = 0; i < t->n_sections; i++)
        if (strlen(t->names[i]) == len && strncmp(t->names[i], name, len) == 0)
            return i;
    if (i == SECTIONS_MAX || len >= sizeof t->names[0])
        bug("settings: more than %d sections", SECTIONS_MAX);
    memcpy(t->names[i], name, len);
    t->n_sections++;
    return i;
}

static void tables_make(struct tables *t)
{
    const cfg_opt_t end = CFG_END();

    for (const struct setting *s = settings; s->name; s++) {
        size_t i = section_of(t, s->name), k = t->n_options[i]++;
        const cfg_opt_t o = CFG_STR(strchr(s->name, '.') + 1, NULL, CFGF_NODEFAULT);
        if (k == OPTIONS_MAX)
            bug("settings: more than %d options in %s", OPTIONS_MAX, t->names[i]);
        t->options[i][k] = o;
        t->options[i][k + 1] = end;
    }
    for (size_t i = 0; i < t->n_sections; i++) {
        const cfg_opt_t sec = CFG_SEC(t->names[i], t->options[i], CFGF_NONE);
        t->sections[i] = sec;
    }
    t->sections[t->n_sections] = end;
}

static enum rc take_values(struct conf *c, cfg_t *cfg, const char *path, struct err *e)
{
    int64_t num;

    for (size_t i = 0; settings[i].name; i++) {
        const char *v;
        char key[128];
        snprintf(key, sizeof key, "%.*s|%s", (int)strcspn(settings[i].name, "."), settings[i].name, strchr(settings[i].name, '.') + 1);
        v = cfg_getstr(cfg, key);
        if (!v)
            continue;
        if (setting_check(&settings[i], v, &num, e) != RC_OK) {
            struct err cause = *e;
            return err_set(e, RC_SYNTAX, NULL, NULL, "%s: %s", path, cause.log);
        }
        c->values[i] = span_dup(span_str(v));
    }
    return RC_OK;
}

static enum rc parse(struct conf *c, const char *path, struct err *e)
{
    struct tables *t = calloc(1, sizeof *t);
    cfg_t *cfg;
    enum rc rc = RC_OK;
    int got;

    if (!t)
        die("out of memory");
    tables_make(t);
    cfg = cfg_init(t->sections, CFGF_NONE);
    if (!cfg)
        die("out of memory");
    cfg_set_error_function(cfg, on_error);
    *e = (struct err){0};
    complaint = e;
    errno = 0;
    got = cfg_parse(cfg, path);
    complaint = NULL;
    if (got == CFG_FILE_ERROR)
        rc = err_sys(e, RC_NOTFOUND, "%s cannot be read", path);
    else if (got != CFG_SUCCESS)
        rc = e->rc != RC_OK ? e->rc : err_set(e, RC_SYNTAX, NULL, NULL, "%s is not understood", path);
    else
        rc = take_values(c, cfg, path, e);
    cfg_free(cfg);
    free(t);
    return rc;
}

enum rc conf_load(const char *path, struct conf **c_out, struct err *e)
{
    struct conf *c = calloc(1, sizeof *c);
    enum rc rc;

    if (!c)
        die("out of memory");
    while (settings[c->n].name)
        c->n++;
    c->values = calloc(c->n, sizeof *c->values);
    if (!c->values)
        die("out of memory");
    rc = parse(c, path, e);
    if (rc != RC_OK) {
        conf_free(&c);
        return rc;
    }
    snprintf(c->hostname, sizeof c->hostname, "%s%s", conf_get(c, "instance.hostname")[0] ? "" : "mail.",
             conf_get(c, "instance.hostname")[0] ? conf_get(c, "instance.hostname") : conf_get(c, "instance.domain"));
    *c_out = c;
    return RC_OK;
}

void conf_free(struct conf **cp)
{
    struct conf *c = *cp;

    if (!c)
        return;
    *cp = NULL;
    for (size_t i = 0; i < c->n; i++)
        free(c->values[i]);
    free(c->values);
    free(c);
}

static size_t index_of(const char *name)
{
    const struct setting *s = setting_find(name);

    if (!s)
        bug("no option %s in the table", name);
    return (size_t)(s - settings);
}

const char *conf_get(const struct conf *c, const char *name)
{
    size_t i = index_of(name);

    return c->values[i] ? c->values[i] : settings[i].def;
}

int64_t conf_num(const struct conf *c, const char *name)
{
    int64_t num = 0;
    struct err e;

    if (setting_check(&settings[index_of(name)], conf_get(c, name), &num, &e) != RC_OK)
        bug("%s", e.log); /* checked when loaded; defaults are checked by a test */
    return num;
}

bool conf_given(const struct conf *c, const char *name)
{
    return c->values[index_of(name)] != NULL;
}

const char *conf_hostname(const struct conf *c)
{
    return c->hostname;
}

static const char *value_set(const char *const *set, const char *name)
{
    for (; set && set[0]; set += 2)
        if (strcmp(set[0], name) == 0)
            return set[1];
    return NULL;
}

void conf_write(struct buf *out, const char *const *set)
{
    const char *section = "";
    size_t len = 0;

    buf_addstr(out, "# pli.conf - the settings of this instance: see pli.conf(5). A line behind # shows a default.\n"
                    "# After a change: pli serve -n checks this file; a restart of pli serve takes it up.\n");
    for (const struct setting *s = settings; s->name; s++) {
        const char *v = value_set(set, s->name);
        if (strncmp(s->name, section, len + 1) != 0) {
            buf_addf(out, "%s\n%.*s {\n", section[0] ? "}\n" : "", (int)strcspn(s->name, "."), s->name);
            section = s->name;
            len = strcspn(s->name, ".");
        }
        buf_addf(out, "    # %s\n    %s%s = \"%s\"\n", s->help, v ? "" : "# ", s->name + len + 1, v ? v : s->def);
    }
    buf_addstr(out, "}\n");
}
