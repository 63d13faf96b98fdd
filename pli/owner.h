/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/owner.h - which uid holds which folder of the instance, so that each daemon can reach what it needs and no more.
 *
 * DIR       0711 root   passed through, not listed        DIR/store  0700 stored
 * DIR/run   1775 root   sockets; an empty root for most   DIR/ldap   0700 slapd (which may add its socket to run/)
 * DIR/keys  0700 root   read before uids are dropped      DIR/tls    0711 root, slapd.key 0400 slapd
 * DIR/log   0700 root   opened by the supervisor (append)   run/slapd  0710 slapd, group dird: slapd's socket, which run/ldapi names
 * As an ordinary user everything is the user's, with the same modes.
 * Process  pli init and serve; doctor checks the same table.
 */
#pragma once
#include "pli/super/procs.h"
#include <sys/stat.h>

struct owned {
    const char *name;   /* below DIR; "" for DIR itself */
    mode_t mode;        /* of the folder or file itself */
    int proc;           /* enum proc_id, or -1: the instance's owner */
    bool whole;         /* with everything below it */
};
extern const struct owned owned[]; /* ends with .name NULL */
/* Gives every folder and file of the table its owner and mode. What is right already is not touched. No symbolic link is followed, and a file with
 * a second name (hard link) keeps its owner. */
enum rc owner_apply(const char *dir, const uid_t uids[PROCS_], struct err *e);
