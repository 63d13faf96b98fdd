/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/super/procs.c - see pli/super/procs.h. */
#include "pli/super/procs.h"
#include "crypto/keyd/client/wire.h"
#include "directory/wire.h"
#include "pli/conf.h"
#include "publish/wire.h"
#include "store/wire/wire.h"
#include "trust/wire/wire.h"
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define BIT(l) (1u << (l))
/* The rows stand in the order in which the processes start. A process that others ask comes before them. */
const struct proc_def proc_defs[PROCS_] = {
    [P_SLAPD] = {"slapd", NULL, NULL, NULL, TICKETS_NONE, 0, 6, 2, NULL},
    [P_KEYD] = {"keyd", "pli-keyd", "keyd.sock", &keyd_proto, TICKETS_KEYD, 0, 0, 1, NULL},
    [P_STORED] = {"stored", "pli-stored", "stored.sock", &stored_proto, TICKETS_STORED, 0, 1, 1, NULL},
    [P_TRUSTD] = {"trustd", "pli-trustd", "trustd.sock", &trustd_proto, TICKETS_NONE, 0, 7, 1, NULL},
    [P_DIRD] = {"dird", "pli-dird", "dird.sock", &dird_proto, TICKETS_ALL, 0, 2, 1, NULL},
    [P_RELAYD] = {"relayd", "pli-relayd", NULL, NULL, TICKETS_NONE, 0, 3, 0, NULL},
    [P_SMTPD] = {"smtpd", "pli-smtpd", NULL, NULL, TICKETS_NONE, BIT(L_SMTP) | BIT(L_SUBMISSION) | BIT(L_SUBMISSIONS),
                 4, 0, NULL},
    [P_IMAPD] = {"imapd", "pli-imapd", NULL, NULL, TICKETS_NONE, BIT(L_IMAP) | BIT(L_IMAPS), 5, 0, NULL},
    [P_HTTPD] = {"httpd", "pli-httpd", NULL, NULL, TICKETS_NONE, BIT(L_HTTP) | BIT(L_HTTPS), 8, 0, NULL},
    [P_PUBD] = {"pubd", "pli-pubd", "pubd.sock", &pubd_proto, TICKETS_NONE, 0, 9, 0, "publish.backend"},
};

const struct listener_def listener_defs[LISTENERS_] = {
    [L_SMTP] = {"listen.smtp", "220", "smtpd.proxy_from"},
    [L_SUBMISSION] = {"listen.submission", "220", "smtpd.proxy_from"},
    [L_SUBMISSIONS] = {"listen.submissions", NULL, "smtpd.proxy_from"},
    [L_IMAP] = {"listen.imap", "* OK", "imapd.proxy_from"},
    [L_IMAPS] = {"listen.imaps", NULL, "imapd.proxy_from"},
    [L_HTTP] = {"listen.http", NULL, "httpd.proxy_from"},
    [L_HTTPS] = {"listen.https", NULL, "httpd.proxy_from"},
};

bool proc_off(const struct conf *c, enum proc_id i)
{
    return proc_defs[i].off && strcmp(conf_get(c, proc_defs[i].off), "off") == 0;
}

void proc_uids(const char *user_prefix, int64_t base, uid_t out[PROCS_])
{
    char name[64];

    for (size_t i = 0; i < PROCS_; i++) {
        const struct passwd *pw;
        out[i] = 0;
        if (geteuid() != 0 || base == 0)
            continue;
        snprintf(name, sizeof name, "%.24s-%s", user_prefix, proc_defs[i].name);
        pw = user_prefix[0] ? getpwnam(name) : NULL;
        out[i] = pw ? pw->pw_uid : (uid_t)base + proc_defs[i].uid_offset;
    }
}
