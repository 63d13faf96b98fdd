/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/wire.c - the tables of pli-dird's protocol: each message's, made from its list in wire.h, and the one list of operations.
 * Process  dird and all who ask it.
 */
#include "directory/wire.h"

IPC_TABLE(dird_lookup_req);
IPC_TABLE(dird_lookup_rep);
IPC_TABLE(dird_holder_req);
IPC_TABLE(dird_served_req);
IPC_TABLE(dird_auth_req);
IPC_TABLE(dird_auth_rep);
IPC_TABLE(dird_stay_req);
IPC_TABLE(dird_stay_rep);
IPC_TABLE(dird_ev_ended);
IPC_TABLE(dird_may_req);
IPC_TABLE(dird_may_rep);
IPC_TABLE(dird_trust_req);
IPC_TABLE(dird_trust_rep);
IPC_TABLE(dird_delegation);
IPC_TABLE(dird_delegations_req);
IPC_TABLE(dird_delegate_req);
IPC_TABLE(dird_delegate_rep);
IPC_TABLE(dird_account);
IPC_TABLE(dird_set_req);
IPC_TABLE(dird_state_req);
IPC_TABLE(dird_address_req);
IPC_TABLE(dird_list_req);
IPC_TABLE(dird_list_rep);
IPC_TABLE(dird_passwd_req);
IPC_TABLE(dird_choose_req);
IPC_TABLE(dird_trust_entry);
IPC_TABLE(dird_trust_list_req);
IPC_TABLE(dird_domain);
IPC_TABLE(dird_domain_boxes_req);
IPC_TABLE(dird_domain_boxes_rep);
IPC_TABLE(dird_group);
IPC_TABLE(dird_group_change_req);
IPC_TABLE(dird_group_change_rep);
IPC_TABLE(dird_group_members_req);
IPC_TABLE(dird_member);
IPC_TABLE(dird_expand_req);
IPC_TABLE(dird_box);
IPC_TABLE(dird_changed_req);
IPC_TABLE(dird_changed_rep);
IPC_TABLE(dird_ev_boxes);
IPC_TABLE(dird_act_req);
IPC_TABLE(dird_may_do_req);
IPC_TABLE(dird_scope);
IPC_TABLE(dird_status_rep);

