/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/super/spawn.c - one process of the instance: forked, given its settings and descriptors (base/boot.h), executed.
 * A process inherits only what is named here. The environment is made anew; standard output and standard error are the
 * log. */
#include "base/boot.h"
#include "base/log.h"
#include "directory/schema/embedded.h"
#include "pli/super/super.h"
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Kept from the environment: the sanitizers' options, the fault table of dev builds, systemd's sealed credentials. */
static const char *const env_kept[] = {"ASAN_OPTIONS", "UBSAN_OPTIONS",         "LSAN_OPTIONS",
                                       "PLI_FAULT",    "CREDENTIALS_DIRECTORY", "TZ"};
enum { ENV_KEPT = sizeof env_kept / sizeof *env_kept };

void spawn_env(void)
{
    char *values[ENV_KEPT];

    for (size_t i = 0; i < ENV_KEPT; i++) {
        const char *v = getenv(env_kept[i]);
        values[i] = v ? span_dup(span_str(v)) : NULL;
    }
    clearenv();
    setenv("PATH", "/usr/sbin:/usr/bin:/sbin:/bin", 1);
    setenv("LC_ALL", "C.UTF-8", 1);
    setenv("LD_BIND_NOW", "1", 1); /* libraries too are bound before the fork, once, not by every session for itself */
    for (size_t i = 0; i < ENV_KEPT; i++) {
        if (values[i])
            setenv(env_kept[i], values[i], 1);
        free(values[i]);
    }
}

static int secret_fd(const void *p, size_t n)
{
    int fd = memfd_create("pli-key", MFD_CLOEXEC);

    if (fd < 0 || pwrite(fd, p, n, 0) != (ssize_t)n)
        die("a key cannot be handed over (errno %d)", errno);
    return fd;
}

static void give_ticket(const struct super *s, const struct proc_def *d, struct boot *b)
{
    static const struct {
        size_t at, n; /* in struct ticket_keys */
    } parts[] = {[TICKETS_STORED] = {offsetof(struct ticket_keys, of[TICKET_FOR_STORED]), TICKET_KEY},
                 [TICKETS_KEYD] = {offsetof(struct ticket_keys, of[TICKET_FOR_KEYD]), TICKET_KEY},
                 [TICKETS_ALL] = {0, sizeof(struct ticket_keys)}};

    if (d->ticket != TICKETS_NONE)
        boot_give(b, "ticket.key", secret_fd((const char *)s->tickets + parts[d->ticket].at, parts[d->ticket].n));
}

/* uid.NAME: who each of the others is. uid: what this one is to become, 0 to stay who it is. */
static void give_uids(const struct super *s, enum proc_id self, struct boot *b)
{
    char name[32], value[24];

    for (size_t i = 0; i < PROCS_; i++) {
        snprintf(name, sizeof name, "uid.%s", proc_defs[i].name);
        snprintf(value, sizeof value, "%ld", (long)(s->uids[i] ? s->uids[i] : geteuid()));
        boot_set(b, name, value);
    }
    snprintf(value, sizeof value, "%ld", (long)s->uids[self]);
    boot_set(b, "uid", value);
    snprintf(value, sizeof value, "%ld", (long)geteuid());
    boot_set(b, "uid.admin", value);
}

static int make_boot(const struct super *s, enum proc_id i)
{
    const struct proc_def *d = &proc_defs[i];
    struct boot *b = boot_new();
    char run[4096];

    for (const struct setting *st = settings; st->name; st++)
        boot_set(b, st->name, conf_get(s->conf, st->name));
    snprintf(run, sizeof run, "%s/run", s->dir);
    boot_set(b, "instance", s->dir);
    boot_set(b, "run", run);
    boot_set(b, "instance.hostname", conf_hostname(s->conf)); /* the one given last counts */
    give_uids(s, i, b);
    give_ticket(s, d, b);
    if (i == P_SMTPD || i == P_RELAYD)
        boot_give(b, "log.key", secret_fd(s->log_key, LOGGED_KEY));
    if (d->sock)
        boot_give(b, "ipc", s->ipc_fd[i]);
    if (i == P_DIRD)
        boot_give(b, "gate", s->gate_fd);
    if (i == P_IMAPD)
        boot_give(b, "urls", s->urls_fd);
    for (size_t l = 0; l < LISTENERS_; l++)
        if ((d->listeners & (1u << l)) && s->listen_fd[l] >= 0)
            boot_give(b, listener_defs[l].name, s->listen_fd[l]);
    return boot_memfd(b);
}

/* "[::]:636" -> "[::]" in host, 636; an empty setting: port 0, which is no listener. */
static int host_and_port(const char *text, char host[256])
{
    const char *colon = strrchr(text, ':');

    snprintf(host, 256, "%.*s", colon ? (int)(colon - text) : 0, text);
    if (strcmp(host, "[::]") == 0) /* slapd's [::] is IPv6 alone; ours, as everywhere in pli.conf, is every address */
        snprintf(host, 256, "*");
    return colon ? (int)strtol(colon + 1, NULL, 10) : 0;
}

