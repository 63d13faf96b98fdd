/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/doctor/log.c - checks the log: how long it is, how many older logs are kept, and whether the disk has room for
 * them. */
#include "pli/doctor/doctor.h"
#include "pli/instance.h"
#include <stdio.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

enum { MB = 1024 * 1024, KEEP_MOST = 100 };

static long long size_of(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 ? (long long)st.st_size : -1;
}

void check_log(struct report *r)
{
    long long most = r->conf ? conf_num(r->conf, "log.max_size") : 0,
              keep = r->conf ? conf_num(r->conf, "log.keep") : 0;
    char path[4096], older[4200];
    long long now = size_of(inst_path(r->c->root, "log/pli.log", path)), before = 0, room;
    struct statvfs v;

    if (now < 0 || !r->conf || statvfs(path, &v) != 0) {
        finding(r, now < 0 && r->served ? F_WARN : F_OK, "log", now < 0 && r->served ? "restart pli serve" : NULL,
                "%s is not there", path);
        return;
    }
    for (int n = 1; n < KEEP_MOST; n++) {
        long long size;

        snprintf(older, sizeof older, "%s.%d", path, n);
        before += (size = size_of(older)) > 0 ? size : 0;
    }
    room = (long long)(v.f_bavail * v.f_frsize);
    if (most > 0 && now > 2 * most)
        finding(r, F_WARN, "log", "is pli serve running? see ev=log-not-turned", "%lld MB, of %lld", now / MB,
                most / MB);
    else if (most > 0 && room < (keep + 1) * most - now - before)
        finding(r, F_WARN, "log", "make room, or lower log.max_size or log.keep",
                "it may take %lld MB more than the disk has", ((keep + 1) * most - now - before - room) / MB + 1);
    else
        finding(r, F_OK, "log", NULL, "%lld MB, older ones %lld MB, room %lld MB; %s", now / MB, before / MB, room / MB,
                most > 0 ? "bounded" : "turned over by SIGHUP alone");
}
