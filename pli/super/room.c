/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/super/room.c - is there room to start? Each part would find out for itself, late and in words of its own: "bad file", "errno 28", a
 * database that does not open. So it is asked once, before anything is written, of every folder: each may be a disk of its own. */
#include "pli/instance.h"
#include "pli/super/super.h"
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

/* What a start may write before the first message: stored's recovery, slapd's socket and database, a few log lines. */
enum { ROOM_KB = 1024, ROOM_FILES = 16 };

/* What stored gives up first of all on a full disk (store/db/room.h), in KiB, when it lies on the disk of that folder: a disk that mail filled
 * does not keep the server from starting, so that the mail can be deleted. */
static unsigned long long reserve_kb(const char *dir, const char *folder)
{
    char path[4096];
    struct stat reserve, at;

    if (stat(inst_path(dir, "store/reserve", path), &reserve) != 0 || stat(folder, &at) != 0 || at.st_dev != reserve.st_dev)
        return 0;
    return (unsigned long long)reserve.st_blocks >> 1;
}

enum rc room_check(const char *dir, struct err *e)
{
    static const char *const folders[] = {"run", "log", "store", "ldap"};
    char path[4096];
    struct statvfs v;

    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        unsigned long long kb;
        if (statvfs(inst_path(dir, folders[i], path), &v) != 0)
            continue; /* missing: whoever needs it says so */
        kb = (unsigned long long)(geteuid() == 0 ? v.f_bfree : v.f_bavail) * v.f_frsize >> 10;
        kb += reserve_kb(dir, path);
        if (kb < ROOM_KB)
            return err_set(e, RC_TEMP,
                           "the disk of %s is full (%llu KiB free, a start needs %d): make room and start again", path,
                           kb, ROOM_KB);
        if (v.f_files > 0 && v.f_ffree < ROOM_FILES)
            return err_set(e, RC_TEMP,
                           "the disk of %s has no room for another file (%llu left): make room and start again", path,
                           (unsigned long long)v.f_ffree);
    }
    return RC_OK;
}
