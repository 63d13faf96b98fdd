/* SPDX-License-Identifier: EUPL-1.2 */
/* trust/wire/wire.c - the tables of pli-trustd's protocol: each message's, made from its list in wire.h, and the one list of operations.
 * Process  trustd and all who ask it.
 */
#include "trust/wire/wire.h"

IPC_TABLE(trustd_index_req);
IPC_TABLE(trustd_index_rep);
IPC_TABLE(trustd_check_req);
IPC_TABLE(trustd_cert);
IPC_TABLE(trustd_check_rep);
IPC_TABLE(trustd_update_req);
IPC_TABLE(trustd_update_rep);
IPC_TABLE(trustd_status_rep);
IPC_TABLE(trustd_sources_req);
IPC_TABLE(trustd_source);
IPC_TABLE(trustd_sources_rep);
IPC_TABLE(trustd_crl_rep);
IPC_TABLE(trustd_ev_news);

static const struct ipc_op ops[] = {
    {TRUSTD_INDEX, "index", ROLE_DIRD | ROLE_ADMIN, trustd_index_req_f, trustd_index_rep_f, IPC_REP_FD | IPC_AGAIN},
    {TRUSTD_CHECK, "check", ROLE_SMTPD | ROLE_RELAYD | ROLE_ADMIN, trustd_check_req_f, trustd_check_rep_f, IPC_AGAIN},
    {TRUSTD_UPDATE, "update", ROLE_ADMIN, trustd_update_req_f, trustd_update_rep_f,
     IPC_REQ_FD | IPC_REP_FD | IPC_AGAIN | IPC_LONG},
    {TRUSTD_STATUS, "status", ROLE_ADMIN | ROLE_SUPER, NULL, trustd_status_rep_f, IPC_AGAIN},
    {TRUSTD_SOURCES, "sources", ROLE_ADMIN, trustd_sources_req_f, trustd_sources_rep_f, IPC_AGAIN},
    {TRUSTD_CRL, "crl", ROLE_ADMIN, NULL, trustd_crl_rep_f, IPC_REQ_FD | IPC_AGAIN},
    {TRUSTD_EV_NEWS, "news", 0, NULL, trustd_ev_news_f, 0}, /* pushed, never asked */
};
const struct ipc_proto trustd_proto = {"trustd", 0x54525550u /* "PURT" */, TRUSTD_VERSION, ops,
                                       sizeof ops / sizeof *ops};
