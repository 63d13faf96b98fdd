/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/doctor/doctor.c - pli doctor: what is wrong, and what to do about it. Reads, never changes. Exit 1 when a finding is a failure. */
#include "pli/doctor/doctor.h"
#include "pli/cmds.h"
#include "pli/instance.h"
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>

enum { WALLS_MS = 20000 };

void finding(struct report *r, enum finding_level l, const char *check, const char *advice, const char *fmt, ...)
{
    static const char *const names[] = {"ok", "warn", "fail"};
    char text[600];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    r->count[l]++;
    if (r->c->json) {
        json_array_append_new(r->rows, json_pack("{s:s,s:s,s:s,s:s?}", "level", names[l], "check", check, "text", text,
                                                 "advice", advice));
        return;
    }
    printf("%-4s  %-12s %s\n", names[l], check, text);
    if (advice)
        printf("%-4s  %-12s -> %s\n", "", "", advice);
}

static void check_conf(struct report *r)
{
    char path[4096];
    struct err e;

    if (conf_load(inst_conf_path(r->c->root, r->c->root_named, path), &r->conf, &e) == RC_OK &&
        conf_check(r->conf, r->c->root, &e) == RC_OK)
        finding(r, F_OK, "conf", NULL, "%s is correct", path);
    else
        finding(r, F_FAIL, "conf", "mend the line that is named; pli serve -n checks again", "%s", e.log);
}

static void check_served(struct report *r)
{
    r->served = inst_served(".", &r->pid);
    if (r->served)
        finding(r, F_OK, "serve", NULL, "pli serve runs as process %ld", r->pid);
    else
        finding(r, F_FAIL, "serve", "start it: pli serve, or its service unit",
                "pli serve is not running on this instance");
}

/* The checks stand in the order in which a reader mends things. A check is left out when the process that would answer
 * it is frozen. */
static void (*const checks[])(struct report *r) = {
    check_conf,   check_served, check_frozen,       check_ports,       check_daemons,  check_directory,
    check_walls,  check_keys,   check_certificates, check_untold,      check_accounts, check_account_certificates,
    check_closed, check_queue,  check_destinations, check_permissions, check_way,      check_disk,
    check_log,    check_machine};

static int dns(struct cmd *c)
{
    struct conf *conf;
    int answer = inst_conf(c, &conf);

    if (answer != PLI_OK)
        return answer;
    answer = doctor_dns(c, conf);
    conf_free(&conf);
    return answer;
}

int cmd_doctor(struct cmd *c)
{
    struct report r = {.c = c, .walls_ms = WALLS_MS};

    if (opt_get(c, "--dns"))
        return dns(c);
    if (c->n_pos > 0)
        return cmd_usage(c, "a domain goes with --dns");
    r.rows = json_array();

    for (size_t i = 0; i < sizeof checks / sizeof *checks; i++)
        checks[i](&r);
    conf_free(&r.conf);
    if (c->json)
        out_json(json_pack("{s:o,s:i,s:i,s:i}", "findings", r.rows, "ok", (int)r.count[F_OK], "warn",
                           (int)r.count[F_WARN], "fail", (int)r.count[F_FAIL]));
    else {
        printf("%u ok, %u to look at, %u failed\n", r.count[F_OK], r.count[F_WARN], r.count[F_FAIL]);
        json_decref(r.rows);
    }
    return r.count[F_FAIL] ? PLI_FAILED : PLI_OK;
}
