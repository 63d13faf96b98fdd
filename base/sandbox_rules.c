/* SPDX-License-Identifier: EUPL-1.2 */
/* base/sandbox_rules.c - which system calls each process may make, side by side for review.
 *
 * A call that is in none of a process's groups kills the process. Three kinds of calls give an error instead, because
 * libraries try them and go on well after a refusal:
 *   looking at files by path  EACCES
 *   terminal requests         ENOTTY
 *   clone3                    ENOSYS, because its flags are in memory, where a filter cannot see them. glibc then uses
 *                             clone, whose flags a filter can see. */
#include "base/sandbox_int.h"
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#define YES(name)                                                                                                      \
    {                                                                                                                  \
        SCMP_SYS(name), ALLOWED, 0, 0, 0                                                                               \
    }
#define NO(name, error)                                                                                                \
    {                                                                                                                  \
        SCMP_SYS(name), error, 0, 0, 0                                                                                 \
    }
#define IF(name, arg, mask, value)                                                                                     \
    {                                                                                                                  \
        SCMP_SYS(name), ALLOWED, arg, mask, value                                                                      \
    }
#define END                                                                                                            \
    {                                                                                                                  \
        0, 0, 0, SANDBOX_END, 0                                                                                        \
    }
#define WHOLE 0xffffffffu /* all bits of an int argument */
#define GROUP(g) static const struct sandbox_group g = {#g, g##_rules}

/* clang-format off */
static const struct sandbox_rule basic_rules[] = {
    /* bytes in and out of what is already open */
    YES(read), YES(readv), YES(write), YES(writev), YES(pread64), YES(preadv), YES(pwrite64), YES(pwritev), YES(lseek), YES(close),
    YES(fstat), IF(newfstatat, 3, 0x1000 /* AT_EMPTY_PATH */, 0x1000), YES(dup), YES(dup2), YES(dup3), YES(pipe2),
    YES(memfd_create), YES(sendfile), YES(splice),
    /* nothing that shortens a file or takes O_APPEND from it: the log is open in every process, and stays what was written */
    IF(fcntl, 1, WHOLE, F_DUPFD), IF(fcntl, 1, WHOLE, F_DUPFD_CLOEXEC), IF(fcntl, 1, WHOLE, F_GETFD), IF(fcntl, 1, WHOLE, F_SETFD),
    IF(fcntl, 1, WHOLE, F_GETFL), IF(fcntl, 1, WHOLE, F_ADD_SEALS), IF(fcntl, 1, WHOLE, F_GET_SEALS),
    /* memory; never executable */
    YES(brk), YES(munmap), YES(mremap), YES(madvise), YES(mlock), YES(mlock2), YES(munlock), YES(membarrier),
    /* waiting, time */
    YES(poll), YES(ppoll), YES(select), YES(pselect6), YES(epoll_create1), YES(epoll_ctl), YES(epoll_wait), YES(epoll_pwait),
    YES(eventfd2), YES(timerfd_create), YES(timerfd_settime), YES(clock_gettime), YES(clock_getres), YES(clock_nanosleep),
    YES(nanosleep), YES(gettimeofday), YES(time), YES(times), YES(alarm), YES(setitimer),
    /* threads that exist, signals, the end */
    YES(futex), YES(sched_yield), YES(sched_getaffinity), YES(set_robust_list), YES(rseq), YES(rt_sigaction), YES(rt_sigprocmask),
    YES(rt_sigreturn), YES(rt_sigtimedwait), YES(sigaltstack), YES(restart_syscall), IF(tgkill, 2, WHOLE, SIGABRT), YES(exit),
    YES(exit_group),
    /* who am I */
    YES(getpid), YES(gettid), YES(getppid), YES(getuid), YES(geteuid), YES(getgid), YES(getegid), YES(getrandom), YES(uname),
    YES(sysinfo), YES(getrusage), YES(getrlimit), IF(prlimit64, 2, UINT64_MAX - 1, 0) /* reads only */, YES(umask), YES(getcpu),
    /* refused gently */
    NO(ioctl, ENOTTY), IF(prctl, 0, WHOLE, PR_SET_NAME),
    IF(prctl, 0, WHOLE, PR_GET_DUMPABLE), NO(clone3, ENOSYS), END};
GROUP(basic);

static const struct sandbox_rule data_only_rules[] = {/* memory is data: no new code in this process */
    IF(mmap, 2, PROT_EXEC, 0), IF(mprotect, 2, PROT_EXEC, 0), END};
