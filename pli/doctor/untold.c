/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/doctor/untold.c - certificates that changed on disk while those who show them run on without knowing. See pli/doctor/doctor.h.
 *
 * Why      a command that was killed between its last file and its word to the supervisor (pli/certs.c) leaves all files right and everybody who runs with the old
 *          ones: after a removal a certificate is shown whose key ends with keyd.
 * How      a folder's date is that of its last file put in or taken out. The youngest process of a program is the one that answers; one that yields may be older.
 */
#include "base/clock.h"
#include "crypto/keyd/client/domain_key_place.h"
#include "pli/doctor/doctor.h"
#include "pli/instance.h"
#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define SECOND INT64_C(1000000000)
#define MOMENT (5 * SECOND) /* between a file and the start of who reads it */
#define TICKS (SECOND / 20) /* a start is known to a hundredth of a second, and may be said too early */

/* Each shows what is in these folders, and read them at its start. */
static const struct {
    enum proc_id id;
    const char *folders[2];
} shown_by[] = {
    {P_SMTPD, {"tls", "tls/" DOMAINS_BELOW}}, {P_IMAPD, {"tls", "tls/" DOMAINS_BELOW}},
    {P_HTTPD, {"tls", "tls/" DOMAINS_BELOW}}, {P_RELAYD, {"tls", "tls/" DOMAINS_BELOW}},
    {P_PUBD, {"tls/" OUTBOX_BELOW, NULL}},
};

/* UTC ns, by today's clock; 0: no process of that program is a child of the supervisor's. */
static int64_t youngest_start(const struct report *r, enum proc_id id, long *pid_out)
{
    DIR *d = opendir("/proc");
    const struct dirent *en;
    struct process p;
    enum proc_id is;
    int64_t last = 0;

    while (d && (en = readdir(d)) != NULL)
        if (process_read(en->d_name, &p) && p.parent == r->pid && p.state != 'Z' && process_is_daemon(p.name, &is) &&
            is == id && p.started > last) {
            last = p.started;
            *pid_out = p.pid;
        }
    if (d)
        closedir(d);
    return last;
}

/* UTC ns */
static int64_t changed_at(const struct report *r, const char *const folders[2])
{
    char path[4096];
    struct stat st;
    int64_t last = 0, at;

    for (size_t i = 0; i < 2; i++)
        if (folders[i] && stat(inst_path(r->c->root, folders[i], path), &st) == 0 &&
            (at = st.st_mtim.tv_sec * SECOND + st.st_mtim.tv_nsec) > last)
            last = at;
    return last;
}

void check_untold(struct report *r)
{
    for (size_t i = 0; r->served && i < sizeof shown_by / sizeof *shown_by; i++) {
        long pid = 0;
        int64_t changed = changed_at(r, shown_by[i].folders), started = youngest_start(r, shown_by[i].id, &pid);
        char advice[200];

        if (pid == 0 || started + TICKS >= changed || changed + MOMENT > clock_utc() * SECOND)
            continue;
        snprintf(advice, sizeof advice,
                 "a pli cert command was cut off: give it again (remove too), or: kill -USR2 %ld", r->pid);
        finding(r, F_WARN, "untold", advice, "certificates changed, and %s %ld, which runs since before, was not told",
                proc_defs[shown_by[i].id].program, pid);
    }
}
