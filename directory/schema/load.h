/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/schema/load.h - fills a fresh database of the national copy beside the one in use, and puts it in that one's place.
 *
 * Folders  DIR/ldap/national is in use; DIR/ldap/national.new is filled by slapadd -q from LDIF. load_swap() exchanges the two names in one step
 *          (renameat2), so whenever anything is killed DIR/ldap/national is the whole old database or the whole new one.
 * After    slapd goes on with the files that it has open until it starts again.
 * Owns     struct load: a pipe and a child process, until load_end(). The child ends with its parent.
 * Errors   RC_TEMP: no room on the disk, or slapadd refused an entry; e->log has its last line. DIR/ldap/national is untouched.
 * Process  pli (directory import). The caller holds the lock of imports.
 */
#pragma once
#include "directory/schema/embedded.h"

struct load {
    int fd; /* LDIF goes here. SIGPIPE is the caller's to ignore */
    int said;
    pid_t pid;
};
enum rc load_begin(const struct embedded_spec *s, struct load *l, struct err *e);
enum rc load_end(struct load *l, struct err *e);
enum rc load_swap(const struct embedded_spec *s, struct err *e);
void load_sweep(const struct embedded_spec *s); /* what an import left beside: the former database, or an unfinished one */