GROUP(data_only);

static const struct sandbox_rule may_load_rules[] = {/* shared objects of the name service and of PKCS#11 come late */
    YES(mmap), YES(mprotect), END};
GROUP(may_load);

static const struct sandbox_rule no_files_rules[] = {
    NO(open, EACCES), NO(openat, EACCES), NO(openat2, EACCES), NO(stat, EACCES), NO(lstat, EACCES), NO(statx, EACCES),
    NO(access, EACCES), NO(faccessat, EACCES), NO(faccessat2, EACCES), NO(readlink, EACCES), NO(readlinkat, EACCES),
    NO(getcwd, EACCES), END};
GROUP(no_files);

static const struct sandbox_rule read_files_rules[] = {
    IF(open, 1, O_ACCMODE | O_CREAT | O_TRUNC, O_RDONLY), IF(openat, 2, O_ACCMODE | O_CREAT | O_TRUNC, O_RDONLY), YES(stat),
    YES(lstat), YES(newfstatat), YES(statx), YES(access), YES(faccessat), YES(faccessat2), YES(readlink), YES(readlinkat),
    YES(getcwd), YES(getdents64), YES(fstatfs), END};
GROUP(read_files);

static const struct sandbox_rule own_files_rules[] = {/* Berkeley DB's environment; Landlock says where */
    YES(open), YES(openat), YES(stat), YES(lstat), YES(newfstatat), YES(statx), YES(access), YES(faccessat), YES(faccessat2),
    YES(readlink), YES(readlinkat), YES(getcwd), YES(getdents64), YES(statfs), YES(fstatfs), YES(rename), YES(renameat),
    YES(renameat2), YES(unlink), YES(unlinkat), YES(mkdir), YES(mkdirat), YES(rmdir), YES(truncate), YES(ftruncate), YES(fallocate), YES(fcntl), YES(fsync), YES(fdatasync),
    YES(sync_file_range), YES(msync), YES(fadvise64), YES(flock), YES(chmod), YES(fchmod), YES(fchmodat), END};
GROUP(own_files);

static const struct sandbox_rule talk_rules[] = {/* on sockets it has */
    YES(recvmsg), YES(recvfrom), YES(recvmmsg), YES(sendmsg), YES(sendto), YES(sendmmsg), YES(shutdown), YES(getsockopt),
    YES(setsockopt), YES(getsockname), YES(getpeername), IF(socketpair, 0, WHOLE, AF_UNIX), END};
GROUP(talk);

static const struct sandbox_rule take_peers_rules[] = {YES(accept), YES(accept4), IF(fcntl, 1, WHOLE, F_SETFL), END};
GROUP(take_peers);

static const struct sandbox_rule local_out_rules[] = {/* to its sibling daemons; never where a peer's bytes are read: connect(2) turns a peer's
     * socket to any address, and no filter sees which (docs/decisions/0011) */
    IF(socket, 0, WHOLE, AF_UNIX), YES(connect), END};
GROUP(local_out);

static const struct sandbox_rule net_out_rules[] = {/* netlink: which addresses exist, asked by getaddrinfo(3) */
    IF(socket, 0, WHOLE, AF_UNIX), IF(socket, 0, WHOLE, AF_INET), IF(socket, 0, WHOLE, AF_INET6), IF(socket, 0, WHOLE, AF_NETLINK),
    YES(connect), YES(bind), YES(fcntl), END};
GROUP(net_out);

static const struct sandbox_rule threads_rules[] = {IF(clone, 0, CLONE_THREAD, CLONE_THREAD), END};
GROUP(threads);

#define NEW_SPACES (CLONE_NEWNS | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP)
static const struct sandbox_rule forks_rules[] = {/* and lets its sessions narrow themselves further */
    IF(clone, 0, NEW_SPACES | CLONE_VM, 0), YES(fork), YES(wait4), YES(waitid), YES(kill), YES(set_tid_address), YES(setpgid),
    YES(seccomp), IF(prctl, 0, WHOLE, PR_SET_NO_NEW_PRIVS), IF(prctl, 0, WHOLE, PR_SET_PDEATHSIG), END};
GROUP(forks);

/* Not in forks: what a session may not do beyond its listener is taken away by the listener's conditions, and to read a limit is the same call. */
static const struct sandbox_rule limits_rules[] = {/* bounds what its child may take, from within that */
    IF(prlimit64, 0, WHOLE, 0 /* its own */), END};
GROUP(limits);

