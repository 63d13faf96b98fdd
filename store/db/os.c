/* SPDX-License-Identifier: EUPL-1.2 */
/* store/db/os.c - see os.h. fsync is fdatasync, because it writes a file's size as well, and its times are not
 * needed. */
#include "store/db/os.h"
#include "base/err.h"
#include "base/span.h"
#include "store/db/guard.h"
#include <db.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum os_call {
    OS_OPEN,
    OS_PREAD,
    OS_PWRITE,
    OS_FSYNC,
    OS_FTRUNCATE,
    OS_RENAME,
    OS_UNLINK,
    OS_DB,
    SEG_OPEN,
    SEG_PREAD,
    SEG_PWRITE,
    SEG_FSYNC,
    SEG_RENAME,
    SEG_UNLINK,
    SEG_PUNCH,
    OS_CALLS
};
static atomic_ullong count[OS_CALLS];

#ifdef PLI_DEV
static const char *const names[OS_CALLS] = {"open",       "pread",     "pwrite",     "fsync",      "ftruncate",
                                            "rename",     "unlink",    "db",         "seg-open",   "seg-pread",
                                            "seg-pwrite", "seg-fsync", "seg-rename", "seg-unlink", "seg-punch"};
enum { SLOW = -1, SLOW_MS = 2000 };
static const struct {
    const char *name;
    int err; /* 0: kill; SLOW: nothing fails, it takes its time */
} whats[] = {{"kill", 0},
             {"eio", EIO},
             {"enospc", ENOSPC},
             {"enomem", ENOMEM},
             {"slow", SLOW},
             {"eopnotsupp", EOPNOTSUPP},
             {"deadlock", DB_LOCK_DEADLOCK}};
static int fault_call = -1;
static unsigned long long fault_at;
static int fault_err;

static void load_fault(void)
{
    const char *s = getenv("PLI_FAULT");
    struct span rest = span_str(s), at;
    ptrdiff_t a, b;
    uint64_t n;

    if (!s)
        return;
    a = span_chr(rest, ':');
    b = a < 0 ? -1 : span_chr(span_from(rest, (size_t)a + 1), ':');
    if (b < 0)
        die("PLI_FAULT wants CALL:N:WHAT");
    at = span_of(rest.p + a + 1, (size_t)b);
    if (!span_u64(at, UINT32_MAX, &n))
        die("PLI_FAULT: %s is not CALL:N:WHAT", s);
    for (int i = 0; i < OS_CALLS; i++)
        if (span_eq_str(span_head(rest, (size_t)a), names[i]))
            fault_call = i;
    fault_at = n;
    for (size_t i = 0; i < sizeof whats / sizeof whats[0]; i++)
        if (span_eq_str(span_from(rest, (size_t)(a + b) + 2), whats[i].name))
            fault_err = whats[i].err;
}

/* True: the call is to fail with errno. A full disk stays full, and what a file system cannot do it never can; short memory is still short when what failed is tidied up. */
static bool fault(enum os_call c, unsigned long long n)
{
    if ((int)c != fault_call || n < fault_at)
        return false;
    if (fault_err != ENOSPC && fault_err != EOPNOTSUPP && n > fault_at + (fault_err == ENOMEM))
        return false;
    if (fault_err == 0)
        _exit(9); /* as abrupt as SIGKILL, which the sandbox would not let us send */
    if (fault_err == SLOW) {
        poll(NULL, 0, SLOW_MS);
        return false;
    }
    errno = fault_err;
    return true;
}
#else
static void load_fault(void)
{
}
static bool fault(enum os_call c, unsigned long long n)
{
    (void)c;
    (void)n;
    return false;
}
#endif

static bool enter(enum os_call c)
{
    return fault(c, atomic_fetch_add(&count[c], 1) + 1);
}

