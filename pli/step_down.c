/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/step_down.c - see pli/step_down.h. */
#include "pli/step_down.h"
#include "pli/instance.h"
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { NOBODY = 65534, OPEN_FOLDERS = 16, LINKS_MOST = 40 };

/* ---- whose path it is ---- */
struct walk {
    int dir;                 /* where the next step begins, O_PATH */
    bool open_to_others;     /* users other than root may put names into it */
    char rest[2 * PATH_MAX]; /* steps to go */
    int links;
};

static bool others_write(const struct stat *st)
{
    return (st->st_mode & S_IWOTH) != 0 || ((st->st_mode & S_IWGRP) != 0 && st->st_gid != 0);
}

static enum rc enter(struct walk *w, int dir, const struct stat *st)
{
    close(w->dir);
    w->dir = dir;
    w->open_to_others = others_write(st);
    return RC_OK;
}

static enum rc from_root(struct walk *w, struct err *e)
{
    int dir = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    struct stat st;

    if (dir < 0 || fstat(dir, &st) != 0)
        return err_sys(e, RC_PERM, "/ cannot be opened");
    return enter(w, dir, &st);
}

/* Root's link: its words stand in for it. Takes fd. */
static enum rc follow(struct walk *w, int fd, struct err *e)
{
    char to[PATH_MAX];
    ssize_t n = readlinkat(fd, "", to, sizeof to);
    size_t after = strlen(w->rest) + 1;

    close(fd);
    if (n <= 0 || ++w->links > LINKS_MOST || (size_t)n + 1 + after > sizeof w->rest)
        return err_set(e, RC_PERM, "a link in the path leads nowhere");
    memmove(w->rest + n + 1, w->rest, after);
    memcpy(w->rest, to, (size_t)n);
    w->rest[n] = '/';
    return to[0] == '/' ? from_root(w, e) : RC_OK;
}

/* The step's own descriptor, links not followed. RC_NOTFOUND: nobody but root can put it there before it is opened by name, or it is not to be made.
 * In a folder like /tmp it is made at once, else another user would. */
