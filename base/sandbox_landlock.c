/* SPDX-License-Identifier: EUPL-1.2 */
/* base/sandbox_landlock.c - takes the file system and TCP away with Landlock, where the kernel has it. The layouts are
 * the kernel's own (landlock(7)). They are written out here, because Debian's headers may be older than the kernel that
 * Pli runs on. */
#include "base/sandbox_int.h"
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { LL_CREATE = 444, LL_ADD = 445, LL_RESTRICT = 446 }; /* the same numbers on every architecture */
enum { LL_GET_VERSION = 1, LL_PATH_BENEATH = 1, LL_NET_PORT = 2 };

#define FS_WRITE_FILE (1ULL << 1)
#define FS_READ_FILE (1ULL << 2)
#define FS_READ_DIR (1ULL << 3)
#define FS_EXECUTE (1ULL << 0)
#define FS_REMOVE_DIR (1ULL << 4)
#define FS_REMOVE_FILE (1ULL << 5)
#define FS_MAKE_DIR (1ULL << 7)
#define FS_MAKE_REG (1ULL << 8)
#define FS_REFER (1ULL << 13)
#define FS_TRUNCATE (1ULL << 14)
#define NET_BOTH 3ULL /* bind and connect by TCP */
#define NET_BIND 1ULL
#define SCOPE_BOTH 3ULL /* abstract sockets and signals of processes outside the domain */

struct ll_rules {
    uint64_t fs, net, scoped;
};
struct ll_beneath {
    uint64_t allowed;
    int32_t fd;
} __attribute__((packed));

struct ll_port {
    uint64_t allowed, port;
};

/* For each Landlock version: which rights of the file system the kernel knows, and how long its rule head is. */
static const struct {
    uint64_t fs;
    size_t head;
} versions[] = {
    {0, 0},
    {(1ULL << 13) - 1, 8},
    {(1ULL << 14) - 1, 8},
    {(1ULL << 15) - 1, 8},
    {(1ULL << 15) - 1, 16},
    {(1ULL << 16) - 1, 16},
    {(1ULL << 16) - 1, 24},
};
enum { KNOWN = sizeof versions / sizeof versions[0] - 1 };

int sandbox_landlock_abi(void)
{
    long v = syscall(LL_CREATE, NULL, 0, LL_GET_VERSION);

    return v < 0 ? 0 : (int)v;
}

static bool allow(int rules, int fd, uint64_t rights)
{
    struct ll_beneath b = {rights, fd};
    struct stat st;

    if (fstat(fd, &st) == 0 && !S_ISDIR(st.st_mode))
        b.allowed &= FS_READ_FILE | FS_WRITE_FILE | FS_TRUNCATE | FS_EXECUTE;
    return syscall(LL_ADD, rules, LL_PATH_BENEATH, &b, 0) == 0;
}

static void allow_system(int rules, uint64_t known)
{
    for (const char *const *p = sandbox_system_paths; *p; p++) {
        int fd = open(*p, O_PATH | O_CLOEXEC);
        if (fd < 0)
            continue; /* not on this machine */
        (void)allow(rules, fd, (FS_READ_FILE | FS_READ_DIR | FS_EXECUTE) & known);
        close(fd);
    }
}

/* To connect from an address of its choice a process binds to it, with a port of the kernel's choice, which is port 0
 * here. No filter that allows this allows listen(2). */
static void allow_any_port(int rules)
{
    const struct ll_port p = {NET_BIND, 0};

    (void)syscall(LL_ADD, rules, LL_NET_PORT, &p, 0); /* before Landlock 4: no such rule, nor the need of one */
}

enum rc sandbox_landlock_enter(const struct sandbox_how *h, int rw_fd, struct err *e)
{
    const struct sandbox_profile *p = &sandbox_profiles[h->kind];
    int abi = sandbox_landlock_abi(), v = abi > KNOWN ? KNOWN : abi, rules;
    struct ll_rules r = {versions[v].fs, p->tcp_out ? NET_BIND : NET_BOTH, SCOPE_BOTH};
    const uint64_t own = FS_WRITE_FILE | FS_READ_FILE | FS_READ_DIR | FS_REMOVE_DIR | FS_REMOVE_FILE | FS_MAKE_DIR |
                         FS_MAKE_REG | FS_REFER | FS_TRUNCATE;
    enum rc rc = RC_OK;

    if (abi <= 0)
        return RC_OK; /* pli doctor says so */
    rules = (int)syscall(LL_CREATE, &r, versions[v].head, 0);
    if (rules < 0)
        return errno == EOPNOTSUPP ? RC_OK : err_sys(e, RC_PERM, "%s: landlock", p->name);
    if (p->files == FILES_SYSTEM_RO || p->files == FILES_SYSTEM_AND_DIR)
        allow_system(rules, r.fs);
    if (p->tcp_out)
        allow_any_port(rules);
    if ((p->files == FILES_RW_DIR || p->files == FILES_SYSTEM_AND_DIR) && rw_fd >= 0 &&
        !allow(rules, rw_fd, own & r.fs))
        rc = err_sys(e, RC_PERM, "%s: landlock rule for %s", p->name, h->rw_dir);
    else if (syscall(LL_RESTRICT, rules, 0) != 0)
        rc = err_sys(e, RC_PERM, "%s: landlock refused by the kernel", p->name);
    close(rules);
    return rc;
}
