/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/keyd/client/wire.c - the tables of wire.h: each message's, made from its list, and the one list of operations. */
#include "crypto/keyd/client/wire.h"

IPC_TABLE(keyd_box);
IPC_TABLE(keyd_wrapped);
IPC_TABLE(keyd_wrap_req);
IPC_TABLE(keyd_wrap_rep);
IPC_TABLE(keyd_open_req);
IPC_TABLE(keyd_open_rep);
IPC_TABLE(keyd_box_new_req);
IPC_TABLE(keyd_box_new_rep);
IPC_TABLE(keyd_rewrap_req);
IPC_TABLE(keyd_rewrap_rep);
IPC_TABLE(keyd_sign_req);
IPC_TABLE(keyd_sign_rep);
IPC_TABLE(keyd_tls_req);
IPC_TABLE(keyd_tls_rep);
IPC_TABLE(keyd_profile_req);
IPC_TABLE(keyd_profile_rep);
IPC_TABLE(keyd_issue_req);
IPC_TABLE(keyd_issue_rep);
IPC_TABLE(keyd_queue_req);
IPC_TABLE(keyd_queue_rep);
IPC_TABLE(keyd_delegate_req);
IPC_TABLE(keyd_delegate_rep);
IPC_TABLE(keyd_status_rep);

enum { SESSIONS = ROLE_SMTPD | ROLE_IMAPD | ROLE_RELAYD, SLOW = IPC_AGAIN | IPC_LONG /* may hash a password */ };
static const struct ipc_op ops[] = {
    {KEYD_WRAP, "wrap", SESSIONS | ROLE_ADMIN, keyd_wrap_req_f, keyd_wrap_rep_f, IPC_AGAIN},
    {KEYD_OPEN_BOX, "open-box", ROLE_IMAPD | ROLE_ADMIN, keyd_open_req_f, keyd_open_rep_f, SLOW},
    {KEYD_BOX_NEW, "box-new", ROLE_ADMIN, keyd_box_new_req_f, keyd_box_new_rep_f, SLOW},
    {KEYD_REWRAP, "rewrap", ROLE_ADMIN, keyd_rewrap_req_f, keyd_rewrap_rep_f, SLOW},
    {KEYD_SIGN_MAIL, "sign-mail", ROLE_SMTPD, keyd_sign_req_f, keyd_sign_rep_f, IPC_AGAIN},
    {KEYD_TLS_SIGN, "tls-sign", SESSIONS | ROLE_HTTPD | ROLE_PUBD, keyd_tls_req_f, keyd_tls_rep_f, IPC_AGAIN},
    {KEYD_ISSUE_TRIAL, "issue-trial", ROLE_ADMIN, keyd_issue_req_f, keyd_issue_rep_f, IPC_AGAIN},
    {KEYD_QUEUE_OPEN, "queue-open", ROLE_RELAYD | ROLE_ADMIN, keyd_queue_req_f, keyd_queue_rep_f, IPC_AGAIN},
    {KEYD_STATUS, "status", ROLE_ADMIN | ROLE_SUPER, NULL, keyd_status_rep_f, IPC_AGAIN},
    {KEYD_DELEGATE, "delegate", ROLE_ADMIN, keyd_delegate_req_f, keyd_delegate_rep_f, IPC_AGAIN},
    {KEYD_SIGN_PROFILE, "sign-profile", ROLE_HTTPD, keyd_profile_req_f, keyd_profile_rep_f, IPC_AGAIN},
};
const struct ipc_proto keyd_proto = {"keyd", 0x6b657964u, KEYD_VERSION, ops, sizeof ops / sizeof *ops};
