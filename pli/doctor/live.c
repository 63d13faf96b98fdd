/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/doctor/live.c - daemons and directory: frozen ones, and what each says of itself. See pli/doctor/doctor.h. */
#include "base/clock.h"
#include "base/wipe.h"
#include "directory/reach.h"
#include "pli/doctor/doctor.h"
#include "pli/instance.h"
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ANSWER_S = 5, SECRET_MAX = 256 };

/* ---- frozen ---- */
/* A process that is stopped by a signal, or held by a debugger, is still in the list of processes and answers
 * nobody. */
static void note_frozen(struct report *r, const struct process *p)
{
    enum proc_id id;

    if ((p->state != 'T' && p->state != 't') || (p->pid != r->pid && !process_is_daemon(p->name, &id)))
        return;
    finding(r, F_FAIL, "frozen", "find out who stopped it, then kill -CONT that number",
            "%s %ld is stopped (state %c): it answers nobody", p->name, p->pid, p->state);
    if (p->pid != r->pid) {
        r->frozen[id] = true;
        r->silent = r->silent || proc_defs[id].sock || id == P_SLAPD;
    }
}

void check_frozen(struct report *r)
{
    DIR *d = r->served ? opendir("/proc") : NULL;
    struct dirent *en;
    struct process p;

    while (d && (en = readdir(d)))
        if (process_read(en->d_name, &p) && (p.parent == r->pid || p.pid == r->pid))
            note_frozen(r, &p);
    if (d)
        closedir(d);
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

/* A child asks first, and an alarm ends it, because a daemon that hangs would keep the doctor waiting without a
 * bound. */
static bool answers(struct report *r, enum proc_id id)
{
    int status = 0;
    pid_t pid;

    if (r->frozen[id])
        return false; /* said already */
    fflush(stdout);
    pid = fork();
    if (pid == 0) {
        struct ipc *c = NULL;
        struct err e;
        signal(SIGALRM, SIG_DFL);
        alarm(ANSWER_S);
        (void)ipc_dial(proc_defs[id].sock, proc_defs[id].proto, ROLE_ADMIN, deadline_in(ANSWER_S * 1000LL), &c, &e);
        _exit(!c && e.rc == RC_TIMEOUT); /* what else went wrong is told by the question itself */
    }
    if (pid < 0 || waitpid(pid, &status, 0) != pid || (WIFEXITED(status) && WEXITSTATUS(status) == 0))
        return true;
    finding(r, F_FAIL, proc_defs[id].name, "see log/pli.log; a restart of pli serve ends it",
            "does not answer within %d s", ANSWER_S);
    r->silent = true;
    return false;
}

static void check_keyd(struct report *r)
{
    struct keyd_status_rep k = {0};
    struct buf mem = BUF_INIT;
    struct err e;

    if (keyd_status(inst_keyd(r->c), &k, &mem, &e) == RC_OK)
        finding(r, F_OK, "keyd", NULL, "%llu signatures, %llu openings, %llu refused", (unsigned long long)k.signatures,
                (unsigned long long)k.opens, (unsigned long long)k.denied);
    else
        finding(r, F_FAIL, "keyd", "see log/pli.log", "%s", e.log);
    buf_free(&mem);
}

static void check_dird(struct report *r)
{
    struct dird_status_rep d = {0};
    struct buf mem = BUF_INIT;
    struct err e;

    if (dir_call_in(inst_dir(r->c), DIRD_STATUS, NULL, &d, &mem, &e) != RC_OK)
        finding(r, F_FAIL, "dird", "see log/pli.log", "%s", e.log);
    else if (!d.in_sync)
        finding(r, F_FAIL, "dird", "is the directory (slapd) running? known accounts go on meanwhile",
                "%llu accounts, not in step with the directory", (unsigned long long)d.accounts);
    else
        finding(r, F_OK, "dird", NULL, "%llu accounts, %llu trusted domains, in step", (unsigned long long)d.accounts,
                (unsigned long long)d.trusted);
    buf_free(&mem);
}

static void check_stored(struct report *r)
{
    struct store_stats_rep s = {0};
    struct err e;

    if (store_call(inst_store(r->c), STORE_STATS, NULL, -1, &s, &e) == RC_OK)
        finding(r, F_OK, "stored", NULL, "format %llu, %llu mailboxes, %llu messages, %llu in the queue",
                (unsigned long long)s.format, (unsigned long long)s.boxes, (unsigned long long)s.messages,
                (unsigned long long)s.queue);
    else
        finding(r, F_FAIL, "stored", "see log/pli.log", "%s", e.log);
    check_damage(r);
}

/* Without settings nobody knows whether it is to run. */
static bool is_off(const struct report *r, enum proc_id id)
{
    return r->conf ? proc_off(r->conf, id) : proc_defs[id].off != NULL;
}

void check_daemons(struct report *r)
{
    static const struct {
        enum proc_id id;
        void (*check)(struct report *r);
    } daemons[] = {{P_KEYD, check_keyd},
                   {P_DIRD, check_dird},
                   {P_STORED, check_stored},
                   {P_TRUSTD, check_trustd},
                   {P_PUBD, check_pubd}};

    for (size_t i = 0; r->served && i < sizeof daemons / sizeof *daemons; i++)
        if (!is_off(r, daemons[i].id) && answers(r, daemons[i].id))
            daemons[i].check(r);
}

/* ---- the directory ---- */
/* keys/dird.secret: what dird signs in with, 64 hexadecimal digits. */
static bool read_secret(struct report *r, char *secret, size_t room)
{
    char path[4096];
    int fd = open(inst_path(r->c->root, "keys/dird.secret", path), O_RDONLY | O_CLOEXEC);
    ssize_t n = fd >= 0 ? read(fd, secret, room - 1) : -1;

    if (fd >= 0)
        close(fd);
    secret[n > 0 ? n : 0] = 0;
    secret[strcspn(secret, "\r\n")] = 0;
    if (strspn(secret, "0123456789abcdef") == 64 && secret[64] == 0)
        return true;
    finding(r, F_FAIL, "directory",
            "restore keys/ from the copy that you keep apart (or run pli doctor as root or as the instance's owner)",
            "%s %s", path, n < 0 ? "cannot be read" : "is not the 64 hexadecimal digits that pli init wrote");
    return false;
}

void check_directory(struct report *r)
{
    char *secret = secret_alloc(SECRET_MAX), dn[600];
    const char *uri = r->conf ? conf_get(r->conf, "directory.uri") : "",
               *base = r->conf ? conf_get(r->conf, "directory.base") : "",
               *ca = r->conf ? conf_get(r->conf, "directory.ca") : "";
    struct err e;

    if (read_secret(r, secret, SECRET_MAX) && r->served && !r->frozen[P_SLAPD]) {
        base = base[0] ? base : "o=pli";
        snprintf(dn, sizeof dn, "cn=dird,ou=daemons,%s", base);
        if (directory_reach(uri[0] ? uri : "ldapi://ldapi/", ca, dn, span_str(secret), base, ANSWER_S, &e) == RC_OK)
            finding(r, F_OK, "directory", NULL, "takes dird's sign-in and answers");
        else {
            finding(r, F_FAIL, "directory",
                    e.rc == RC_DENIED ? "keys/dird.secret and ldap/ are not of one instance: restore both of one moment"
                    : uri[0] ? "is the directory of directory.uri running, and does its certificate name that host and "
                               "lead to directory.ca?"
                             : "see log/pli.log for slapd; a restart of pli serve ends one that hangs",
                    "%s", e.log);
            r->silent = true;
        }
    }
    secret_free(secret, SECRET_MAX);
}
