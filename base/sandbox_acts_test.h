/* SPDX-License-Identifier: EUPL-1.2 */
/* base/sandbox_acts_test.h - what sandbox_test.c tries from inside a sandbox. Each act gives 0 when it worked, else errno.
 * Process  tests.
 */
#pragma once
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static char dir[64];    /* run folder: holds a listening socket "peer" */
static char rw_dir[64]; /* stored's */
static int listening = -1;

/* ---- acts: 0 when it worked, else errno ---- */
static int result(long rc)
{
    return rc < 0 ? errno : 0;
}

static int a_open_passwd(void)
{
    return result(open("/etc/passwd", O_RDONLY));
}

static int a_open_write(void)
{
    return result(open("/tmp/pli-sandbox-test-must-not-be", O_CREAT | O_WRONLY, 0600));
}

static int a_open_home(void)
{
    return result(open("/proc/1/environ", O_RDONLY));
}

static int a_exec(void)
{
    char *argv[] = {(char[]){"true"}, NULL}, *envp[] = {NULL};

    return result(execve("/bin/true", argv, envp));
}

static int a_ptrace(void)
{
    return result(ptrace(PTRACE_ATTACH, getppid(), NULL, NULL));
}

static int a_inet(void)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(9), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int s = socket(AF_INET, SOCK_STREAM, 0);

    if (s < 0)
        return errno;
    if (connect(s, (struct sockaddr *)&a, sizeof a) < 0 && errno != ECONNREFUSED)
        return errno;
    return 0; /* nobody listens there, but the way is free */
}

static int a_bind_inet(void)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int s = socket(AF_INET, SOCK_STREAM, 0);

    return s < 0 ? errno : result(bind(s, (struct sockaddr *)&a, sizeof a)) ? errno : result(listen(s, 1));
}

static int tcp_peer = -1; /* accepted before the sandbox, as a session's is */

static int a_turn(void)
{
    const struct sockaddr off = {.sa_family = AF_UNSPEC};
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(9), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};

    if (connect(tcp_peer, &off, sizeof off) < 0 ||
        (connect(tcp_peer, (struct sockaddr *)&a, sizeof a) < 0 && errno != ECONNREFUSED))
        return errno;
    return 0;
}

static int a_local(void)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX, .sun_path = "peer"};
    int s = socket(AF_UNIX, SOCK_SEQPACKET, 0);

    return s < 0 ? errno : result(connect(s, (struct sockaddr *)&a, sizeof a));
}

static int a_fork(void)
{
    int status = 0;
    pid_t pid = fork();

    if (pid == 0)
        _exit(0);
    return pid < 0 ? errno : result(waitpid(pid, &status, 0));
}

static void *nothing(void *p)
{
    return p;
}

static int a_thread(void)
{
    pthread_t t;
    int no = pthread_create(&t, NULL, nothing, NULL);

    return no ? no : pthread_join(t, NULL);
}

static int a_exec_memory(void)
{
    return result(mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED
                      ? -1
                      : 0);
}

static int a_kill_parent(void)
{
    return result(kill(getppid(), 0));
}

static int a_core(void)
{
    return prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0 ? 0 : EPERM;
}

static int a_memfd(void)
{
    int fd = memfd_create("t", MFD_CLOEXEC);
    struct pollfd p = {fd, POLLIN, 0};

    return fd < 0 || write(fd, "x", 1) != 1 || poll(&p, 1, 0) < 0 ? errno : 0;
}

/* The log is open for appending in every process: a session that was taken over can not make it tell less. */
static int a_shorten(void)
{
    int fd = memfd_create("t", MFD_CLOEXEC);

    return fd < 0 ? 0 : result(ftruncate(fd, 0));
}

static int a_no_append(void)
{
    return result(fcntl(2, F_SETFL, 0));
}

static int a_pair(void)
{
    int s[2];

    return socketpair(AF_UNIX, SOCK_STREAM, 0, s) < 0 || send(s[0], "x", 1, 0) != 1 ? errno : 0;
}

static int a_own_file(void)
{
    char path[100], to[100];
    int fd;

    snprintf(path, sizeof path, "%s/a", rw_dir);
    snprintf(to, sizeof to, "%s/b", rw_dir);
    fd = open(path, O_CREAT | O_RDWR, 0600);
    if (fd < 0 || pwrite(fd, "x", 1, 0) != 1 || fsync(fd) != 0 || ftruncate(fd, 4096) != 0)
        return errno;
    if (mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) == MAP_FAILED)
        return errno;
    return result(rename(path, to)) ? errno : result(unlink(to));
}

static int a_ask_limit(void)
{
    struct rlimit r;

    return result(getrlimit(RLIMIT_NOFILE, &r));
}

static int a_set_limit(void)
{
    struct rlimit r = {100, 100};

    return result(setrlimit(RLIMIT_CPU, &r));
}

static int a_accept(void)
{
    int s = accept4(listening, NULL, NULL, SOCK_NONBLOCK);

    return s < 0 && errno != EAGAIN ? errno : 0;
}
