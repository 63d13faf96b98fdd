/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/commands.c - the one table of commands and options. See pli/cmd.h; pli(1) is held against it by a test. */
#include "pli/cmds.h"

const struct cmd_opt common_opts[] = {
    {"--root", "DIR", "the instance's folder (or PLI_ROOT); default /var/lib/pli with /etc/pli/pli.conf"},
    {"--json", NULL, "answer with one JSON value"},
    {"--help", NULL, "how to call this command"},
    {NULL, NULL, NULL},
};

static const struct cmd_opt init_opts[] = {
    {"--domain", "DOMAIN", "the mail domain of this instance"},
    {"--host", "NAME", "its host name, in banners and certificates; default mail.DOMAIN"},
    {"--port-base", "N", "trial on 127.0.0.1 with ports N+25, N+587, N+465, N+143, N+993, N+389, N+636"},
    {NULL, NULL, NULL},
};
static const struct cmd_opt serve_opts[] = {
    {"-n", NULL, "check pli.conf and leave"},
    {NULL, NULL, NULL},
};

const struct command commands[] = {
    {"init", "", 0, 0, NEED_NOTHING, cmd_init, init_opts, "makes a new instance: configuration, private CA for trials, keys, directory, store"},
    {"serve", "", 0, 0, NEED_INSTANCE, cmd_serve, serve_opts, "runs everything in the foreground; prints \"ready\" when every listener answers"},
    {"version", "", 0, 0, NEED_NOTHING, cmd_version, NULL, "the version of this program"},
    {"help", "[COMMAND]", 0, 2, NEED_NOTHING, cmd_help, NULL, "lists the commands, or tells the options of one"},
    {NULL, NULL, 0, 0, NEED_NOTHING, NULL, NULL, NULL},
};
