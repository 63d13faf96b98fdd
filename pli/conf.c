/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/conf.c - see pli/conf.h. The tables of libconfuse are made from settings[], section by section. Every value is
 * read as text and judged by setting_check(), so that ranges and units are defined in one place. */
#include "pli/conf.h"
#include <confuse.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SECTIONS_MAX = 32, OPTIONS_MAX = 64, FILE_MAX = 1024 * 1024 };
#define SENTINEL "pli_conf_ends_here" /* put behind the text: where it is not known, a section is open */

struct conf {
    char **values; /* as in settings[]; NULL: not in the file */
    int *lines;    /* where each stands; 0: nowhere */
    size_t n;
    char path[4096];
    char hostname[300];
};

/* libconfuse reports through a callback without a user pointer: the first complaint of this parse. */
static struct err *complaint;
static const char *complaint_path;

/* What the library says of an option it does not know becomes a line that helps. */
static void unknown_option(const char *section, const char *name, size_t n, int line)
{
    char full[128];

    if (span_eq_str(span_of(name, n), SENTINEL)) {
        (void)!err_set(complaint, RC_SYNTAX, "%s: section %s is not closed: a } is missing", complaint_path, section);
        return;
    }
    snprintf(full, sizeof full, "%.40s%s%.*s", section, section[0] ? "." : "", (int)(n < 60 ? n : 60), name);
    if (setting_find(full)) { /* the dotted name, as messages write it, is not the file's form */
        (void)!err_set(complaint, RC_SYNTAX, "%s line %d: write %.*s { %s = ... }", complaint_path, line,
                       (int)strcspn(full, "."), full, strchr(full, '.') + 1);
        return;
    }
    (void)!err_set(complaint, RC_SYNTAX, "%s line %d: unknown option %s: did you mean %s?", complaint_path, line, full,
                   setting_nearest(full));
}

static void on_error(cfg_t *cfg, const char *fmt, va_list ap)
{
    static const char unknown[] = "no such option '";
    char text[200];
    const char *name = cfg && cfg->name && strcmp(cfg->name, "root") != 0 ? cfg->name : "", *quote;
    int line = cfg ? cfg->line : 0;

    if (!complaint || complaint->rc != RC_OK)
        return;
    vsnprintf(text, sizeof text, fmt, ap);
    quote = strstr(text, unknown);
    if (quote)
        unknown_option(name, quote + sizeof unknown - 1, strcspn(quote + sizeof unknown - 1, "'"), line);
    else
        (void)!err_set(complaint, RC_SYNTAX, "%s line %d: %s", complaint_path, line, text);
}

/* The tables the library wants: one of sections, one of options for each. */
struct tables {
    cfg_opt_t sections[SECTIONS_MAX + 2];
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
    const cfg_opt_t last = CFG_STR(SENTINEL, NULL, CFGF_NODEFAULT);
    t->sections[t->n_sections] = last;
    t->sections[t->n_sections + 1] = end;
}

static enum rc take_values(struct conf *c, cfg_t *cfg, struct span text, struct err *e)
{
    int64_t num;

    for (size_t i = 0; settings[i].name; i++) {
        const char *v;
        char key[128];
        snprintf(key, sizeof key, "%.*s|%s", (int)strcspn(settings[i].name, "."), settings[i].name,
                 strchr(settings[i].name, '.') + 1);
        v = cfg_getstr(cfg, key);
        if (!v)
            continue;
        c->lines[i] = conf_line_of(text, settings[i].name);
        if (setting_check(&settings[i], v, &num, e) != RC_OK) {
            struct err cause = *e;
            return err_set(e, RC_SYNTAX, "%s line %d: %s", c->path, c->lines[i], cause.log);
        }
        c->values[i] = span_dup(span_str(v));
    }
    return RC_OK;
}

/* The library (3.3) counts the lines of comments twice: they go before it sees the text, their line ends stay. */
static enum rc read_text(const char *path, struct buf *text, struct err *e)
{
    FILE *f = fopen(path, "re");
    char *line = NULL;
    size_t room = 0;
    ssize_t n;

    if (!f)
        return err_sys(e, RC_NOTFOUND, "%s cannot be read", path);
    while ((n = getline(&line, &room, f)) > 0 && text->n < FILE_MAX)
        buf_addstr(text, line[strspn(line, " \t")] == '#' ? "\n" : line);
    buf_addstr(text, "\n" SENTINEL " = \"\"\n");
    free(line);
    fclose(f);
    if (text->n >= FILE_MAX)
        return err_set(e, RC_SYNTAX, "%s is longer than %d bytes", path, FILE_MAX);
    return RC_OK;
}

static enum rc parse_text(struct conf *c, const char *path, const char *text, struct err *e)
{
    struct tables *t = calloc(1, sizeof *t);
    cfg_t *cfg;
    enum rc rc;

    if (!t)
        die("out of memory");
    tables_make(t);
    cfg = cfg_init(t->sections, CFGF_NONE);
    if (!cfg)
        die("out of memory");
    cfg_set_error_function(cfg, on_error);
    *e = (struct err){0};
    complaint = e;
    complaint_path = path;
    if (cfg_parse_buf(cfg, text) == CFG_SUCCESS && e->rc == RC_OK)
        rc = take_values(c, cfg, span_str(text), e);
    else
        rc = e->rc != RC_OK ? e->rc : err_set(e, RC_SYNTAX, "%s is not understood", path);
    complaint = NULL;
    cfg_free(cfg);
    free(t);
    return rc;
}

static enum rc parse(struct conf *c, const char *path, struct err *e)
{
    struct buf text = BUF_INIT;
    enum rc rc = read_text(path, &text, e);

    if (rc == RC_OK)
        rc = parse_text(c, path, buf_cstr(&text), e);
    buf_free(&text);
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
    c->lines = calloc(c->n, sizeof *c->lines);
    snprintf(c->path, sizeof c->path, "%s", path);
    if (!c->values || !c->lines)
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
    free(c->lines);
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

enum rc conf_bad(const struct conf *c, const char *name, struct err *e, const char *fmt, ...)
{
    int line = c->lines[index_of(name)];
    char why[300], where[24] = "";
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(why, sizeof why, fmt, ap);
    va_end(ap);
    if (line > 0)
        snprintf(where, sizeof where, " line %d", line);
    return err_set(e, RC_SYNTAX, "%s%s: %s = \"%s\": %s", c->path, where, name, conf_get(c, name), why);
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
