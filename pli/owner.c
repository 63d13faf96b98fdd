/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/owner.c - see pli/owner.h.
 *
 * Root gives files away in folders that a daemon owns. An attacker who has taken over that daemon chooses what stands
 * there, and may change it between two of our calls. So no name is used twice. Each name is opened below its folder's
 * descriptor, never through a symbolic link, and the file that was looked at through the descriptor is the file that is
 * given. A file that has another name too (a hard link) is not given, nor is anything that is neither a file nor a
 * folder.
 */
#include "pli/owner.h"
#include "pli/instance.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

const struct owned owned[] = {
    {"", 0711, -1, false},
    {"keys", 0700, -1, false},
    {"log", 0700, -1, false},
    {"run", 01775, -1, false}, /* group slapd, sticky: it makes its socket there and can remove no other */
    {"run/slapd", 0710, P_SLAPD,
     false}, /* group dird: nobody else comes to slapd over ldapi, where no wrong password is counted */
    {"tls", 0711, -1, false},
    {"tls/slapd.key", 0400, P_SLAPD, false},
    {"store", 0700, P_STORED, true},
    {"trust", 0700, P_TRUSTD, true},
    {"publish", 0700, P_PUBD, true},
    {"ldap", 0700, P_SLAPD, true},
    {NULL, 0, 0, false},
};

enum { DEPTH = 4 /* folders below store/ or ldap/: there are two */ };
struct giving {
    uid_t uid;
    gid_t gid;
};

/* The thing behind fd, as it is now. 0, or -1 with errno. */
static int give(int fd, const struct giving *g)
{
    struct stat st;

    if (fstat(fd, &st) != 0)
        return -1;
    if (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
        return 0;
    if (S_ISREG(st.st_mode) && st.st_nlink != 1)
        return 0;
    if (st.st_uid == g->uid && st.st_gid == g->gid)
        return 0;
    return fchownat(fd, "", g->uid, g->gid, AT_EMPTY_PATH);
}

static int give_below(int dir, const struct giving *g, int depth);

static int give_one(int dir, const char *name, const struct giving *g, int depth)
{
    struct stat st;
    int fd = openat(dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC), folder, rc;

    if (fd < 0)
        return errno == ENOENT ? 0 : -1; /* gone meanwhile */
    rc = fstat(fd, &st);
    if (rc == 0 && S_ISDIR(st.st_mode) && depth > 0) {
        folder = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        rc = folder >= 0                                             ? give_below(folder, g, depth - 1)
             : errno == ENOENT || errno == ENOTDIR || errno == ELOOP ? 0
                                                                     : -1;
    } else if (rc == 0)
        rc = give(fd, g);
    close(fd);
    return rc;
}

/* The folder itself and what stands in it; takes dir. */
static int give_below(int dir, const struct giving *g, int depth)
{
    DIR *d = give(dir, g) == 0 ? fdopendir(dir) : NULL;
    struct dirent *en;
    int rc = 0;

    if (!d) {
        close(dir);
        return -1;
    }
    while (rc == 0 && (en = readdir(d)))
        if (strcmp(en->d_name, ".") != 0 && strcmp(en->d_name, "..") != 0)
            rc = give_one(dirfd(d), en->d_name, g, depth);
    closedir(d);
    return rc;
}

/* "tls/slapd.key" below the instance's folder, no step of it through a symbolic link. -1 with errno. */
static int open_owned(int top, const char *name)
{
    const char *slash = strchr(name, '/');
    char first[32];
    int dir, fd;

    if (!slash)
        return openat(top, name[0] ? name : ".", O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    snprintf(first, sizeof first, "%.*s", (int)(slash - name), name);
    dir = openat(top, first, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (dir < 0)
        return -1;
    fd = open_owned(dir, slash + 1);
    close(dir);
    return fd;
}

static enum rc apply(int fd, const struct owned *o, const struct giving *g, const char *path, struct err *e)
{
    struct stat st;
    int copy;

    if (geteuid() == 0) {
        copy = o->whole ? fcntl(fd, F_DUPFD_CLOEXEC, 3) : -1;
        if ((o->whole ? copy < 0 || give_below(copy, g, DEPTH) != 0 : give(fd, g) != 0))
            return err_sys(e, RC_PERM, "%s cannot be given to uid %ld", path, (long)g->uid);
    }
    if (fstat(fd, &st) != 0 || ((st.st_mode & 07777) != o->mode && fchmod(fd, o->mode) != 0))
        return err_sys(e, RC_PERM, "%s: mode %o cannot be set: run this as root or as the instance's owner", path,
                       (unsigned)o->mode);
    return RC_OK;
}

static enum rc apply_row(int top, const char *dir, const struct owned *o, const struct giving *g, struct err *e)
{
    char path[4096];
    enum rc rc;
    int fd = open_owned(top, o->name);

    inst_path(dir, o->name, path);
    if (fd < 0 && errno == ENOENT)
        return RC_OK;
    if (fd < 0 && (errno == ELOOP || errno == ENOTDIR))
        return err_set(e, RC_PERM, "%s is a symbolic link: put the real thing in its place", path);
    if (fd < 0)
        return err_sys(e, RC_PERM, "%s cannot be opened: run this as root or as the instance's owner", path);
    rc = apply(fd, o, g, path, e);
    close(fd);
    return rc;
}

enum rc owner_apply(const char *dir, const uid_t uids[PROCS_], struct err *e)
{
    int top = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    enum rc rc = top >= 0 ? RC_OK : err_sys(e, RC_PERM, "%s cannot be opened", dir);

    for (const struct owned *o = owned; o->name && rc == RC_OK; o++) {
        uid_t uid = o->proc >= 0 && uids[o->proc] ? uids[o->proc] : geteuid();
        struct giving g = {uid, (gid_t)uid}; /* each daemon's group has its uid's number */
        if (strcmp(o->name, "run") == 0)
            g.gid = (gid_t)uids[P_SLAPD];
        if (strcmp(o->name, "run/slapd") == 0)
            g.gid = (gid_t)uids[P_DIRD];
        rc = apply_row(top, dir, o, &g, e);
    }
    if (top >= 0)
        close(top);
    return rc;
}
