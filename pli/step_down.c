/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/step_down.c - see pli/step_down.h. */
#include "pli/step_down.h"
#include "pli/instance.h"
#include <errno.h>
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

enum { NOBODY = 65534, OPEN_FOLDERS = 16 };

/* ---- whose path it is ---- */
/* The first owner other than root of "/a", "/a/b", "/a/b/c". What is not there belongs to nobody yet. */
static enum rc first_owner(const char *path, uid_t *out, struct err *e)
{
    char step[PATH_MAX];
    struct stat st;

    for (size_t n = 1; *out == 0 && n <= strlen(path); n++) {
        if (path[n] != '/' && path[n] != '\0')
            continue;
        snprintf(step, sizeof step, "%.*s", (int)n, path);
        if (lstat(step, &st) == 0)
            *out = st.st_uid;
        else if (errno != ENOENT)
            return err_sys(e, RC_PERM, "%.200s cannot be read", step);
    }
    return RC_OK;
}

/* The steps as they were typed, then those to which links lead. */
enum rc step_down_owner(const char *path, uid_t *out, struct err *e)
{
    char here[PATH_MAX] = "", typed[2 * PATH_MAX], real[PATH_MAX];
    enum rc rc;

    *out = 0;
    if (path[0] != '/' && !getcwd(here, sizeof here))
        return err_sys(e, RC_PERM, "the working folder cannot be named");
    snprintf(typed, sizeof typed, "%s%s%s", here, here[0] ? "/" : "", path);
    if (strlen(typed) >= PATH_MAX)
        return err_set(e, RC_SYNTAX, "the path is too long");
    rc = first_owner(typed, out, e);
    if (rc == RC_OK && *out == 0 && realpath(typed, real))
        rc = first_owner(real, out, e);
    return rc;
}

static int is_other(const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void)path;
    (void)at;
    return (type == FTW_D || type == FTW_DNR) && st->st_uid != 0;
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

int step_down_to_owner(struct cmd *c, const char *path)
{
    int answer = go_back(c);
    struct passwd *pw;
    struct err e;
    uid_t uid;

    if (answer != PLI_OK || geteuid() != 0)
        return answer;
    if (step_down_owner(path, &uid, &e) != RC_OK)
        return cmd_err(c, &e);
    if (uid == 0 && nftw(path, is_other, OPEN_FOLDERS, FTW_PHYS) == 1)
        return cmd_fail(c, "%.200s is root's, but holds folders of others: give it to one of them (chown -R)", path);
    if (uid == 0)
        return PLI_OK;
    pw = getpwuid(uid);
    return pw ? become(c, uid, pw->pw_gid, pw->pw_name) : become(c, uid, (gid_t)uid, NULL);
}