#ifdef PLI_DEV /* what the sanitizers ask for while they run and while they report */
static const struct sandbox_rule sanitizers_rules[] = {YES(pipe), YES(sched_getparam), YES(sched_getscheduler), YES(personality), END};
GROUP(sanitizers);
#define DEV_ONLY &sanitizers,
#else
#define DEV_ONLY
#endif

const struct sandbox_profile sandbox_profiles[SB_KINDS_] = {
    /*                    name              groups                                                                       */
    [SB_SMTPD_LISTENER] = {"smtpd listener", {&basic, &data_only, &no_files, &talk, &take_peers, &local_out, &forks, DEV_ONLY NULL},
                           FILES_NONE, false, SB_SMTPD_SESSION},
    [SB_SMTPD_SESSION] = {"smtpd session", {&basic, &data_only, &no_files, &talk, DEV_ONLY NULL}, FILES_NONE, false, -1},
    [SB_IMAPD_LISTENER] = {"imapd listener", {&basic, &data_only, &no_files, &talk, &take_peers, &local_out, &forks, DEV_ONLY NULL},
                           FILES_NONE, false, SB_IMAPD_SESSION},
    [SB_IMAPD_SESSION] = {"imapd session", {&basic, &data_only, &no_files, &talk, DEV_ONLY NULL}, FILES_NONE, false, -1},
    [SB_DIALLER] = {"dialler", {&basic, &data_only, &no_files, &talk, &local_out, DEV_ONLY NULL}, FILES_NONE, false, -1},
    [SB_STORED] = {"stored", {&basic, &data_only, &own_files, &talk, &take_peers, &threads, DEV_ONLY NULL}, FILES_RW_DIR, false, -1},
    [SB_KEYD] = {"keyd", {&basic, &data_only, &no_files, &talk, &take_peers, &threads, DEV_ONLY NULL}, FILES_NONE, false, -1},
    [SB_DIRD] = {"dird", {&basic, &may_load, &read_files, &talk, &take_peers, &net_out, &threads, DEV_ONLY NULL}, FILES_SYSTEM_RO,
                 true, -1},
    [SB_RELAYD] = {"relayd", {&basic, &data_only, &no_files, &talk, &local_out, DEV_ONLY NULL}, FILES_NONE, false, -1},
    [SB_RELAY_FINDER] = {"relayd finder", {&basic, &data_only, &no_files, &talk, &net_out, DEV_ONLY NULL}, FILES_NONE, true, -1},
    [SB_RELAY_NURSERY] = {"relayd nursery", {&basic, &data_only, &no_files, &talk, &forks, DEV_ONLY NULL}, FILES_NONE, false, SB_RELAY_SESSION},
    [SB_RELAY_SESSION] = {"relayd session", {&basic, &data_only, &no_files, &talk, DEV_ONLY NULL}, FILES_NONE, false, -1},
    [SB_TRUSTD] = {"trustd", {&basic, &may_load, &own_files, &talk, &take_peers, &net_out, &threads, DEV_ONLY NULL},
                   FILES_SYSTEM_AND_DIR, true, -1},
    [SB_TRUST_STARTER] = {"trust starter", {&basic, &data_only, &no_files, &talk, &forks, &limits, DEV_ONLY NULL}, FILES_NONE, false, -1},
    [SB_TRUST_PARSER] = {"trust parser", {&basic, &data_only, &no_files, DEV_ONLY NULL}, FILES_NONE, false, -1},
    [SB_PUBD] = {"pubd", {&basic, &data_only, &own_files, &talk, &take_peers, &local_out, &threads, DEV_ONLY NULL}, FILES_RW_DIR, false, -1},
    [SB_HTTPD_LISTENER] = {"httpd listener", {&basic, &data_only, &no_files, &talk, &take_peers, &local_out, &forks, DEV_ONLY NULL},
                           FILES_NONE, false, SB_HTTPD_SESSION},
    [SB_SLAPD_SAYS] = {"slapd says", {&basic, &data_only, &no_files, DEV_ONLY NULL}, FILES_NONE, false, -1},
    [SB_HTTPD_SESSION] = {"httpd session", {&basic, &data_only, &no_files, &talk, DEV_ONLY NULL}, FILES_NONE, false, -1},
};

/* Resolver settings, trust anchors, shared objects of the name service. In an empty root none of them is there, nor
 * needed. */
const char *const sandbox_system_paths[] = {"/etc", "/usr", "/lib", "/lib64", "/run/systemd/resolve", "/dev/null", "/dev/urandom", NULL};
/* clang-format on */