void slapd_argv(const struct super *s, char ***argv_out)
{
    const char *domains[] = {conf_get(s->conf, "instance.domain"), NULL};
    char ldap[256], ldaps[256];
    struct embedded_spec spec = {.dir = s->dir,
                                 .domains = domains,
                                 .ldap_addr = ldap,
                                 .ldaps_addr = ldaps,
                                 .uid = s->uids[P_SLAPD],
                                 .gid = (gid_t)s->uids[P_SLAPD]};
    struct err e;

    spec.ldap_port = host_and_port(conf_get(s->conf, "listen.ldap"), ldap);
    spec.ldaps_port = host_and_port(conf_get(s->conf, "listen.ldaps"), ldaps);
    if (embedded_argv(&spec, argv_out, &e) != RC_OK)
        die("%s", e.log);
}

/* slapd knows no uid that is not in passwd: it is given one here, and of root's powers the one to take a port below 1024. */
static void become_user(uid_t uid)
{
    struct __user_cap_header_struct head = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct want[2] = {{0}, {0}};

    if (uid == 0)
        return;
    want[0].permitted = want[0].effective = want[0].inheritable = CAP_TO_MASK(CAP_NET_BIND_SERVICE);
    if (prctl(PR_SET_KEEPCAPS, 1) != 0 || setgroups(0, NULL) != 0 ||
        setresgid((gid_t)uid, (gid_t)uid, (gid_t)uid) != 0 || setresuid(uid, uid, uid) != 0 ||
        syscall(SYS_capset, &head, want) != 0 ||
        prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_NET_BIND_SERVICE, 0, 0) != 0)
        die("slapd cannot be given uid %ld (errno %d)", (long)uid, errno);
}

static void execute(const struct super *s, enum proc_id i)
{
    char path[sizeof s->bin + 32], number[16];
    char *argv[] = {path, NULL}, **slapd = NULL;

    if (proc_defs[i].program) {
        snprintf(path, sizeof path, "%s/%s", s->bin, proc_defs[i].program);
        snprintf(number, sizeof number, "%d", make_boot(s, i));
        setenv("PLI_BOOT", number, 1);
        execv(path, argv);
        die("%s cannot be started (errno %d): is it installed beside pli?", path, errno);
    }
    slapd_argv(s, &slapd);
    become_user(s->uids[P_SLAPD]);
    if (dup2(s->says_fd[1], 1) < 0 || dup2(s->says_fd[1], 2) < 0)
        die("what slapd says cannot be followed (errno %d)", errno);
    execv(slapd[0], slapd);
    die("%s cannot be started (errno %d): install the package slapd", slapd[0], errno);
}

/* The guard sees the supervisor's end as the end of its pipe, and the next supervisor sees it by the lock. A child that
 * kept either descriptor open would hide that end for as long as it lives. Between the fork and the first line here the
 * supervisor may have been killed. */
void child_begins(struct super *s)
{
    close(s->guard_fd);
    close(s->lock_fd);
    setpgid(0, s->group);
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* at once for who keeps the uid; the guard sees to the others */
    if (getppid() != s->self)
        _exit(1);
}

static void become_child(struct super *s)
{
    sigset_t none;
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);

    child_begins(s);
    sigemptyset(&none);
    signal(SIGHUP, SIG_IGN); /* a closed terminal */
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGPIPE, SIG_DFL);
    if (null < 0 || dup2(null, 0) < 0 || dup2(s->log_fd, 1) < 0 || dup2(s->log_fd, 2) < 0)
        die("descriptors cannot be set up (errno %d)", errno);
    if (fcntl(s->alive_fd, F_SETFD, 0) != 0) /* the instance counts as alive while this process is (lock.c) */
        die("run/alive cannot be handed on (errno %d)", errno);
}

pid_t spawn_self(struct super *s, const char *const argv[])
{
    pid_t pid = fork();

    if (pid == 0) {
        become_child(s);
        if (dup2(0, 1) < 0) /* /dev/null: what it tells people */
            _exit(1);
        execv("/proc/self/exe", (char *const *)argv);
        die("this program cannot be started again (errno %d)", errno);
    }
    if (pid < 0)
        log_ev(LOG_ERROR_, "spawn-failed", "name=%s errno=%d", argv[0], errno);
    else
        setpgid(pid, s->group);
    return pid;
}

pid_t spawn_proc(struct super *s, enum proc_id i)
{
    pid_t pid = fork();

    if (pid == 0) {
        become_child(s);
        execute(s, i);
    }
    if (pid < 0)
        log_ev(LOG_ERROR_, "spawn-failed", "name=%s errno=%d", proc_defs[i].name, errno);
    else
        setpgid(pid, s->group);
    return pid;
}