static enum rc take_step(const struct walk *w, const char *name, bool make, int *fd_out, struct err *e)
{
    *fd_out = openat(w->dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    if (*fd_out < 0 && errno == ENOENT && make && w->open_to_others && w->rest[0] == '\0') {
        if (mkdirat(w->dir, name, 0700) != 0 && errno != EEXIST)
            return err_sys(e, RC_PERM, "%.200s cannot be made", name);
        *fd_out = openat(w->dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    }
    if (*fd_out >= 0)
        return RC_OK;
    return err_sys(e, errno == ENOENT && !w->open_to_others ? RC_NOTFOUND : RC_PERM, "%.200s cannot be opened", name);
}

/* Root's step: nobody else may be able to put another thing in its place, or have put it there under a second name. */
static enum rc held(const struct walk *w, const char *name, const struct stat *st, struct err *e)
{
    struct stat dir;

    if (!w->open_to_others)
        return RC_OK;
    if (fstat(w->dir, &dir) != 0 || !(dir.st_mode & S_ISVTX))
        return err_set(e, RC_PERM, "others may write to the folder that holds %.200s", name);
    if (!S_ISDIR(st->st_mode) && st->st_nlink > 1)
        return err_set(e, RC_PERM, "%.200s has a second name, and others may write to the folder that holds it", name);
    return RC_OK;
}

static enum rc step(struct walk *w, const char *name, bool make, uid_t *owner_out, struct err *e)
{
    struct stat st;
    int fd = -1;
    enum rc rc = take_step(w, name, make, &fd, e);

    if (rc != RC_OK)
        return rc;
    if (fstat(fd, &st) != 0)
        rc = err_sys(e, RC_PERM, "%.200s cannot be read", name);
    else if ((*owner_out = st.st_uid) == 0)
        rc = held(w, name, &st, e);
    if (rc == RC_OK && *owner_out == 0 && S_ISLNK(st.st_mode))
        return follow(w, fd, e);
    if (rc == RC_OK && *owner_out == 0 && S_ISDIR(st.st_mode))
        return enter(w, fd, &st);
    if (rc == RC_OK && *owner_out == 0 && w->rest[0] != '\0')
        rc = err_set(e, RC_NOTFOUND, "%.200s is no folder", name);
    close(fd);
    return rc;
}

enum rc step_down_owner(const char *path, bool make, uid_t *out, struct err *e)
{
    struct walk w = {.dir = -1};
    char here[PATH_MAX] = "", name[NAME_MAX + 1];
    enum rc rc = from_root(&w, e);

    *out = 0;
    if (rc == RC_OK && path[0] != '/' && !getcwd(here, sizeof here))
        rc = err_sys(e, RC_PERM, "the working folder cannot be named");
    if (rc == RC_OK && (size_t)snprintf(w.rest, sizeof w.rest, "%s/%s", here, path) >= PATH_MAX)
        rc = err_set(e, RC_SYNTAX, "the path is too long");
    while (rc == RC_OK && *out == 0) {
        size_t from = strspn(w.rest, "/"), n = strcspn(w.rest + from, "/"), next = from + n;

        if (n == 0)
            break;
        if (n > NAME_MAX)
            rc = err_set(e, RC_SYNTAX, "a name in the path is too long");
        snprintf(name, sizeof name, "%.*s", (int)n, w.rest + from);
        next += strspn(w.rest + next, "/");
        memmove(w.rest, w.rest + next, strlen(w.rest + next) + 1);
        rc = rc == RC_OK ? step(&w, name, make, out, e) : rc;
    }
    close(w.dir);
    return rc == RC_NOTFOUND ? RC_OK : rc; /* whoever opens it says so */
}

static int is_other(const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void)path;
    (void)at;
    return (type == FTW_D || type == FTW_DNR) && (st->st_uid != 0 || others_write(st));
}

/* Root's: is every folder in it? */
static bool roots_alone(const char *path)
{
    char real[PATH_MAX];

    return !realpath(path, real) || nftw(real, is_other, OPEN_FOLDERS, FTW_PHYS) == 0;
}

/* ---- somebody else ---- */
static int become(struct cmd *c, uid_t uid, gid_t gid, const char *name)
{
    admin_free(&c->admin);
    if ((name ? initgroups(name, gid) : setgroups(0, NULL)) != 0 || setresgid(gid, gid, gid) != 0 ||
        setresuid(uid, uid, uid) != 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return cmd_sys(c, "root's rights cannot be given up, and what is not ours is not read with them");
#ifdef PLI_DEV
    (void)prctl(PR_SET_DUMPABLE, 1, 0, 0, 0); /* the leak checker looks at its own process */
#endif
    return PLI_OK;
}

static int go_back(struct cmd *c)
{
    return fchdir(c->start_fd) == 0 ? PLI_OK : cmd_sys(c, "the folder that this was called in cannot be entered");
}

int step_down_to_nobody(struct cmd *c)
{
    int answer = go_back(c);

    return answer != PLI_OK || geteuid() != 0 ? answer : become(c, NOBODY, NOBODY, NULL);
}

int step_down_to_owner(struct cmd *c, const char *path, bool make)
{
    int answer = go_back(c);
    struct passwd *pw;
    struct err e;
    uid_t uid;

    if (answer != PLI_OK || geteuid() != 0)
        return answer;
    if (step_down_owner(path, make, &uid, &e) != RC_OK)
        return cmd_err(c, &e);
    if (uid == 0 && !roots_alone(path))
        return cmd_fail(c,
                        "%.200s is root's, but holds folders of others or some that others write to: give it to one "
                        "of them (chown -R)",
                        path);
    if (uid == 0)
        return PLI_OK;
    pw = getpwuid(uid);
    return pw ? become(c, uid, pw->pw_gid, pw->pw_name) : become(c, uid, (gid_t)uid, NULL);
}
