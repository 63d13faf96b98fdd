/* SPDX-License-Identifier: EUPL-1.2 */
/* base/boot.h - what a daemon gets from the supervisor (or from a service unit): settings and open descriptors.
 *
 * Form     The environment variable PLI_BOOT=FD names a descriptor (memfd or file) of lines "set NAME VALUE" and "fd NAME NUMBER".
 *          Names of "set":
 *            facts of this start    instance (absolute folder), run (run folder, which is the daemon's working folder), uid, uid.NAME
 *            settings of pli.conf   section.option
 *          Names of "fd": listen.smtp, listen.submission, listen.submissions, listen.imap, listen.imaps, ipc (this daemon's own listening
 *          SEQPACKET socket), ticket.key (dird: the keys of all checkers; stored, keyd: its own), log.key (smtpd: flow/logged.h), log.
 * Values   base/settings.h is the one table of options with type, default, range, unit and help. A default stands there and nowhere else.
 * Owns     struct boot owns its texts: what boot_get() and boot_given() return lives until boot_free().
 * Process  every daemon, before its sandbox; the supervisor makes the list.
 */
#pragma once
#include "base/buf.h"

struct boot;
struct boot *boot_load(void);                                /* dies with a clear line when PLI_BOOT is missing or malformed */
/* A setting of base/settings.c: the value of the list, else the table's default. A name that is not in the table is a bug(). boot_num() gives
 * it in base units (bytes, seconds, a level's number) and dies when the list's value is no such number. */
const char *boot_get(const struct boot *b, const char *setting);
int64_t boot_num(const struct boot *b, const char *setting);
/* A fact of this start, which comes from the supervisor and never from pli.conf. NULL, -1: it was not given. A name that is not in boot.c's
 * table is a bug(). */
const char *boot_given(const struct boot *b, const char *fact);
int64_t boot_given_num(const struct boot *b, const char *fact);
int boot_fd(const struct boot *b, const char *name);         /* -1: not given; CLOEXEC is set on all */
void boot_secret(const struct boot *b, const char *name, void *p, size_t n); /* reads n bytes from that fd, then closes it; dies when short */
/* the supervisor's side: */
struct boot *boot_new(void);
void boot_set(struct boot *b, const char *name, const char *value);
void boot_give(struct boot *b, const char *name, int fd);    /* fd is the caller's; survives exec */
int boot_memfd(const struct boot *b);                        /* the descriptor to name in PLI_BOOT */
void boot_free(struct boot **b);
