/* SPDX-License-Identifier: EUPL-1.2 */
/* base/sandbox.c - see base/sandbox.h. The order of the steps matters:
 *   1. what needs a path is opened
 *   2. root, groups and uid are taken away
 *   3. dumps are switched off (behind the change of uid, because that switches them on again)
 *   4. Landlock
 *   5. the filter, last of all */
#include "base/sandbox.h"
#include "base/sandbox_int.h"
#include "base/span.h"
#include "base/wipe.h"
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

static bool entered; /* this process or the one it was forked from: root, uid, dumps and Landlock are settled */

#ifdef PLI_DEV
/* Sandboxed processes have no leak check at exit, because it stops the process with ptrace(2), which a sandbox
 * forbids. */
int __lsan_is_turned_off(void);
int __lsan_is_turned_off(void)
{
    return entered;
}
void __sanitizer_symbolize_pc(void *pc, const char *fmt, char *out, size_t cap);
#endif

void sandbox_warm_reports(void)
{
#ifdef PLI_DEV
    static bool warm;
    char text[64];

    if (!warm)
        __sanitizer_symbolize_pc((void *)(uintptr_t)sandbox_warm_reports, "%f", text, sizeof text);
    warm = true;
#endif
}

static enum rc change_identity(const struct sandbox_how *h, struct err *e)
{
    gid_t gid = (gid_t)h->uid; /* each daemon's group has its uid's number */

    if (geteuid() != 0)
        return RC_OK;
    if (h->root && (chroot(h->root) != 0 || chdir("/") != 0))
        return err_sys(e, RC_PERM, "chroot %s", h->root);
    if (h->uid == 0)
        return RC_OK;
    if (setgroups(0, NULL) != 0 || setresgid(gid, gid, gid) != 0 || setresuid(h->uid, h->uid, h->uid) != 0)
        return err_sys(e, RC_PERM, "change to uid %ld", (long)h->uid);
    if (setresuid(-1, 0, -1) == 0)
        return err_set(e, RC_PERM, "uid 0 could be taken back");
    return RC_OK;
}

static enum rc settle(const struct sandbox_how *h, struct err *e)
{
    int rw_fd = -1;
    enum rc rc;

    if (h->rw_dir && (rw_fd = open(h->rw_dir, O_PATH | O_DIRECTORY | O_CLOEXEC)) < 0)
        return err_sys(e, RC_PERM, "open %s", h->rw_dir);
    rc = change_identity(h, e);
    if (rc == RC_OK) {
        no_dumps();
        rc = sandbox_landlock_enter(h, rw_fd, e);
    }
    if (rw_fd >= 0)
        close(rw_fd);
    return rc;
}

enum rc sandbox_enter(const struct sandbox_how *h, struct err *e)
{
    int sessions;
    enum rc rc;

    if ((unsigned)h->kind >= SB_KINDS_)
        bug("sandbox of kind %d", (int)h->kind);
    sessions = sandbox_profiles[h->kind].prepares;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return err_sys(e, RC_PERM, "no_new_privs");
    if (!entered) {
        sandbox_warm_reports();
        if ((rc = sandbox_filter_prepare(h->kind, e)) != RC_OK)
            return rc;
        if (sessions >= 0 && (rc = sandbox_filter_prepare((enum sandbox_kind)sessions, e)) != RC_OK)
            return rc;
        if ((rc = settle(h, e)) != RC_OK)
            return rc;
    }
    entered = true;
    return sandbox_filter_install(h->kind, e);
}

/* ---- seen from outside ---- */
static long field_of(const char *status, const char *name)
{
    const char *at = strstr(status, name);

    return at ? strtol(at + strlen(name), NULL, 10) : -1;
}

void sandbox_state_of(pid_t pid, struct sandbox_state *out)
{
    char path[40], text[4096], root[16];
    ssize_t n;
    long uid;
    int fd;

    memset(out, 0, sizeof *out);
    snprintf(path, sizeof path, "/proc/%ld/status", (long)pid);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    n = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
    if (fd >= 0)
        close(fd);
    if (n <= 0)
        return;
    text[n] = 0;
    uid = field_of(text, "\nUid:\t");
    out->seccomp = field_of(text, "\nSeccomp:\t") == 2;
    out->no_new_privs = field_of(text, "\nNoNewPrivs:\t") == 1;
    out->own_uid = uid > 0 && (uid_t)uid != geteuid();
    /* The kernel does not show a Landlock domain. sandbox_enter() enters one before the filter, where there is Landlock. */
    out->landlock = out->seccomp && sandbox_landlock_abi() > 0;
    snprintf(path, sizeof path, "/proc/%ld/root", (long)pid);
    n = readlink(path, root, sizeof root);
    out->empty_root = n > 1;
}
