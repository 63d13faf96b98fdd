/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/main.c - the one command for people: finds its row in the table and runs it. See pli/cmd.h. */
#include "pli/acting.h"
#include "pli/cmd.h"
#include "pli/instance.h"
#include <poll.h>
#include <signal.h>
#include <stdio.h>

/* In "pli account list | head" the reader has seen enough when the pipe closes, so no failure is reported. */
static bool reader_gone(void)
{
    struct pollfd out = {.fd = 1, .events = POLLOUT};

    return poll(&out, 1, 0) == 1 && (out.revents & POLLERR) != 0;
}

int main(int argc, char **argv)
{
    static struct cmd c = {.start_fd = -1};
    int rc;

    signal(SIGPIPE, SIG_IGN); /* a daemon that goes away is an error to report, not an end */
    rc = args_parse(&c, argc - 1, argv + 1);
    if (rc != PLI_OK)
        return rc;
    if (opt_get(&c, "--version"))
        return cmd_version(&c);
    if (opt_get(&c, "--help"))
        return c.family ? help_of_family(c.family, c.json) : c.asked_all ? help_all(c.json) : help_of(c.def, c.json);
    rc = texts_prepare(&c);
    if (rc != PLI_OK)
        return rc;
    rc = acting_allowed(&c);
    if (rc == PLI_OK && (c.def->needs == NEED_NOTHING || (rc = inst_enter(&c)) == PLI_OK))
        rc = acting_enter(&c);
    if (rc == PLI_OK)
        rc = c.def->run(&c);
    inst_close(&c);
    if ((fflush(stdout) != 0 || ferror(stdout)) && rc == PLI_OK)
        rc = reader_gone() ? PLI_FAILED : cmd_fail(&c, "the answer could not be written to standard output");
    return rc;
}