static int do_open(const char *path, int flags, ...)
{
    va_list ap;
    mode_t mode;
    int fd;

    va_start(ap, flags);
    mode = flags & O_CREAT ? va_arg(ap, mode_t) : 0;
    va_end(ap);
    if (enter(OS_OPEN))
        return -1;
    fd = open(path, flags | O_CLOEXEC, mode);
    guard_opened(fd, path);
    return fd;
}

static ssize_t do_pread(int fd, void *p, size_t n, off_t off)
{
    ssize_t got = enter(OS_PREAD) ? -1 : pread(fd, p, n, off);

    if (got != (ssize_t)n || !guard_refuses(fd, p, n, off))
        return got;
    errno = EIO;
    return -1;
}

/* The library seeks only to try a read or write again that did not succeed. */
static int do_seek(int fd, off_t off, int whence)
{
    int ret = guard_seek(fd, &off, &whence);

    return ret != 0 ? ret : lseek(fd, off, whence) < 0 ? errno : 0;
}

static ssize_t do_pwrite(int fd, const void *p, size_t n, off_t off)
{
    return enter(OS_PWRITE) ? -1 : pwrite(fd, p, n, off);
}

static ssize_t do_write(int fd, const void *p, size_t n)
{
    return enter(OS_PWRITE) ? -1 : write(fd, p, n);
}

/* What these give the library takes for an error number. A file that is gone already (two checkpoints remove the same log file) is none to it. */
static int error_of(int ret)
{
    return ret == 0 ? 0 : errno;
}

static int do_fsync(int fd)
{
    return error_of(enter(OS_FSYNC) ? -1 : fdatasync(fd));
}

static int do_ftruncate(int fd, off_t n)
{
    return error_of(enter(OS_FTRUNCATE) ? -1 : ftruncate(fd, n));
}

static int do_rename(const char *from, const char *to)
{
    return error_of(enter(OS_RENAME) ? -1 : rename(from, to));
}

static int do_unlink(const char *path)
{
    return error_of(enter(OS_UNLINK) ? -1 : unlink(path));
}

void os_install(void)
{
    load_fault();
    db_env_set_func_open(do_open);
    db_env_set_func_pread(do_pread);
    db_env_set_func_seek(do_seek);
    db_env_set_func_pwrite(do_pwrite);
    db_env_set_func_write(do_write);
    db_env_set_func_fsync(do_fsync);
    db_env_set_func_ftruncate(do_ftruncate);
    db_env_set_func_rename(do_rename);
    db_env_set_func_unlink(do_unlink);
}

/* ---- segment files ---- */
int os_seg_open(int dir_fd, const char *name, int flags)
{
    return enter(SEG_OPEN) ? -1 : openat(dir_fd, name, flags | O_CLOEXEC, 0600);
}

ssize_t os_seg_pread(int fd, void *p, size_t n, off_t off)
{
    return enter(SEG_PREAD) ? -1 : pread(fd, p, n, off);
}

ssize_t os_seg_pwritev(int fd, const struct iovec *v, int n, off_t off)
{
    return enter(SEG_PWRITE) ? -1 : pwritev(fd, v, n, off);
}

int os_seg_sync(int fd)
{
    return enter(SEG_FSYNC) ? -1 : fdatasync(fd);
}

int os_seg_rename(int dir_fd, const char *from, const char *to)
{
    return enter(SEG_RENAME) ? -1 : renameat(dir_fd, from, dir_fd, to);
}

int os_seg_unlink(int dir_fd, const char *name)
{
    return enter(SEG_UNLINK) ? -1 : unlinkat(dir_fd, name, 0);
}

int os_seg_punch(int fd, off_t off, off_t n)
{
    return enter(SEG_PUNCH) ? -1 : fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, off, n);
}

static _Thread_local bool serving;

void os_serving(void)
{
    serving = true;
}

int os_db_result(int ret)
{
#ifdef PLI_DEV
    if (fault_call == OS_DB && serving && enter(OS_DB))
        return errno;
#endif
    return ret;
}
