/* SPDX-License-Identifier: EUPL-1.2 */
/* base/boot.h - what a daemon gets from the supervisor (or from a service unit): settings and open descriptors.
 *
 * Form     environment PLI_BOOT=FD names a descriptor (memfd or file) of lines "set NAME VALUE" and "fd NAME NUMBER".
 *          Names: facts of this start: instance (absolute folder), run (run folder; the daemon's working folder), uid, uid.NAME; and the
 *          settings of pli.conf as section.option; descriptors: listen.smtp listen.submission listen.submissions listen.imap listen.imaps
 *          ipc (this daemon's own listening SEQPACKET socket), ticket.key (dird: Ed25519 seed; others: public key), log.key (smtpd: flow/logged.h), log.
 * Values   from base/settings.h: one table of options with type, default, range, unit and help. A default stands there and nowhere else.
 * Process  every daemon, before its sandbox.
 */
#pragma once
#include "base/buf.h"

struct boot;
struct boot *boot_load(void);                                /* dies with a clear line when PLI_BOOT is missing or malformed */
/* A setting of base/settings.c, as the list gives it, else as the table does; a name that is not in the table is a bug(). num: in base units
 * (bytes, seconds, a level's number); dies when the list gives something else. */
const char *boot_get(const struct boot *b, const char *setting);
int64_t boot_num(const struct boot *b, const char *setting);
/* What the supervisor says of this start and no pli.conf does: NULL, -1 when it did not. Another name than those of boot.c's table is a bug(). */
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