enum {
    MAIL_ROLES = ROLE_SMTPD | ROLE_IMAPD | ROLE_RELAYD | ROLE_ADMIN,
    ADMINS =
        ROLE_ADMIN | ROLE_ACTING /* what a delegated administrator may ask: directory/dird/scope_ops.c says of what */
};
static const struct ipc_op ops[] = {
    {DIRD_LOOKUP, "lookup", MAIL_ROLES | ROLE_ACTING, dird_lookup_req_f, dird_lookup_rep_f, IPC_AGAIN},
    {DIRD_AUTH, "auth", ROLE_SMTPD | ROLE_IMAPD | ADMINS, dird_auth_req_f, dird_auth_rep_f, IPC_AGAIN | IPC_LONG},
    {DIRD_MAY_SEND, "may-send", ROLE_SMTPD | ROLE_ADMIN, dird_may_req_f, dird_may_rep_f, IPC_AGAIN},
    {DIRD_TRUST, "trust", ROLE_SMTPD | ROLE_RELAYD | ROLE_ADMIN, dird_trust_req_f, dird_trust_rep_f, IPC_AGAIN},
    {DIRD_ACCOUNT_ADD, "account-add", ADMINS, dird_account_f, NULL, 0},
    {DIRD_ACCOUNT_GET, "account-get", ADMINS, dird_address_req_f, dird_account_f, IPC_AGAIN},
    {DIRD_ACCOUNT_LIST, "account-list", ADMINS, dird_list_req_f, dird_list_rep_f, IPC_AGAIN},
    {DIRD_ACCOUNT_SET, "account-set", ADMINS, dird_set_req_f, NULL, 0},
    {DIRD_ACCOUNT_DELETE, "account-delete", ROLE_ADMIN, dird_address_req_f, NULL, 0},
    {DIRD_ACCOUNT_PASSWD, "account-passwd", ADMINS, dird_passwd_req_f, NULL, 0},
    {DIRD_TRUST_ADD, "trust-add", ROLE_ADMIN, dird_trust_entry_f, NULL, 0},
    {DIRD_TRUST_LIST, "trust-list", ROLE_ADMIN, dird_trust_list_req_f, dird_list_rep_f, IPC_AGAIN},
    {DIRD_SEARCH, "search", ADMINS, dird_list_req_f, dird_list_rep_f, IPC_AGAIN},
    {DIRD_CERTS, "certs", ROLE_ADMIN, dird_list_req_f, dird_list_rep_f, IPC_AGAIN},
    {DIRD_STATUS, "status", ROLE_ADMIN | ROLE_SUPER, NULL, dird_status_rep_f, IPC_AGAIN},
    {DIRD_TRUST_REMOVE, "trust-remove", ROLE_ADMIN, dird_trust_entry_f, NULL, 0},
    {DIRD_STAY, "stay", ROLE_SMTPD | ROLE_IMAPD, dird_stay_req_f, dird_stay_rep_f, IPC_AGAIN},
    {DIRD_HOLDER, "holder", ROLE_RELAYD, dird_holder_req_f, dird_lookup_rep_f, IPC_AGAIN},
    {DIRD_DELEGATIONS, "delegations", ROLE_IMAPD | ROLE_SMTPD | ADMINS, dird_delegations_req_f, dird_list_rep_f,
     IPC_AGAIN},
    {DIRD_DELEGATE, "delegate", ROLE_IMAPD | ROLE_SMTPD, dird_delegate_req_f, dird_delegate_rep_f, IPC_AGAIN},
    {DIRD_DELEGATES, "delegates", ROLE_IMAPD | ADMINS, dird_delegations_req_f, dird_list_rep_f, IPC_AGAIN},
    {DIRD_DELEGATE_SET, "delegate-set", ADMINS, dird_delegation_f, NULL, 0},
    {DIRD_SERVED, "served", ROLE_HTTPD, dird_served_req_f, NULL, IPC_AGAIN},
    {DIRD_ACCOUNT_STATE, "account-state", ADMINS, dird_state_req_f, NULL, 0},
    {DIRD_CLOSED, "closed", ADMINS, dird_list_req_f, dird_list_rep_f, IPC_AGAIN},
    {DIRD_DOMAIN_ADD, "domain-add", ROLE_ADMIN, dird_domain_f, NULL, 0},
    {DIRD_DOMAIN_SET, "domain-set", ROLE_ADMIN, dird_domain_f, NULL, 0},
    {DIRD_DOMAIN_REMOVE, "domain-remove", ROLE_ADMIN, dird_domain_f, NULL, 0},
    {DIRD_DOMAIN_GET, "domain-get", ADMINS, dird_domain_f, dird_domain_f, IPC_AGAIN},
    {DIRD_DOMAIN_LIST, "domain-list", ADMINS, dird_list_req_f, dird_list_rep_f, IPC_AGAIN},
    {DIRD_GROUP_ADD, "group-add", ADMINS, dird_group_f, NULL, 0},
    {DIRD_GROUP_SET, "group-set", ADMINS, dird_group_f, NULL, 0},
    {DIRD_GROUP_REMOVE, "group-remove", ADMINS, dird_address_req_f, NULL, 0},
    {DIRD_GROUP_CHANGE, "group-change", ADMINS, dird_group_change_req_f, dird_group_change_rep_f, 0},
    {DIRD_GROUP_LIST, "group-list", ADMINS, dird_list_req_f, dird_list_rep_f, IPC_AGAIN},
    {DIRD_GROUP_MEMBERS, "group-members", ADMINS, dird_group_members_req_f, dird_list_rep_f, IPC_AGAIN},
    {DIRD_EXPAND, "expand", ROLE_SMTPD | ROLE_ADMIN, dird_expand_req_f, dird_list_rep_f, IPC_AGAIN},
    {DIRD_CHOOSE, "choose", ROLE_HTTPD, dird_choose_req_f, NULL, 0},
    {DIRD_BOXES, "boxes", ROLE_PUBD, dird_list_req_f, dird_list_rep_f, IPC_AGAIN},
    {DIRD_BOX, "box", ROLE_PUBD, dird_address_req_f, dird_box_f, IPC_AGAIN},
    {DIRD_BOXES_CHANGED, "boxes-changed", ROLE_PUBD, dird_changed_req_f, dird_changed_rep_f, IPC_AGAIN},
    {DIRD_ACT, "act", ROLE_ACTING, dird_act_req_f, NULL, IPC_AGAIN},
    {DIRD_MAY, "may", ROLE_ACTING, dird_may_do_req_f, NULL, IPC_AGAIN},
    {DIRD_ADMIN_SET, "admin-set", ROLE_ADMIN, dird_scope_f, NULL, 0},
    {DIRD_ADMIN_LIST, "admin-list", ADMINS, dird_list_req_f, dird_list_rep_f, IPC_AGAIN},
    {DIRD_DOMAIN_BOXES, "domain-boxes", ADMINS, dird_domain_boxes_req_f, dird_domain_boxes_rep_f, IPC_AGAIN},
    {DIRD_EV_BOXES, "boxes-news", 0, NULL, dird_ev_boxes_f, 0}, /* pushed, never asked */
    {DIRD_EV_ENDED, "ended", 0, NULL, dird_ev_ended_f, 0},      /* pushed, never asked */
};
const struct ipc_proto dird_proto = {"dird", 0x44524950u /* "PIRD" */, DIRD_VERSION, ops, sizeof ops / sizeof *ops};
