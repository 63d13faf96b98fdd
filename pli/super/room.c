/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/super/room.c - is there room on the disks to start? Without this check each daemon would find out late and say it
 * in its own words: "bad file", "errno 28", a database that does not open. So every folder is looked at once, before
 * anything is written. Each may be on a disk of its own. */
#include "pli/instance.h"
#include "pli/super/super.h"
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

/* What a start may write before the first message: stored's recovery, slapd's socket and database, a few log lines. */
enum { ROOM_KB = 1024, ROOM_FILES = 16 };

/* The size in KiB of the reserve that stored gives up first on a full disk (store/db/room.h), when the reserve lies on
 * the disk of that folder. It counts as room, so that a disk that mail filled does not keep the server from starting,
 * and the mail can be deleted. */
static unsigned long long reserve_kb(const char *dir, const char *folder)
{
    char path[4096];
    struct stat reserve, at;

    if (stat(inst_path(dir, "store/reserve", path), &reserve) != 0 || stat(folder, &at) != 0 ||
        at.st_dev != reserve.st_dev)
        return 0;
    return (unsigned long long)reserve.st_blocks >> 1;
}

enum rc room_check(const char *dir, struct err *e)
{
    static const char *const folders[] = {"run", "log", "store", "trust", "ldap", "publish"};
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
