/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/cmd/directory_import.c - pli directory import, stats: a file of the national directory, what it changed and what was refused of it. */
#include "admin/national.h"
#include "base/clock.h"
#include "pli/certs.h"
#include "pli/cmds.h"
#include "pli/conf.h"
#include "pli/instance.h"
#include "pli/people.h"
#include "pli/super/procs.h"
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { SHOWN_MOST = 1000, CELLS = 30, EVERY_MS = 100 };

struct show {
    struct cmd *c;
    json_t *refused;
    bool drawn;
    int64_t next_draw;
};

static void wipe_bar(struct show *s)
{
    if (s->drawn)
        fprintf(stderr, "\r\033[K");
    s->drawn = false;
}

static void bar(void *ctx, const char *what, uint64_t done, uint64_t of)
{
    struct show *s = ctx;
    int cells = of > 0 && done < of ? (int)(done * CELLS / of) : CELLS;

    if (clock_mono() < s->next_draw)
        return;
    s->next_draw = deadline_in(EVERY_MS);
    fprintf(stderr, "\r\033[K[%.*s%*s] %s %d %%", cells, "##############################", CELLS - cells, "", what,
            cells * 100 / CELLS);
    s->drawn = true;
}

/* Of very many only the first are shown, and all are counted. They are the publisher's to mend and no failure: standard error stays for what changed nothing, such that a
 * job that throws the output away hears of failures alone. */
static void refused(void *ctx, uint64_t line, enum national_fault f)
{
    struct show *s = ctx;

    if (json_array_size(s->refused) >= SHOWN_MOST)
        return;
    json_array_append_new(s->refused, json_pack("{s:I,s:s,s:s}", "line", (json_int_t)line, "cause",
                                                national_fault_word(f), "why", national_fault_text(f)));
    if (s->c->json)
        return;
    wipe_bar(s);
    printf("line %llu: refused: %s\n", (unsigned long long)line, national_fault_text(f));
}

static const char *const ways[] = {
    [NW_NOTHING] = "nothing", [NW_ONLINE] = "differences", [NW_WHOLE] = "whole", [NW_DRY] = "dry-run"};

static json_t *faults_json(const struct national_report *r)
{
    json_t *faults = json_object();

    for (int f = NF_NONE + 1; f < NF_MAX_; f++)
        if (r->faults[f] > 0)
            json_object_set_new(faults, national_fault_word((enum national_fault)f),
                                json_integer((json_int_t)r->faults[f]));
    return faults;
}

static json_t *report_json(const struct show *s, const struct national_report *r)
{
    const struct {
        const char *name;
        uint64_t n;
    } figures[] = {{"lines", r->lines},
                   {"duplicates", r->twice},
                   {"refused", r->refused},
                   {"before", r->before},
                   {"entries", r->entries},
                   {"added", r->added},
                   {"changed", r->changed},
                   {"removed", r->removed},
                   {"persons", r->persons},
                   {"persons_before", r->persons_before},
                   {"persons_added", r->persons_added},
                   {"persons_changed", r->persons_changed},
                   {"persons_removed", r->persons_removed}};
    size_t n = sizeof figures / sizeof *figures;
    json_t *j = json_object();

    for (size_t i = 0; i < (r->kind == NK_PERSONS ? n : n - 4); i++)
        json_object_set_new(j, figures[i].name, json_integer((json_int_t)figures[i].n));
    json_object_set_new(j, "file", json_string(r->kind == NK_PERSONS ? "persons" : "mailboxes"));
    json_object_set_new(j, "written", json_string(ways[r->way]));
    json_object_set_new(j, "causes", faults_json(r));
    json_object_set(j, "refused_lines", s->refused);
    return j;
}

