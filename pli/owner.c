/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/owner.c - see pli/owner.h. */
#define _XOPEN_SOURCE 700
#include "pli/owner.h"
#include "pli/instance.h"
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <unistd.h>

const struct owned owned[] = {
    {"", 0711, -1, false},
    {"keys", 0700, -1, false},
    {"log", 0700, -1, false},
    {"run", 01775, -1, false}, /* group slapd, sticky: it makes its socket there and can remove no other */
    {"tls", 0711, -1, false},
    {"tls/slapd.key", 0400, P_SLAPD, false},
    {"store", 0700, P_STORED, true},
    {"ldap", 0700, P_SLAPD, true},
    {NULL, 0, 0, false},
};

static uid_t walk_uid; /* nftw has no user pointer; one walk at a time */
static gid_t walk_gid;

static int give(const char *path, const struct stat *st, int kind, struct FTW *at)
{
    (void)kind;
    (void)at;
    if (st->st_uid == walk_uid && st->st_gid == walk_gid)
        return 0;
    if (S_ISREG(st->st_mode) && st->st_nlink > 1) /* also stands elsewhere: not ours to give away */
        return 0;
    return lchown(path, walk_uid, walk_gid);
}

static enum rc apply(const char *path, const struct owned *o, uid_t uid, gid_t gid, struct err *e)
{
    struct stat st;

    if (lstat(path, &st) != 0)
        return errno == ENOENT ? RC_OK : err_sys(e, RC_PERM, "%s", path);
    if (S_ISLNK(st.st_mode))
        return err_set(e, RC_PERM, NULL, NULL, "%s is a symbolic link: put the real thing in its place", path);
    walk_uid = uid;
    walk_gid = gid;
    if (geteuid() == 0 && (o->whole ? nftw(path, give, 16, FTW_PHYS) : give(path, &st, 0, NULL)) != 0)
        return err_sys(e, RC_PERM, "%s cannot be given to uid %ld", path, (long)uid);
    if ((st.st_mode & 07777) != o->mode && chmod(path, o->mode) != 0)
        return err_sys(e, RC_PERM, "%s: mode %o cannot be set", path, (unsigned)o->mode);
    return RC_OK;
}

enum rc owner_apply(const char *dir, const uid_t uids[PROCS_], struct err *e)
{
    char path[4096];
    enum rc rc = RC_OK;

    for (const struct owned *o = owned; o->name && rc == RC_OK; o++) {
        uid_t uid = o->proc >= 0 && uids[o->proc] ? uids[o->proc] : geteuid();
        gid_t gid = strcmp(o->name, "run") == 0 ? (gid_t)uids[P_SLAPD]
                                                : (gid_t)uid; /* each daemon's group has its uid's number */
        inst_path(dir, o->name, path);
        if (!o->name[0])
            path[strlen(path) - 1] = 0; /* DIR itself, without the slash */
        rc = apply(path, o, uid, gid, e);
    }
    return rc;
}
