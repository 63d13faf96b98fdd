/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/certs.c - see pli/certs.h. */
#include "pli/certs.h"
#include "base/clock.h"
#include "pli/instance.h"
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { WAIT_S = 30 };

/* The directory server makes its socket (run/ldapi, where we are) at each start: another one is the new server's. */
static bool socket_of(struct stat *out)
{
    return stat("ldapi", out) == 0;
}

static bool another_socket(const struct stat *before)
{
    struct stat now;

    return socket_of(&now) && (now.st_ino != before->st_ino || now.st_ctim.tv_sec != before->st_ctim.tv_sec ||
                               now.st_ctim.tv_nsec != before->st_ctim.tv_nsec);
}

/* Who calls the next command finds a directory that answers. It takes a fraction of a second; beyond WAIT_S the next command will say
 * what is wrong, and doctor too. */
static void wait_for_directory(struct cmd *c, const struct stat *before)
{
    int64_t end = clock_mono() + WAIT_S * INT64_C(1000000000);
    struct dird_list_req rq = {SPAN_NULL, SPAN_NULL};
    struct dird_list_rep rep = {0};
    struct buf mem = BUF_INIT;
    struct err e;

    while (clock_mono() < end) {
        if (another_socket(before) && dir_call_in(inst_dir(c), DIRD_CERTS, &rq, &rep, &mem, &e) == RC_OK)
            break;
        usleep(50 * 1000);
    }
    buf_free(&mem);
}

static int tell_server(struct cmd *c, int sig, const char *name, bool directory, bool *told_out)
{
    struct stat before = {.st_ino = 0};
    long pid = 0;

    *told_out = false;
    if (!inst_served(".", &pid))
        return PLI_OK;
    (void)socket_of(&before);
    if (pid <= 1 || kill((pid_t)pid, sig) != 0)
        return cmd_sys(c, "the running server (process %ld) cannot be told (%s): restart it, or send it %s", pid,
                       strerror(errno), name);
    if (directory)
        wait_for_directory(c, &before);
    *told_out = true;
    return PLI_OK;
}

int certs_reload(struct cmd *c, bool directory, bool *told_out)
{
    return tell_server(c, SIGUSR2, "SIGUSR2", directory, told_out);
}

int directory_restart(struct cmd *c)
{
    bool told;

    return tell_server(c, SIGUSR1, "SIGUSR1", true, &told);
}