static int show_report(const struct show *s, const struct national_report *r)
{
    const char *dry = r->way == NW_DRY ? " if this were no dry run" : "";

    if (s->c->json)
        return out_json(report_json(s, r));
    printf("%llu lines, %llu refused, %llu said twice: %llu entries, %llu persons\n", (unsigned long long)r->lines,
           (unsigned long long)r->refused, (unsigned long long)r->twice, (unsigned long long)r->entries,
           (unsigned long long)r->persons);
    printf("entries: %llu added, %llu changed, %llu removed%s\n", (unsigned long long)r->added,
           (unsigned long long)r->changed, (unsigned long long)r->removed, dry);
    if (r->kind == NK_PERSONS)
        printf("persons: %llu added, %llu changed, %llu removed%s\n", (unsigned long long)r->persons_added,
               (unsigned long long)r->persons_changed, (unsigned long long)r->persons_removed, dry);
    return PLI_OK;
}

static int import(struct cmd *c, struct national_how *how)
{
    struct show s = {.c = c, .refused = json_array()};
    struct national_report r;
    struct err e;
    enum rc rc;
    int answer;

    how->watch = (struct national_watch){refused, isatty(2) && !c->json ? bar : NULL, &s};
    rc = national_import(how, &r, &e);
    wipe_bar(&s);
    if (rc == RC_SYNTAX)
        answer = cmd_why(c, PLI_FAILED, e.cause, "%s: %s; nothing was changed", c->pos[0], e.log);
    else
        answer = rc == RC_OK ? PLI_OK : cmd_err(c, &e);
    if (answer == PLI_OK && r.restart)
        answer = directory_restart(c); /* the copy is in place already: the next start of slapd serves it */
    if (answer == PLI_OK)
        answer = show_report(&s, &r);
    json_decref(s.refused);
    return answer;
}

static int with_conf(struct cmd *c, const struct conf *conf, int fd)
{
    static const char *const none[] = {NULL};
    uid_t uids[PROCS_];
    struct embedded_spec spec = {.dir = c->root, .domains = none, .ldap_addr = "127.0.0.1"};
    struct national_how how = {.spec = &spec, .fd = fd, .served = inst_served(".", NULL)};

    if (conf_get(conf, "directory.uri")[0])
        return cmd_fail(
            c, "the directory is the site's own (directory.uri): the national copy is kept in the embedded one");
    proc_uids(conf_get(conf, "instance.users"), conf_num(conf, "instance.uid_base"), uids);
    spec.uid = uids[P_SLAPD];
    spec.gid = (gid_t)uids[P_SLAPD];
    how.max_loss = (unsigned)conf_num(conf, "directory.max_loss");
    how.dry_run = opt_get(c, "--dry-run") != NULL;
    how.accept_loss = opt_get(c, "--accept-loss") != NULL;
    return import(c, &how);
}

int cmd_directory_import(struct cmd *c)
{
    struct conf *conf = NULL;
    int fd = openat(c->start_fd, c->pos[0], O_RDONLY | O_CLOEXEC | O_NONBLOCK), answer;

    if (fd < 0)
        return cmd_sys(c, "%s cannot be read (%s)", c->pos[0], strerror(errno));
    answer = inst_conf(c, &conf);
    if (answer == PLI_OK)
        answer = with_conf(c, conf, fd);
    conf_free(&conf);
    close(fd);
    return answer;
}

int cmd_directory_stats(struct cmd *c)
{
    char when[32] = "";
    uint64_t n = 0, persons = 0;
    int64_t at = 0;
    struct err e;
    enum rc rc = national_stats(c->root, &n, &persons, &at, &e);

    if (rc != RC_OK && rc != RC_NOTFOUND)
        return cmd_err(c, &e);
    if (rc == RC_OK)
        clock_iso(at * 1000, when);
    if (c->json)
        return out_json(json_pack("{s:I,s:I,s:s}", "national_entries", (json_int_t)n, "national_persons",
                                  (json_int_t)persons, "national_changed", when));
    if (rc == RC_OK)
        printf("national copy: %llu entries, last changed %s; %llu persons\n", (unsigned long long)n, when,
               (unsigned long long)persons);
    else
        printf("national copy: none (pli directory import FILE)\n");
    return PLI_OK;
}
