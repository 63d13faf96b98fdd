/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/keyd/keyd_fixture_int.h - tests only: an instance's keys in a fresh folder, and pli-keyd as a process serving it.
 * The folder becomes the working folder, as it is for daemons; keyd's log is keyd.log in it.
 */
#pragma once
#include "base/ipc.h"
#include "crypto/keyd/client/client.h"
#include "crypto/keyd/keyd_int.h"
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file_test.h"

static struct err e;
static char dir[] = "/tmp/keyd_test.XXXXXX", start_dir[4096];
static struct ticket_keys ticket_keys;
static pid_t keyd_pid;
static const char *publish_backend = "off";

static int memfd_of(const void *p, size_t n)
{
    int fd = memfd_create("key", 0);

    assert_true(fd >= 0 && write(fd, p, n) == (ssize_t)n);
    return fd;
}

/* A forked child of a test: it ends with the test, and a fault in it ends it, instead of running the tests a second time. */
static void test_child(void)
{
    static const int faults[] = {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGSYS};

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
        signal(faults[i], SIG_DFL);
}

static void keyd_start(void)
{
    struct boot *b = boot_new();
    int ipc = ipc_listen("keyd.sock", &e), ticket = memfd_of(ticket_keys.of[TICKET_FOR_KEYD], TICKET_KEY);
    char fd[16];

    assert_true(ipc >= 0);
    boot_set(b, "instance", dir);
    boot_set(b, "run", dir);
    boot_set(b, "keyd.signatures_per_minute", "50");
    boot_set(b, "keyd.epoch_messages", "100");
    boot_set(b, "keyd.epochs_per_minute", "600");
    boot_set(b, "publish.backend", publish_backend);
    boot_give(b, "ipc", ipc);
    boot_give(b, "ticket.key", ticket);
    snprintf(fd, sizeof fd, "%d", boot_memfd(b));
    fflush(NULL);
    keyd_pid = fork();
    if (keyd_pid == 0) {
        int log = open("keyd.log", O_WRONLY | O_CREAT | O_APPEND, 0600);

        test_child();
        dup2(log, 2);
        setenv("PLI_BOOT", fd, 1);
        _exit(keyd_main(0, NULL));
    }
    close(ipc);
    close(ticket);
    boot_free(&b);
}

static int keyd_end(int sig)
{
    int status = -1;

    kill(keyd_pid, sig);
    while (waitpid(keyd_pid, &status, 0) < 0 && errno == EINTR)
        continue;
    return status;
}

/* in a process of its own: no key byte is in this one's memory, which a test looks through */
static bool ring_made(void)
{
    struct keyring_spec spec = {dir, "trial.test", "mail.trial.test"};
    int status = -1;
    pid_t pid = fork();

    if (pid == 0)
        _exit(keyring_create(&spec, &e) == RC_OK ? 0 : 1);
    return waitpid(pid, &status, 0) == pid && status == 0;
}

static int fixture_start(void)
{
    signal(SIGPIPE, SIG_IGN);
    if (getcwd(start_dir, sizeof start_dir) == NULL || mkdtemp(dir) == NULL || chdir(dir) != 0)
        return -1;
    if (!ring_made())
        return -1;
    ticket_keys_new(&ticket_keys);
    keyd_start();
    return 0;
}

/* the folder goes, the log is shown when keyd ended badly */
static int folder_drop(void)
{
    int status = -1;
    pid_t pid = fork();

    if (pid == 0) {
        execlp("rm", "rm", "-r", dir, (char *)NULL);
        _exit(127);
    }
    return waitpid(pid, &status, 0) == pid ? status : -1;
}

static void log_show(void)
{
    char line[1024];
    FILE *f = fopen("keyd.log", "r");

    while (f != NULL && fgets(line, sizeof line, f) != NULL)
        fputs(line, stderr);
    if (f != NULL)
        fclose(f);
}

static int fixture_end(void)
{
    int status = keyd_end(SIGTERM);

    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        fprintf(stderr, "keyd ended with %#x\n", status);
        log_show();
        return -1;
    }
    return chdir(start_dir) == 0 ? folder_drop() : -1;
}
