/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/super/supervise.c - starts the processes of the table, starts again what dies, says "ready", stops when told. See pli/super/super.h.
 *
 * States of a process: not running (pid 0, due at .due) -> running -> died -> not running. A process that lived for
 * YOUNG_MS or longer, or was killed by SIGKILL, is started again at once, because sessions wait for it. A process that
 * dies young is started again after 50 ms, then after twice as long each time, up to 5 s, and the log says why.
 */
#include "base/log.h"
#include "pli/super/super.h"
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

enum { YOUNG_MS = 1000, DELAY_FIRST_MS = 50, DELAY_MOST_MS = 5000, MS = 1000000 };

static void tell(int fd, const char *fmt, va_list ap)
{
    char line[1024];
    int n = vsnprintf(line, sizeof line - 1, fmt, ap);
    size_t len = n < 0 ? 0 : (size_t)n < sizeof line - 1 ? (size_t)n : sizeof line - 2;

    line[len] = '\n';
    if (write(fd, line, len + 1) < 0)
        return; /* nobody watches any more: the log has it */
}

void say(const struct super *s, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    tell(s->say_fd, fmt, ap);
    va_end(ap);
}

void complain(const struct super *s, const char *fmt, ...)
{
    char with[512];
    va_list ap;

    snprintf(with, sizeof with, "pli serve: %s", fmt);
    va_start(ap, fmt);
    tell(s->complain_fd, with, ap);
    va_end(ap);
}

/* ---- deaths ---- */
/* The last line that a process wrote, from the end of the log. The daemons escaped it when they wrote it. */
static void last_words(const struct super *s, pid_t pid, char out[300])
{
    char tail[4096], who[32], path[4200];
    int fd;
    ssize_t n = 0;

    snprintf(out, 300, "see %.200s/log/pli.log", s->dir);
    snprintf(path, sizeof path, "%s/log/pli.log", s->dir);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd >= 0) {
        off_t size = lseek(fd, 0, SEEK_END);
        n = pread(fd, tail, sizeof tail - 1, size > (off_t)sizeof tail - 1 ? size - (off_t)sizeof tail + 1 : 0);
        close(fd);
    }
    tail[n > 0 ? n : 0] = 0;
    snprintf(who, sizeof who, "[%ld] error ", (long)pid);
    for (const char *at = strstr(tail, who); at; at = strstr(at + 1, who)) {
        const char *cause = strstr(at, "cause=\"");
        size_t len = strcspn(at, "\n");
        if (cause && cause < at + len)
            snprintf(out, 300, "%.*s", (int)strcspn(cause + 7, "\"\n"), cause + 7);
        else
            snprintf(out, 300, "%.*s", (int)len, at);
    }
}

static void log_death(struct super *s, const char *name, pid_t pid, int status)
{
    bool by_signal = WIFSIGNALED(status);
    int sig = by_signal ? WTERMSIG(status) : 0;
    char why[300];

    if (s->stopping && ((!by_signal && WEXITSTATUS(status) == 0) || sig == SIGTERM))
        return;
    if (by_signal) {
        log_ev(LOG_ERROR_, "process-died", "name=%s pid=%ld signal=%d%s", name, (long)pid, sig,
               sig == SIGSYS ? " cause=sandbox-violation" : "");
        complain(s, "%s (process %ld) was ended by signal %d (%s%s)%s", name, (long)pid, sig, strsignal(sig),
                 sig == SIGSYS ? ": a system call that its sandbox forbids" : "",
                 s->stopping ? "" : "; it is started again");
        return;
    }
    log_ev(LOG_ERROR_, "process-died", "name=%s pid=%ld exit=%d", name, (long)pid, WEXITSTATUS(status));
    last_words(s, pid, why);
    complain(s, "%s (process %ld) ended with exit code %d: %s", name, (long)pid, WEXITSTATUS(status), why);
}

static void plan_restart(struct proc *p, int status)
{
    bool killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
    bool young = clock_mono() - p->started < (int64_t)YOUNG_MS * MS;

    if (killed || !young)
        p->delay = 0;
    else
        p->delay = p->delay == 0 ? DELAY_FIRST_MS : p->delay * 2 < DELAY_MOST_MS ? p->delay * 2 : DELAY_MOST_MS;
    p->due = deadline_in(p->delay);
    p->deaths++;
}

static void probe_ended(struct super *s, int status)
{
    s->probe = 0;
    if (s->stopping)
        return;
    s->ready = WIFEXITED(status) && WEXITSTATUS(status) == 0;
    s->failed = !s->ready;
}

/* Before the first "ready", a daemon that gives up by itself (exit 1: the operator must mend something) ends the start. */
static void daemon_ended(struct super *s, enum proc_id i, int status)
{
    struct proc *p = &s->procs[i];

    if (!p->told)
        log_death(s, proc_defs[i].name, p->pid, status);
    p->pid = 0;
    plan_restart(p, status);
    if (p->told)
        p->due = clock_mono();
    p->told = false;
    if (!s->ready && !s->stopping && WIFEXITED(status) && WEXITSTATUS(status) == 1)
        s->failed = true;
}

