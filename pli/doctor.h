/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/doctor.h - findings of "pli doctor": each says what is, and when something is to be done, what.
 * Process  pli.
 */
#pragma once
#include "pli/cmd.h"
#include "pli/conf.h"

enum finding_level { F_OK, F_WARN, F_FAIL };
struct report {
    struct cmd *c;
    struct conf *conf;    /* NULL when pli.conf could not be read */
    bool served;
    long pid;             /* the supervisor's */
    struct json_t *rows;
    unsigned count[3];
};
/* check: a stable name; advice: NULL when there is nothing to do */
void finding(struct report *r, enum finding_level l, const char *check, const char *advice, const char *fmt, ...)
    __attribute__((format(printf, 5, 6)));

/* doctor_files.c: what stands in the folder and on the machine */
void check_certificates(struct report *r);
void check_permissions(struct report *r);
void check_disk(struct report *r);
void check_machine(struct report *r);
/* doctor_log.c: how long the log is, and what room it has */
void check_log(struct report *r);
/* doctor_live.c: what runs */
void check_ports(struct report *r);
void check_daemons(struct report *r);
void check_walls(struct report *r);
