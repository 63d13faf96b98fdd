/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/doctor/doctor.h - findings of "pli doctor". A finding says what is the case and, when something must be done, what to do.
 * Process  pli.
 */
#pragma once
#include "pli/cmd.h"
#include "pli/conf.h"
#include "pli/super/procs.h"

enum finding_level { F_OK, F_WARN, F_FAIL };
struct report {
    struct cmd *c;
    struct conf *conf;    /* NULL when pli.conf could not be read */
    bool served;
    bool silent;          /* a daemon is frozen or does not answer: what would wait for it is left out */
    bool frozen[PROCS_];
    long pid;             /* the supervisor's */
    int walls_ms;         /* how long processes may be without their walls, all together: one that has just been started raises them in a tenth of a second */
    struct json_t *rows;
    unsigned count[3];
};
/* Adds a finding. check: a stable name. advice: NULL when there is nothing to do. */
void finding(struct report *r, enum finding_level l, const char *check, const char *advice, const char *fmt, ...)
    __attribute__((format(printf, 5, 6)));

/* doctor/dns.c: prints the records of a zone file that lead to this instance; the exit code */
int doctor_dns(struct cmd *c, const struct conf *conf);
/* doctor/certificates.c */
void check_domain_certificates(struct report *r);
void check_outbox_certificate(struct report *r);
/* doctor/untold.c: who shows the certificates of before */
void check_untold(struct report *r);
/* doctor/files.c: what stands in the folder and on the machine */
void check_certificates(struct report *r);
void check_permissions(struct report *r);
void check_disk(struct report *r);
void check_machine(struct report *r);
/* doctor/log.c: how long the log is, and what room it has */
void check_log(struct report *r);
/* doctor/keys.c: keyring, credential, keys and their certificates */
void check_keys(struct report *r);
/* doctor/way.c: the folders above, the settings' file */
void check_way(struct report *r);
/* doctor/trust.c: the white list: whether there is one, its age, its next fetch. Asked by check_daemons(). */
void check_trustd(struct report *r);
/* doctor/publish.c: the outbox to the national directory, when it is on. Asked by check_daemons(). */
void check_pubd(struct report *r);
/* doctor/revocation.c: addresses of revocation data that fail, lists that are too old */
void check_revocation(struct report *r);
/* doctor/people.c: accounts against mailboxes, certificates of accounts, mail that waits */
void check_accounts(struct report *r);
void check_account_certificates(struct report *r);
void check_closed(struct report *r); /* accounts that should be purged by now, and a clock that has jumped */
void check_queue(struct report *r);
/* doctor/destinations.c: servers of other operators that are not whom the trust space names: mail for them waits */
void check_destinations(struct report *r);
/* doctor/live.c: what runs. Frozen processes are looked for first. No check waits longer than a few seconds for a process that does not answer. */
void check_frozen(struct report *r);
void check_daemons(struct report *r);
void check_directory(struct report *r);
/* doctor/ports.c: the ports, asked from outside. It makes as few connections as possible, because each writes lines to the log. */
void check_ports(struct report *r);
/* doctor/walls.c: the walls around every running process */
void check_walls(struct report *r);
/* What /proc tells about a process. False: there is none, or it has gone. */
struct process {
    long pid, parent;
    char name[64], state; /* state: R S D T t Z, proc(5) */
    int64_t started;      /* UTC ns, as today's clock has it; to a hundredth of a second */
};
bool process_read(const char *number, struct process *p);
bool process_is_daemon(const char *name, enum proc_id *id_out);
