/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/super/procs.h - the one table of processes: which there are, under which uid each runs, and with which descriptors. The supervisor starts,
 * stops and probes them from it.
 * Process  supervisor; doctor reads the names.
 */
#pragma once
#include "base/ipc.h"
#include <sys/types.h>

enum proc_id { P_SLAPD, P_KEYD, P_STORED, P_TRUSTD, P_DIRD, P_RELAYD, P_SMTPD, P_IMAPD, P_HTTPD, P_PUBD, PROCS_ };
/* Which of the keys of tickets it gets (crypto/seal/ticket.h): none, its own, or all. */
enum ticket_part { TICKETS_NONE, TICKETS_STORED, TICKETS_KEYD, TICKETS_ALL };
enum listener_id { L_SMTP, L_SUBMISSION, L_SUBMISSIONS, L_IMAP, L_IMAPS, L_HTTP, L_HTTPS, LISTENERS_ };

struct proc_def {
    const char *name;            /* in log lines and in user names: _pli-stored */
    const char *program;         /* file beside pli; NULL: slapd, whose command line the directory makes */
    const char *sock;            /* its SEQPACKET socket in run/; NULL: none */
    const struct ipc_proto *proto;
    enum ticket_part ticket;
    unsigned listeners;          /* bits of listener_id */
    unsigned uid_offset;         /* from instance.uid_base */
    unsigned stop_rank;          /* 0 is stopped first */
    const char *off;             /* a setting: while it is "off" the process is not started and has no socket; NULL: none */
};
extern const struct proc_def proc_defs[PROCS_];

struct listener_def {
    const char *name;            /* the setting, and the descriptor's name in base/boot.h: "listen.smtp" */
    const char *greeting;        /* first bytes a client hears; NULL: TLS first */
    const char *proxies;         /* the setting that names whose connections begin with a PROXY header */
};
extern const struct listener_def listener_defs[LISTENERS_];

struct conf;
bool proc_off(const struct conf *c, enum proc_id i);

/* The uid of each process: that of its user name when there is such a user, else one allotted from base. All are 0, which means "keep the uid",
 * when the caller is not root or base is 0. */
void proc_uids(const char *user_prefix, int64_t base, uid_t out[PROCS_]);
