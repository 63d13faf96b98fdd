/* SPDX-License-Identifier: EUPL-1.2 */
/* base/service.h - the skeleton of a daemon: what main() of each does alike. A daemon is a table (struct service), a list of handlers
 * (base/ipc.h), and the steps that are its own.
 *
 * Order    the command line; boot list (base/boot.h); log with the setting log.level; no dumps; uids of roles; signals; load(); sandbox; start();
 *          one log line ev=ready; requests are served, or run(); stop(). Exit 0; 1 when the start failed: one line says why.
 * Signals  SIGTERM, SIGINT: what is in flight is answered, then stop(). SIGPIPE is ignored. Those that come during the start count too.
 * Folders  a daemon starts in DIR/run, and as root that is its root directory; one with a home (stored) has DIR/home instead, and may write there.
 * Uids     who may claim which role (base/ipc.h). There is one table, in service.c, and one rule:
 *            1. a role that the boot list gives a uid (uid.smtpd ...) is that uid's, and no other's;
 *            2. the administrator's and the supervisor's roles are uid.admin's, and without it the uid's that started this daemon: never that
 *               of a daemon that has a uid of its own;
 *            3. any other role that has no uid in the list is nobody's, and base/ipc then takes this daemon's own uid for it: an instance without
 *               uids of its own runs all its daemons as one user.
 *          The former fallback of dird, its own uid for every role, let a process of dird's uid claim the administrator's role where no uid.admin
 *          was given: rule 2 is what stored and keyd did. Root may claim every role.
 * Process  every daemon.
 */
#pragma once
#include "base/boot.h"
#include "base/ipc.h"
#include "base/sandbox.h"

struct service_print {               /* --NAME on the command line prints something and ends */
    const char *option;
    void (*print)(void);
};
struct service {
    const char *name;                /* "stored": the program is pli-stored; its lines in the log begin with it; stored.threads is its setting */
    enum sandbox_kind sandbox;
    const char *home;                /* NULL: DIR/run. "store": DIR/store, writable */
    bool home_by_descriptor;         /* its root stays DIR/run, where the sockets of those are that it asks; load() opens the home, and names all in it below that */
    bool sees_system;                /* no root directory of its own: it needs the resolver's files, and its home by its name */
    bool (*sees_if)(const struct boot *b); /* NULL: no; otherwise asked with the settings: as sees_system */
    struct service_print print[4];   /* up to the first without an option. --version is every daemon's */
    /* The daemon's own steps; each may be NULL, and dies with a clear line when the start cannot go on. */
    void *(*load)(const struct boot *b);                  /* with all rights: settings, secrets, files. Answers the daemon's state */
    void (*start)(void *daemon, const struct boot *b);    /* in the sandbox: what must be open, threads */
    void (*run)(void *daemon);                            /* until service_told_to_stop(); NULL: requests are served by .ipc */
    void (*stop)(void *daemon);
    /* proto NULL: it answers nobody. daemon and uid_of_role are filled in; threads and max_peers too, from the settings NAME.threads and
     * NAME.max_peers, where they are 0. */
    struct ipc_service ipc;
};
int service_main(const struct service *s, int argc, char **argv);

/* For a daemon's own steps. */
bool service_told_to_stop(void);
const char *service_home(void);            /* in start() and later: the home as this process may name it */
const char *service_host(const struct boot *b); /* instance.hostname, or mail. and the domain; good for the whole process */
uid_t service_uid_of_role(void *daemon, enum ipc_role r); /* by the rule above; (uid_t)-1: nobody's own. Filled in before load() */
void service_uids(const struct boot *b);   /* for tests: fills the table */
