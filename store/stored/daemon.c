/* SPDX-License-Identifier: EUPL-1.2 */
/* store/stored/daemon.c - pli-stored: the sealed store's only process.
 *
 * Start    settings and descriptors from the supervisor, sandbox (own uid, root = the environment's folder), recovery,
 *          then service.
 * End      SIGTERM, SIGINT: what is in flight is answered and flushed, a checkpoint is written. Exit 0; 1: the start
 *          failed, one line says why; 3: the environment broke (env.h), to be started again. */
#include "base/boot.h"
#include "base/log.h"
#include "base/sandbox.h"
#include "base/wipe.h"
#include "store/db/os.h"
#include "store/check/salvage.h"
#include "store/ops/audit.h"
#include "store/ops/stored.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#ifdef PLI_DEV
#define IN_DEV(fn) (fn)
#else
#define IN_DEV(fn) NULL
#endif

static struct stored st;

static void on_stop(int sig)
{
    (void)sig;
    ipc_stop();
}

static void set_signals(void)
{
    struct sigaction sa = {.sa_handler = on_stop};

    sigaction(SIGTERM, &sa, NULL);
    sigaction(SIGINT, &sa, NULL);
    sa.sa_handler = SIG_IGN;
    sigaction(SIGPIPE, &sa, NULL);
}

/* Who may claim which role. The administrator's and the supervisor's are never open to a daemon that has a uid of its
 * own. */
static void load_uids(const struct boot *b)
{
    static const struct {
        enum ipc_role role;
        const char *name;
    } t[] = {{ROLE_SMTPD, "uid.smtpd"}, {ROLE_IMAPD, "uid.imapd"}, {ROLE_RELAYD, "uid.relayd"},
             {ROLE_KEYD, "uid.keyd"},   {ROLE_DIRD, "uid.dird"},   {ROLE_STORED, "uid.stored"}};

    for (size_t i = 0; i <= ROLE_SUPER; i++)
        st.uid[i] = (uid_t)-1;
    for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
        int64_t uid = boot_num(b, t[i].name, 0);

        if (uid > 0)
            st.uid[t[i].role] = (uid_t)uid;
    }
    st.uid[ROLE_ADMIN] = st.uid[ROLE_SUPER] = (uid_t)boot_num(b, "uid.admin", geteuid());
}

/* As root the sandbox makes the environment's folder the root directory. */
static void enter(const struct boot *b, char *home, size_t n)
{
    const char *instance = boot_get(b, "instance", NULL);
    bool root = geteuid() == 0;
    struct sandbox_how how = {.kind = SB_STORED, .uid = (uid_t)boot_num(b, "uid", 0)};
    struct err e;

    if (!instance)
        die("stored: the boot settings name no instance");
    (void)snprintf(home, n, "%s/store", instance);
    how.root = how.rw_dir = home;
    if (sandbox_enter(&how, &e) != RC_OK)
        die("stored: sandbox: %s", e.log);
    if (root)
        /* the root directory, where the sandbox left us; "/" alone confuses the library */
        (void)snprintf(home, n, ".");
}

/* Nobody is served: what can be read is kept (salvage.h). */
static int salvage(struct boot *b, struct env_conf *conf, char *home, size_t n)
{
    enter(b, home, n);
    conf->cache = (uint64_t)boot_num(b, "stored.cache", 256 << 20);
    boot_free(&b);
    os_install();
    return salvage_run(conf);
}

int stored_main(void)
{
    struct boot *b;
    char home[4096];
    struct env_conf conf = {.home = home};
    struct ipc_service service = stored_service;
    struct err e;
    int listen_fd;
    enum rc rc;

    log_open("stored", LOG_INFO_);
    b = boot_load();
    no_dumps();
    set_signals();
    if (boot_get(b, "salvage", NULL))
        return salvage(b, &conf, home, sizeof home);
    boot_secret(b, "ticket.key", st.ticket_key, sizeof st.ticket_key);
    load_uids(b);
    listen_fd = boot_fd(b, "ipc");
    if (listen_fd < 0)
        die("stored: no listening socket was given");
    enter(b, home, sizeof home);
    if (salvage_unfinished(home))
        die("store: a salvage was not finished: run pli store salvage again");
    conf.cache = (uint64_t)boot_num(b, "stored.cache", 256 << 20);
    conf.min_free = (uint64_t)boot_num(b, "stored.min_free", 64 << 20);
    conf.threads = (unsigned)boot_num(b, "stored.threads", 16);
    st.max_messages = (uint64_t)boot_num(b, "stored.max_messages", 0);
    conf.locks = (uint32_t)boot_num(b, "stored.locks", 0); /* no setting: tests alone */
    os_install();
    env_open(&st.env, &conf);
    st.env.hooks = (struct env_hooks){.owner = &st, .committed = stored_committed, .audit = IN_DEV(audit)};
    st.watches = watches_new();
    st.seats = seats_new((unsigned)boot_num(b, "imapd.max_sessions_per_account", 30));
    st.busy = busy_new();
    sweep_start(&st);
    service.daemon = &st;
    service.threads = (unsigned)boot_num(b, "stored.threads", 16);
    service.max_peers = (unsigned)boot_num(b, "stored.max_peers", 8000);
    boot_free(&b);
    log_ev(LOG_INFO_, "stored-ready", "format=%d", STORE_FORMAT);
    rc = ipc_serve(&service, listen_fd, &e);
    sweep_stop(&st);
    env_close(&st.env);
    if (rc != RC_OK)
        die("stored: %s", e.log);
    return 0;
}
