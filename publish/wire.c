/* SPDX-License-Identifier: EUPL-1.2 */
/* publish/wire.c - the tables of pli-pubd's protocol: each message's, made from its list in wire.h, and the one list of operations.
 * Process  pubd, pli.
 */
#include "publish/wire.h"

IPC_TABLE(pub_facts);
IPC_TABLE(pub_row);
IPC_TABLE(pubd_status_rep);
IPC_TABLE(pubd_list_req);
IPC_TABLE(pubd_list_rep);
IPC_TABLE(pubd_address_req);
IPC_TABLE(pubd_show_rep);
IPC_TABLE(pubd_count_rep);
IPC_TABLE(pubd_begin_req);
IPC_TABLE(pubd_run_rep);

static const struct ipc_op ops[] = {
    {PUBD_STATUS, "status", ROLE_ADMIN | ROLE_SUPER, NULL, pubd_status_rep_f, IPC_AGAIN},
    {PUBD_LIST, "list", ROLE_ADMIN, pubd_list_req_f, pubd_list_rep_f, IPC_AGAIN},
    {PUBD_SHOW, "show", ROLE_ADMIN, pubd_address_req_f, pubd_show_rep_f, IPC_AGAIN},
    {PUBD_DIFF, "diff", ROLE_ADMIN, pubd_list_req_f, pubd_list_rep_f, IPC_AGAIN},
    {PUBD_RETRY, "retry", ROLE_ADMIN, pubd_address_req_f, pubd_count_rep_f, IPC_AGAIN},
    {PUBD_CONFIRM, "confirm", ROLE_ADMIN, NULL, pubd_count_rep_f, IPC_AGAIN},
    {PUBD_BEGIN, "begin", ROLE_ADMIN, pubd_begin_req_f, NULL, 0},
    {PUBD_RUN, "run", ROLE_ADMIN, NULL, pubd_run_rep_f, IPC_AGAIN},
};
const struct ipc_proto pubd_proto = {"pubd", 0x42555050u /* "PPUB" */, PUBD_VERSION, ops, sizeof ops / sizeof *ops};

enum { RPPS_DIGITS = 11 };

struct span pub_rpps(const struct pub_facts *f)
{
    return f->person.n == RPPS_DIGITS ? f->person : SPAN_NULL;
}

struct span pub_adeli(const struct pub_facts *f)
{
    return f->person.n == RPPS_DIGITS ? SPAN_NULL : f->person;
}
