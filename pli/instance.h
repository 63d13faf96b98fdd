/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/instance.h - the instance a command works on: its folder, whether it is served, and connections to its daemons.
 *
 * Folder   DIR holds pli.conf ca.pem keys/ tls/ ldap/ store/ trust/ run/ log/. After inst_enter() the working folder is DIR/run, because a socket's name
 *          must be short (sun_path) and the clients dial names relative to it.
 * Lock     the supervisor locks run/pid for as long as it lives. So a process that can lock the file knows that nobody serves.
 * Errors   PLI_OK, or PLI_FAILED or PLI_USAGE after one line on standard error.
 * Process  pli.   Source pli(1).
 */
#pragma once
#include "admin/admin.h"
#include "pli/cmd.h"

struct conf;
int inst_enter(struct cmd *c);   /* makes c->root absolute, checks what the command needs, works in run/ from now on */
void inst_close(struct cmd *c);
bool inst_served(const char *run_dir, long *pid_out); /* pid_out may be NULL; 0 when unknown */
/* "%s/name" in a buffer of the caller's; the name of a file of the instance. Dies when it does not fit. */
char *inst_path(const char *root, const char *name, char out[4096]);
char *inst_conf_path(const char *root, bool named, char out[4096]); /* DIR/pli.conf; of /var/lib/pli, or when no folder was named, /etc/pli/pli.conf */
int inst_conf(struct cmd *c, struct conf **conf_out); /* PLI_OK, or PLI_FAILED after its line */
/* Dialled at first use, as the administrator. Owned by c; the three are inst_admin()'s own. */
struct admin *inst_admin(struct cmd *c);
struct store *inst_store(struct cmd *c);
struct dir *inst_dir(struct cmd *c);
struct keyd *inst_keyd(struct cmd *c);
