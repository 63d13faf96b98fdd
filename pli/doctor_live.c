/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/doctor_live.c - ports, daemons, and the walls around every running process. See pli/doctor.h. */
#include "base/sandbox.h"
#include "pli/doctor.h"
#include "pli/instance.h"
#include "pli/super.h"
#include <ctype.h>
#include <dirent.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* ---- ports ---- */
static void check_port(struct report *r, const char *name, const char *greeting)
{
    const char *text = conf_get(r->conf, name);

    if (!text[0])
        finding(r, F_OK, "port", NULL, "%s is off", name);
    else if (port_greets(text, greeting))
        finding(r, F_OK, "port", NULL, "%s answers on %s", name, text);
    else
        finding(r, F_FAIL, "port", "see log/pli.log for the daemon that should answer, and your firewall",
                "%s does not answer on %s", name, text);
}

/* Other operators find this server by its name; a trial on the loopback needs none. */
static void check_name(struct report *r)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found = NULL;
    const char *name = conf_hostname(r->conf), *smtp = conf_get(r->conf, "listen.smtp");
    int got;

    if (!smtp[0] || strncmp(smtp, "127.", 4) == 0 || strncmp(smtp, "[::1]", 5) == 0)
        return;
    got = getaddrinfo(name, NULL, &hints, &found);
    if (got == 0)
        finding(r, F_OK, "dns", NULL, "%s has an address", name);
    else
        finding(r, F_WARN, "dns", "give it an A or AAAA record, and the mail domain an MX record that names it",
                "%s: %s", name, gai_strerror(got));
    if (found)
        freeaddrinfo(found);
}

void check_ports(struct report *r)
{
    if (!r->conf || !r->served)
        return;
    check_name(r);
    for (size_t i = 0; i < LISTENERS_; i++)
        check_port(r, listener_defs[i].name, listener_defs[i].greeting);
    if (conf_get(r->conf, "directory.uri")[0])
        return;
    check_port(r, "listen.ldap", NULL);
    check_port(r, "listen.ldaps", NULL);
}

/* ---- daemons ---- */
/* Pages of the store that somebody asked for and that cannot be read: the first ones by name. */
static void check_damage(struct report *r)
{
    struct store_damage_rep d = {0};
    struct buf mem = BUF_INIT;
    struct err e;

    if (store_call_in(inst_store(r->c), STORE_DAMAGE, NULL, -1, &d, &mem, &e) != RC_OK)
        finding(r, F_FAIL, "store", "see log/pli.log", "%s", e.log);
    else if (d.pages > 0)
        finding(r, F_FAIL, "store",
                "look at the disk; pli store check; then stop pli serve and run pli store salvage, or restore a backup",
                "%llu damaged pages were met: %.*s", (unsigned long long)d.pages,
                (int)(span_chr(d.list, '\n') > 0 ? span_chr(d.list, '\n') : 0), (const char *)d.list.p);
    else
        finding(r, F_OK, "store", NULL, "no damaged page was met");
    buf_free(&mem);
}

void check_daemons(struct report *r)
{
    struct keyd_status_rep k = {0};
    struct dird_status_rep d = {0};
    struct store_stats_rep s = {0};
    struct err e;

    if (!r->served)
        return;
    if (keyd_status(inst_keyd(r->c), &k, &e) == RC_OK)
        finding(r, F_OK, "keyd", NULL, "%llu signatures, %llu openings, %llu refused", (unsigned long long)k.signatures,
                (unsigned long long)k.opens, (unsigned long long)k.denied);
    else
        finding(r, F_FAIL, "keyd", "see log/pli.log", "%s", e.log);
    if (dir_call(inst_dir(r->c), DIRD_STATUS, NULL, &d, &e) != RC_OK)
        finding(r, F_FAIL, "dird", "see log/pli.log", "%s", e.log);
    else if (!d.in_sync)
        finding(r, F_FAIL, "dird", "is the directory (slapd) running? known accounts go on meanwhile",
                "%llu accounts, not in step with the directory", (unsigned long long)d.accounts);
    else
        finding(r, F_OK, "dird", NULL, "%llu accounts, %llu trusted domains, in step", (unsigned long long)d.accounts,
                (unsigned long long)d.trusted);
    if (store_call(inst_store(r->c), STORE_STATS, NULL, -1, &s, &e) == RC_OK)
        finding(r, F_OK, "stored", NULL, "format %llu, %llu mailboxes, %llu messages, %llu in the queue",
                (unsigned long long)s.format, (unsigned long long)s.boxes, (unsigned long long)s.messages,
                (unsigned long long)s.queue);
    else
        finding(r, F_FAIL, "stored", "see log/pli.log", "%s", e.log);
    check_damage(r);
}

/* ---- walls ---- */
struct process {
    long pid, parent;
    char name[64];
};

static bool read_process(const char *entry, struct process *p)
{
    char path[300], text[1024] = "", *end, *base;
    FILE *f;
    size_t n;

    if (!isdigit((unsigned char)entry[0]))
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
    p->parent = strtol(end + 4, NULL, 10); /* ") S PPID" */
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
    return read_process(number, &p) ? p.parent : 0;
}

static bool is_daemon(const char *name)
{
    for (size_t i = 0; i < PROCS_; i++)
        if (proc_defs[i].program && strcmp(proc_defs[i].program, name) == 0)
            return true;
    return false;
}

/* slapd is not ours to fence: it has a uid of its own and no new privileges. */
static void check_wall(struct report *r, const struct process *p)
{
    struct sandbox_state s;
    bool ours = is_daemon(p->name), good;

    sandbox_state_of((pid_t)p->pid, &s);
    good = s.no_new_privs && (!ours || s.seccomp) &&
           (geteuid() != 0 || s.own_uid || !r->conf || conf_num(r->conf, "instance.uid_base") == 0);
    finding(r, good ? F_OK : F_FAIL, "walls", good ? NULL : "restart pli serve; if it stays so, report it",
            "%s %ld:%s%s%s%s%s%s", p->name, p->pid, s.seccomp ? " seccomp" : "", s.no_new_privs ? " no-new-privs" : "",
            s.landlock ? " landlock" : "", s.own_uid ? " own-uid" : "", s.empty_root ? " own-root" : "",
            !s.seccomp && ours ? " NO FILTER" : "");
}

void check_walls(struct report *r)
{
    DIR *d = r->served ? opendir("/proc") : NULL;
    struct dirent *en;
    struct process p;
    unsigned sessions = 0;

    while (d && (en = readdir(d))) {
        if (!read_process(en->d_name, &p))
            continue;
        if (p.parent == r->pid && strcmp(p.name, "pli-guard") != 0)
            check_wall(r, &p);
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
