/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/super/privileges.c - what the supervisor gives up. It parses no octet of a peer, but a capability that it does
 * not have cannot be taken from it. As root it keeps the few capabilities that it needs to start and stop the daemons
 * and to give them their folders, and no child can gain another. */
#include "base/wipe.h"
#include "pli/super/super.h"
#include <errno.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

static const int kept[] = {CAP_CHOWN,  CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, CAP_FOWNER,           CAP_KILL,
                           CAP_SETGID, CAP_SETUID,       CAP_SYS_CHROOT,      CAP_NET_BIND_SERVICE, CAP_IPC_LOCK};

static bool keep(int cap)
{
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
        if (kept[i] == cap)
            return true;
    return false;
}

static void capabilities_drop(void)
{
    struct __user_cap_header_struct head = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct have[2], want[2] = {{0}, {0}};

    if (syscall(SYS_capget, &head, have) != 0)
        die("capabilities cannot be read (errno %d)", errno);
    for (int cap = 0; prctl(PR_CAPBSET_READ, cap) >= 0; cap++)
        if (!keep(cap))
            (void)prctl(PR_CAPBSET_DROP,
                        cap); /* refused in a container that has not CAP_SETPCAP: nothing to drop then */
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
        want[CAP_TO_INDEX(kept[i])].permitted |= CAP_TO_MASK(kept[i]);
    for (size_t i = 0; i < 2; i++) {
        want[i].permitted &= have[i].permitted;
        want[i].effective = want[i].permitted;
    }
    if (syscall(SYS_capset, &head, want) != 0)
        die("capabilities cannot be dropped (errno %d)", errno);
}

/* What daemons may raise themselves to once their powers are gone: locked memory for keys, descriptors for sessions. */
static void limits_raise(void)
{
    struct rlimit all = {RLIM_INFINITY, RLIM_INFINITY}, files;

    (void)setrlimit(RLIMIT_MEMLOCK, &all); /* refused to an ordinary user: keyd says what that means */
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &files);
    }
}

void privileges_drop(void)
{
    limits_raise();
    if (geteuid() == 0)
        capabilities_drop();
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        die("no_new_privs cannot be set (errno %d)", errno);
    no_dumps();
}
