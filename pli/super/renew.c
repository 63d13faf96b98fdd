/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/super/renew.c - new certificates without losing a session (SIGUSR2; pli cert import, renew).
 *
 * keyd and slapd start again when a file that they read at their start has changed since; relayd and pubd do so once keyd is there. A session that asks keyd
 * meanwhile waits and asks again. Then a new listener, which has read the new files, starts beside each old one on the
 * same sockets. The old listener is told to yield: it accepts no more connections, and ends with its last session. When
 * the instance stops it is told as every session is (stopping.c).
 */
#include "base/clock.h"
#include "base/log.h"
#include "pli/instance.h"
#include "pli/super/super.h"
#include <signal.h>
#include <sys/stat.h>

/* What each reads at its start and nobody tells it again. */
static const char *const files[PROCS_] = {[P_KEYD] = "keys/keyring", [P_SLAPD] = "tls/slapd.pem"};

static struct file_seen see(const struct super *s, enum proc_id i)
{
    char path[4096];
    struct stat st;

    if (files[i] == NULL || stat(inst_path(s->dir, files[i], path), &st) != 0)
        return (struct file_seen){.inode = 0};
    return (struct file_seen){st.st_ino, (uint64_t)st.st_size, st.st_mtim.tv_sec, st.st_mtim.tv_nsec};
}

static bool out_of_date(const struct super *s, enum proc_id i)
{
    const struct file_seen now = see(s, i), *then = &s->procs[i].read;

    return s->procs[i].pid > 0 && !s->procs[i].told && now.inode != 0 &&
           (now.inode != then->inode || now.size != then->size || now.s != then->s || now.ns != then->ns);
}

static void start_again(struct super *s, enum proc_id i)
{
    s->procs[i].told = true;
    kill(s->procs[i].pid, SIGTERM);
}

void renew_begin(struct super *s)
{
    log_ev(LOG_INFO_, "certificates-renewed", "pid=%ld", (long)getpid());
    if (out_of_date(s, P_KEYD))
        start_again(s, P_KEYD);
    if (out_of_date(s, P_SLAPD))
        start_again(s, P_SLAPD);
    s->renewing = true;
}

void renew_directory(struct super *s)
{
    log_ev(LOG_INFO_, "directory-renewed", "pid=%ld", (long)getpid());
    if (s->procs[P_SLAPD].pid > 0 && !s->procs[P_SLAPD].told)
        start_again(s, P_SLAPD);
}

/* What shows certificates reads them now. Keys that came with them, by an import that never told us, are keyd's by then too. */
void renew_before(struct super *s, enum proc_id i)
{
    s->procs[i].read = see(s, i);
    if ((proc_defs[i].listeners != 0 || i == P_RELAYD || i == P_PUBD) && out_of_date(s, P_KEYD)) {
        log_ev(LOG_WARN_, "keys-changed-untold", "name=%s", proc_defs[i].name);
        start_again(s, P_KEYD);
    }
}

void renew_listeners(struct super *s)
{
    if (!s->renewing || s->procs[P_KEYD].told || s->procs[P_KEYD].pid == 0)
        return;
    s->renewing = false;
    if (s->procs[P_RELAYD].pid >
        0) /* it shows other operators the same certificate; it ends when the letters at hand are done */
        start_again(s, P_RELAYD);
    if (s->procs[P_PUBD].pid > 0) /* it may show it to the national directory; an event under way is repeated */
        start_again(s, P_PUBD);
    for (size_t i = 0; i < PROCS_; i++) {
        struct proc *p = &s->procs[i];

        if (proc_defs[i].listeners == 0 || p->pid <= 0)
            continue;
        kill(p->pid, SIGUSR2);
        p->pid = 0; /* it is a child still; nobody waits for it by name */
        p->due = clock_mono();
    }
}
