/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/doctor/walls.c - the walls around every running process of the instance, and what /proc tells of one. See pli/doctor/doctor.h. */
#include "base/ascii.h"
#include "base/clock.h"
#include "base/sandbox.h"
#include "pli/doctor/doctor.h"
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* text: proc(5) stat from the state on, which is its third field; the start is the twenty-second, in ticks since the machine's. */
static int64_t start_of(const char *text)
{
    struct timespec now, up;
    double ticks;

    for (int field = 3; text && field < 22; field++)
        text = (text = strchr(text, ' ')) ? text + 1 : NULL;
    clock_gettime(CLOCK_REALTIME, &now);
    clock_gettime(CLOCK_BOOTTIME, &up);
    ticks = text ? strtod(text, NULL) : 0;
    return (now.tv_sec - up.tv_sec) * INT64_C(1000000000) + now.tv_nsec - up.tv_nsec +
           (int64_t)(ticks * 1e9 / (double)sysconf(_SC_CLK_TCK));
}

bool process_read(const char *entry, struct process *p)
{
    char path[300], text[1024] = "", *end, *base;
    FILE *f;
    size_t n;

    if (!ascii_is_digit((unsigned char)entry[0]))
        return false;
    snprintf(path, sizeof path, "/proc/%s/stat", entry);
    f = fopen(path, "re");
    n = f ? fread(text, 1, sizeof text - 1, f) : 0;
    if (f)
        fclose(f);
    text[n] = 0;
    end = strrchr(text, ')');
    if (!end)
        return false;
    p->pid = strtol(entry, NULL, 10);
    p->state = end[1] ? end[2] : 0; /* ") S PPID" */
    p->parent = strtol(end + 4, NULL, 10);
    p->started = end[1] ? start_of(end + 2) : 0;
    *end = 0;
    base = strchr(text, '(');
    snprintf(p->name, sizeof p->name, "%.60s", base ? base + 1 : "?");
    return true;
}

static long parent_of(long pid)
{
    char number[24];
    struct process p;

    snprintf(number, sizeof number, "%ld", pid);
    return process_read(number, &p) ? p.parent : 0;
}

bool process_is_daemon(const char *name, enum proc_id *id_out)
{
    for (size_t i = 0; i < PROCS_; i++)
        if (strcmp(proc_defs[i].program ? proc_defs[i].program : proc_defs[i].name, name) == 0) {
            *id_out = (enum proc_id)i;
            return true;
        }
    return false;
}

static bool is_daemon(const char *name)
{
    enum proc_id id;

    return process_is_daemon(name, &id) && proc_defs[id].program;
}

/* slapd is not ours to fence: it has a uid of its own and no new privileges. */
static bool stands(const struct report *r, const struct process *p, struct sandbox_state *s)
{
    sandbox_state_of((pid_t)p->pid, s);
    return s->no_new_privs && (!is_daemon(p->name) || s->seccomp) &&
           (geteuid() != 0 || s->own_uid || !r->conf || conf_num(r->conf, "instance.uid_base") == 0);
}

/* The process as it is now: still the supervisor's child, and no corpse. It may have another name, because the supervisor's child becomes the daemon. */
static bool still_there(const struct report *r, struct process *p)
{
    char number[24];

    snprintf(number, sizeof number, "%ld", p->pid);
    return process_read(number, p) && p->parent == r->pid && p->state != 'Z';
}

/* A process that has just been started has no walls yet, and one that ends has none any more. Who is without is looked at again until the deadline. */
static void check_wall(struct report *r, struct process *p, int64_t deadline)
{
    static const struct timespec pause = {0, 20000000};
    struct sandbox_state s;
    bool good;

    while (!(good = stands(r, p, &s)) && still_there(r, p) && deadline_left_ms(deadline) > 0)
        nanosleep(&pause, NULL);
    if (!good && !still_there(r, p))
        return;
    finding(r, good ? F_OK : F_FAIL, "walls", good ? NULL : "restart pli serve; if it stays so, report it",
            "%s %ld:%s%s%s%s%s%s", p->name, p->pid, s.seccomp ? " seccomp" : "", s.no_new_privs ? " no-new-privs" : "",
            s.landlock ? " landlock" : "", s.own_uid ? " own-uid" : "", s.empty_root ? " own-root" : "",
            !s.seccomp && is_daemon(p->name) ? " NO FILTER" : "");
}

/* The supervisor's own hands: its guard, who asks whether all is ready, who purges closed accounts. They are this program, and have what it has. */
static bool is_supervisors_own(const char *name)
{
    return strcmp(name, "pli-guard") == 0 || strcmp(name, "pli") == 0;
}

void check_walls(struct report *r)
{
    DIR *d = r->served ? opendir("/proc") : NULL;
    struct dirent *en;
    struct process p;
    int64_t deadline = deadline_in(r->walls_ms);
    unsigned sessions = 0;

    while (d && (en = readdir(d))) {
        if (!process_read(en->d_name, &p))
            continue;
        if (p.parent == r->pid && !is_supervisors_own(p.name))
            check_wall(r, &p, deadline);
        else if (is_daemon(p.name) && parent_of(p.parent) == r->pid)
            sessions++;
    }
    if (d)
        closedir(d);
    if (sessions)
        finding(r, F_OK, "sessions", NULL, "%u at this moment, each behind the filter of its kind", sessions);
    if (r->served && geteuid() != 0)
        finding(
            r, F_OK, "walls", NULL,
            "started as an ordinary user: one uid for all, and no root folders of their own; as root there are both");
}