void ended(struct super *s, pid_t pid, int status)
{
    if (pid == s->probe) {
        probe_ended(s, status);
        return;
    }
    if (pid == s->purge) {
        purge_ended(s, status);
        return;
    }
    if (pid == s->says) {
        log_death(s, "slapd-says", pid, status);
        says_ended(s);
        return;
    }
    if (pid == s->guard) {
        if (!s->stopping)
            guard_start(s);
        return;
    }
    for (size_t i = 0; i < PROCS_; i++)
        if (s->procs[i].pid == pid) {
            daemon_ended(s, (enum proc_id)i, status);
            return;
        }
    if (WIFSIGNALED(status) && !s->stopping) /* a session whose listener had died before it */
        log_death(s, "session", pid, status);
}

/* ---- life ---- */
static bool has_work(const struct super *s, enum proc_id i)
{
    unsigned open = 0;

    if (proc_off(s->conf, i))
        return false;
    if (i == P_SLAPD)
        return conf_get(s->conf, "directory.uri")[0] == 0;
    for (size_t l = 0; l < LISTENERS_; l++)
        open |= (proc_defs[i].listeners & (1u << l)) && s->listen_fd[l] >= 0;
    return proc_defs[i].listeners == 0 || open;
}

/* Starts what is due; returns when the next is. */
static int64_t start_due(struct super *s)
{
    int64_t next = has_work(s, P_SLAPD) ? says_look(s) : DEADLINE_NEVER;

    for (size_t i = 0; i < PROCS_; i++) {
        struct proc *p = &s->procs[i];
        if (p->pid > 0 || !has_work(s, (enum proc_id)i))
            continue;
        if (p->due <= clock_mono()) {
            pid_t pid;

            renew_before(s, (enum proc_id)i);
            pid = spawn_proc(s, (enum proc_id)i);
            p->started = clock_mono();
            p->pid = pid > 0 ? pid : 0;
            p->due = deadline_in(DELAY_FIRST_MS); /* should the fork have failed */
            if (pid > 0)
                log_ev(LOG_INFO_, "process-started", "name=%s pid=%ld deaths=%u", proc_defs[i].name, (long)pid,
                       p->deaths);
        }
        if (p->pid == 0 && p->due < next)
            next = p->due;
    }
    return next;
}

static void take_signals(struct super *s, bool *stop, bool *turn_log)
{
    struct signalfd_siginfo si;
    int status;
    pid_t pid;

    while (read(s->signal_fd, &si, sizeof si) == sizeof si) {
        *stop = *stop || si.ssi_signo == SIGTERM || si.ssi_signo == SIGINT;
        *turn_log = *turn_log || si.ssi_signo == SIGHUP;
        if (si.ssi_signo == SIGUSR2 && s->ready)
            renew_begin(s);
        if (si.ssi_signo == SIGUSR1 && s->ready)
            renew_directory(s);
    }
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
        ended(s, pid, status);
}

static void announce(struct super *s)
{
    char line[900] = "ready";
    size_t n = 5;

    for (size_t i = 0; i < LISTENERS_; i++)
        if (s->listen_fd[i] >= 0)
            n += (size_t)snprintf(line + n, sizeof line - n, " %s=%.100s", listener_defs[i].name + strlen("listen."),
                                  conf_get(s->conf, listener_defs[i].name));
    if (has_work(s, P_SLAPD))
        snprintf(line + n, sizeof line - n, " ldap=%.100s ldaps=%.100s", conf_get(s->conf, "listen.ldap"),
                 conf_get(s->conf, "listen.ldaps"));
    say(s, "%s", line);
    log_ev(LOG_INFO_, "ready", "pid=%ld", (long)getpid());
    notify("READY=1");
}

static int64_t soonest(int64_t a, int64_t b, int64_t c)
{
    int64_t first = a < b ? a : b;

    return first < c ? first : c;
}

int supervise(struct super *s)
{
    bool stop = false, announced = false, turn_log = false;

    s->self = getpid();
    guard_start(s);
    while (!stop && !s->failed) {
        int64_t next, look = log_look(s, turn_log), purge;
        struct pollfd p = {s->signal_fd, POLLIN, 0};

        (void)start_due(s); /* keyd before those that ask it */
        renew_listeners(s);
        next = start_due(s);
        purge = purge_look(s);
        if (s->probe == 0 && !s->ready)
            s->probe = probe_start(s);
        turn_log = false;
        if (poll(&p, 1, deadline_left_ms(soonest(next, look, purge))) > 0)
            take_signals(s, &stop, &turn_log);
        if (s->ready && !announced) {
            announce(s);
            purge_plan(s);
            announced = true;
        }
    }
    notify("STOPPING=1");
    stop_all(s);
    log_ev(LOG_INFO_, "stopped", "failed=%d", s->failed);
    return s->failed ? 1 : 0;
}
