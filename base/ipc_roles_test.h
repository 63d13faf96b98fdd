/* SPDX-License-Identifier: EUPL-1.2 */
/* base/ipc_roles_test.h - for tests: every op of a protocol asked as every role, of the running daemon. The rows come from the protocol's own
 * table, so an op that is added is asked too.
 * Process  tests; the asker runs as root or as the daemon's uid, to which every role is open.
 */
#pragma once
#include "base/clock.h"
#include "base/ipc.h"
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

/* One question with a request of zeros. True: refused because of the role. */
static inline bool role_refused(const char *sock, const struct ipc_proto *p, const struct ipc_op *o, enum ipc_role role)
{
    unsigned char req[IPC_STRUCT_MAX] = {0}, rep[IPC_STRUCT_MAX];
    int fd = (o->bits & IPC_REQ_FD) ? memfd_create("none", 0) : -1, rep_fd = -1;
    struct buf mem = BUF_INIT;
    struct ipc *c = NULL;
    struct err e = {0};
    enum rc rc = ipc_dial(sock, p, role, deadline_in(60000), &c, &e);

    if (rc == RC_OK)
        rc = ipc_call(c, o->op, req, fd, rep, &mem, (o->bits & IPC_REP_FD) ? &rep_fd : NULL, &e);
    if (rc == RC_CLOSED || rc == RC_TIMEOUT)
        die("%s for role %u: %s", o->name, (unsigned)role, e.log);
    if (rep_fd >= 0)
        close(rep_fd);
    if (fd >= 0)
        close(fd);
    ipc_hangup(&c);
    buf_free(&mem);
    return rc == RC_DENIED && strstr(e.log, "is not for role") != NULL;
}

/* NULL: refused exactly where the table leaves the role out. Else the first row that is otherwise. */
static inline const char *roles_wrong(const char *sock, const struct ipc_proto *p)
{
    static char text[200];

    for (uint32_t role = 1; role <= ROLE_LAST; role <<= 1)
        for (size_t i = 0; i < p->n_ops && p->ops[i].roles; i++) /* events, which nobody asks, come last */
            if (role_refused(sock, p, &p->ops[i], (enum ipc_role)role) != !(p->ops[i].roles & role)) {
                snprintf(text, sizeof text, "%s.%s for role %u", p->name, p->ops[i].name, (unsigned)role);
                return text;
            }
    return NULL;
}
