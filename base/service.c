/* SPDX-License-Identifier: EUPL-1.2 */
/* base/service.c - see base/service.h. */
#include "base/service.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/wipe.h"
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* ---- whose uid may claim which role ---- */
static const struct {
    enum ipc_role role;
    const char *uid;
} roles[] = {{ROLE_SMTPD, "uid.smtpd"}, {ROLE_IMAPD, "uid.imapd"}, {ROLE_RELAYD, "uid.relayd"},
             {ROLE_KEYD, "uid.keyd"},   {ROLE_DIRD, "uid.dird"},   {ROLE_STORED, "uid.stored"},
             {ROLE_HTTPD, "uid.httpd"}, {ROLE_PUBD, "uid.pubd"}};
static uid_t uids[ROLE_LAST + 1];

void service_uids(const struct boot *b)
{
    int64_t admin = boot_given_num(b, "uid.admin");

    for (size_t i = 0; i <= ROLE_LAST; i++)
        uids[i] = (uid_t)-1;
    for (size_t i = 0; i < sizeof roles / sizeof *roles; i++) {
        int64_t uid = boot_given_num(b, roles[i].uid);

        if (uid > 0)
            uids[roles[i].role] = (uid_t)uid;
    }
    uids[ROLE_ADMIN] = uids[ROLE_ACTING] = uids[ROLE_SUPER] = admin >= 0 ? (uid_t)admin : geteuid();
}

uid_t service_uid_of_role(void *daemon, enum ipc_role r)
{
    (void)daemon;
    return (unsigned)r <= ROLE_LAST ? uids[r] : (uid_t)-1;
}

/* ---- being told to stop ---- */
static volatile sig_atomic_t told_to_stop;
static int stop_fd = -1; /* an eventfd: readable from then on */

static void on_stop(int sig)
{
    uint64_t one = 1;
    int saved = errno;

    (void)sig;
    told_to_stop = 1;
    if (write(stop_fd, &one, sizeof one) < 0)
        told_to_stop = 1; /* cannot fail but when it is full: it is readable then */
    errno = saved;
    ipc_stop();
}

static void set_signals(void)
{
    struct sigaction sa = {.sa_handler = on_stop};

    stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (stop_fd < 0)
        die("no eventfd (errno %d)", errno);
    sigaction(SIGTERM, &sa, NULL);
    sigaction(SIGINT, &sa, NULL);
    sa.sa_handler = SIG_IGN;
    sigaction(SIGPIPE, &sa, NULL);
}

bool service_told_to_stop(void)
{
    return told_to_stop;
}

/* ---- the sandbox ---- */
static char home[4096];

const char *service_home(void)
{
    return home;
}

const char *service_host(const struct boot *b)
{
    static char made[300];
    const char *host = boot_get(b, "instance.hostname"), *domain = boot_get(b, "instance.domain");

    if (host[0])
        return host;
    if (!domain[0])
        die("setting instance.domain is missing");
    (void)snprintf(made, sizeof made, "mail.%s", domain);
    return made;
}

static void enter(const struct service *s, const struct boot *b)
{
    const char *run = boot_given(b, "run"), *instance = boot_given(b, "instance");
    int64_t uid = boot_given_num(b, "uid");
    struct sandbox_how how = {.kind = s->sandbox, .uid = uid > 0 ? (uid_t)uid : 0};
    bool root = geteuid() == 0, sees = s->sees_system || (s->sees_if && s->sees_if(b));
    struct err e;

    if (s->home && !instance)
        die("the boot list names no instance");
    if (s->home)
        (void)snprintf(home, sizeof home, "%s/%s", instance, s->home);
    how.root = sees ? NULL : s->home && !s->home_by_descriptor ? home : run ? run : ".";
    how.rw_dir = s->home ? home : NULL;
    if (sandbox_enter(&how, &e) != RC_OK)
        die("sandbox: %s", e.log);
    if ((root && !sees) || !s->home)
        (void)snprintf(home, sizeof home, "."); /* where the sandbox left us */
}

/* ---- serving ---- */
static unsigned number_of(const struct service *s, const struct boot *b, const char *what)
{
    char name[64];

    (void)snprintf(name, sizeof name, "%s.%s", s->name, what);
    return (unsigned)boot_num(b, name);
}

static void serve(const struct service *s, const struct boot *b, void *daemon)
{
    struct ipc_service ipc = s->ipc;
    int fd = boot_fd(b, "ipc");
    struct err e;

    if (fd < 0)
        die("no listening socket \"ipc\" was given");
    ipc.daemon = daemon;
    ipc.uid_of_role = service_uid_of_role;
    if (ipc.threads == 0)
        ipc.threads = number_of(s, b, "threads");
    if (ipc.max_peers == 0)
        ipc.max_peers = number_of(s, b, "max_peers");
    log_ev(LOG_INFO_, "ready", "version=%s threads=%u", PLI_VERSION, ipc.threads);
    if (ipc_serve(&ipc, fd, &e) != RC_OK)
        die("%s", e.log);
}

static void live(const struct service *s)
{
    struct boot *b;
    void *daemon = NULL;

    log_open(s->name, LOG_INFO_); /* what goes wrong before the settings are known */
    b = boot_load();
    log_open(s->name, (enum log_level)boot_num(b, "log.level"));
    no_dumps();
    service_uids(b);
    set_signals();
    if (s->load)
        daemon = s->load(b);
    enter(s, b);
    if (s->start)
        s->start(daemon, b);
    if (s->run) {
        log_ev(LOG_INFO_, "ready", "version=%s", PLI_VERSION);
        s->run(daemon);
    } else {
        serve(s, b, daemon);
    }
    if (s->stop)
        s->stop(daemon);
    log_ev(LOG_INFO_, "stopped", "why=signal");
    boot_free(&b);
}

static const struct service_print *print_of(const struct service *s, const char *option)
{
    for (size_t i = 0; i < sizeof s->print / sizeof *s->print && s->print[i].option; i++)
        if (strcmp(s->print[i].option, option) == 0)
            return &s->print[i];
    return NULL;
}

static int usage(const struct service *s)
{
    fprintf(stderr, "usage: pli-%s [--version", s->name);
    for (size_t i = 0; i < sizeof s->print / sizeof *s->print && s->print[i].option; i++)
        fprintf(stderr, " | %s", s->print[i].option);
    fprintf(stderr, "]; it is started by pli serve\n");
    return 2;
}

int service_main(const struct service *s, int argc, char **argv)
{
    const struct service_print *print = argc == 2 ? print_of(s, argv[1]) : NULL;

    if (argc == 2 && strcmp(argv[1], "--version") == 0)
        printf("pli-%s %s\n", s->name, PLI_VERSION);
    else if (print)
        print->print();
    else if (argc > 1)
        return usage(s);
    else
        live(s);
    return 0;
}
