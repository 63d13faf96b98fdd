/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/wire.c - the field tables of pli-dird's protocol: the one place where its messages have a layout.
 * Bounds   what a field may hold at most; the largest account (64 aliases, one certificate) fits a message with room to spare.
 * Process  dird and all who ask it.
 */
#include "directory/wire.h"

enum { M_ADDR = 320, M_NAME = 256, M_ID = 32, M_PASSWORD = 1024, M_CERT = 16384, M_ALIASES = 16384, M_PEER = 64, M_TICKET = 720,
       M_DN = 512, M_LIST = 80 * 1024, M_WORDS = 256 };

static const struct ipc_field address_f[] = {IPC_F_BYTES(dird_address_req, address, M_ADDR), IPC_F_END};
static const struct ipc_field lookup_req[] = {IPC_F_BYTES(dird_lookup_req, address, M_ADDR), IPC_F_END};
static const struct ipc_field lookup_rep[] = {
    IPC_F_U8(dird_lookup_rep, kind), IPC_F_U8(dird_lookup_rep, type), IPC_F_U32(dird_lookup_rep, flags),
    IPC_F_U64(dird_lookup_rep, mbx), IPC_F_FIX(dird_lookup_rep, pub), IPC_F_BYTES(dird_lookup_rep, address, M_ADDR), IPC_F_END};

static const struct ipc_field auth_req[] = {
    IPC_F_BYTES(dird_auth_req, login, M_ADDR), IPC_F_BYTES(dird_auth_req, password, M_PASSWORD),
    IPC_F_BYTES(dird_auth_req, peer, M_PEER), IPC_F_U8(dird_auth_req, protocol), IPC_F_END};
static const struct ipc_field auth_rep[] = {
    IPC_F_BYTES(dird_auth_rep, ticket, M_TICKET), IPC_F_BYTES(dird_auth_rep, address, M_ADDR),
    IPC_F_BYTES(dird_auth_rep, name, M_NAME), IPC_F_U64(dird_auth_rep, mbx), IPC_F_U8(dird_auth_rep, type),
    IPC_F_U32(dird_auth_rep, flags), IPC_F_END};

static const struct ipc_field stay_req[] = {IPC_F_BYTES(dird_stay_req, ticket, M_TICKET), IPC_F_END};
static const struct ipc_field stay_rep[] = {IPC_F_BYTES(dird_stay_rep, ticket, M_TICKET), IPC_F_U64(dird_stay_rep, ask_in_s), IPC_F_END};
static const struct ipc_field ev_ended[] = {IPC_F_U8(dird_ev_ended, why), IPC_F_END};
static const struct ipc_field may_req[] = {
    IPC_F_BYTES(dird_may_req, account, M_ADDR), IPC_F_BYTES(dird_may_req, sender, M_ADDR), IPC_F_END};
static const struct ipc_field trust_req[] = {
    IPC_F_BYTES(dird_trust_req, domain, M_ADDR), IPC_F_BYTES(dird_trust_req, dn, M_DN), IPC_F_END};
static const struct ipc_field trust_rep[] = {IPC_F_U8(dird_trust_rep, trusted), IPC_F_END};

const struct ipc_field dird_account_f[] = {
    IPC_F_BYTES(dird_account, address, M_ADDR), IPC_F_BYTES(dird_account, name, M_NAME),
    IPC_F_BYTES(dird_account, given, M_NAME), IPC_F_BYTES(dird_account, sn, M_NAME),
    IPC_F_BYTES(dird_account, rpps, M_ID), IPC_F_BYTES(dird_account, structure, M_ID),
    IPC_F_BYTES(dird_account, profession, M_NAME), IPC_F_BYTES(dird_account, specialty, M_NAME),
    IPC_F_BYTES(dird_account, service, M_NAME), IPC_F_BYTES(dird_account, responsible, M_NAME),
    IPC_F_BYTES(dird_account, password, M_PASSWORD), IPC_F_BYTES(dird_account, cert_der, M_CERT),
    IPC_F_BYTES(dird_account, aliases, M_ALIASES), IPC_F_U64(dird_account, mbx), IPC_F_U64(dird_account, quota),
    IPC_F_FIX(dird_account, pub), IPC_F_U8(dird_account, type), IPC_F_U8(dird_account, disabled),
    IPC_F_U32(dird_account, flags), IPC_F_END};
const struct ipc_field dird_trust_entry_f[] = {
    IPC_F_BYTES(dird_trust_entry, domain, M_ADDR), IPC_F_BYTES(dird_trust_entry, dn, M_DN),
    IPC_F_BYTES(dird_trust_entry, note, M_NAME), IPC_F_END};

static const struct ipc_field set_req[] = {
    IPC_F_U32(dird_set_req, what), IPC_F_BYTES(dird_set_req, account, M_CERT + M_ALIASES + 8192), IPC_F_END};
static const struct ipc_field list_req[] = {
    IPC_F_BYTES(dird_list_req, after, M_ADDR), IPC_F_BYTES(dird_list_req, text, M_WORDS), IPC_F_END};
static const struct ipc_field list_rep[] = {
    IPC_F_BYTES(dird_list_rep, list, M_LIST), IPC_F_U8(dird_list_rep, more), IPC_F_END};
static const struct ipc_field passwd_req[] = {
    IPC_F_BYTES(dird_passwd_req, address, M_ADDR), IPC_F_BYTES(dird_passwd_req, password, M_PASSWORD), IPC_F_END};
static const struct ipc_field trust_list_req[] = {IPC_F_BYTES(dird_trust_list_req, after, M_ADDR), IPC_F_END};
static const struct ipc_field status_rep[] = {
    IPC_F_U64(dird_status_rep, accounts), IPC_F_U64(dird_status_rep, trusted), IPC_F_U64(dird_status_rep, syncs),
    IPC_F_U64(dird_status_rep, lookups), IPC_F_U64(dird_status_rep, binds), IPC_F_U64(dird_status_rep, cached_binds),
    IPC_F_U8(dird_status_rep, in_sync), IPC_F_BYTES(dird_status_rep, csn, M_NAME), IPC_F_END};

enum { MAIL_ROLES = ROLE_SMTPD | ROLE_IMAPD | ROLE_RELAYD | ROLE_ADMIN };
static const struct ipc_op ops[] = {
    {DIRD_LOOKUP, "lookup", MAIL_ROLES, lookup_req, lookup_rep, 0, 0},
    {DIRD_AUTH, "auth", ROLE_SMTPD | ROLE_IMAPD | ROLE_ADMIN, auth_req, auth_rep, 0, 0},
    {DIRD_MAY_SEND, "may-send", ROLE_SMTPD | ROLE_ADMIN, may_req, NULL, 0, 0},
    {DIRD_TRUST, "trust", ROLE_SMTPD | ROLE_RELAYD | ROLE_ADMIN, trust_req, trust_rep, 0, 0},
    {DIRD_ACCOUNT_ADD, "account-add", ROLE_ADMIN, dird_account_f, NULL, 0, 0},
    {DIRD_ACCOUNT_GET, "account-get", ROLE_ADMIN, address_f, dird_account_f, 0, 0},
    {DIRD_ACCOUNT_LIST, "account-list", ROLE_ADMIN, list_req, list_rep, 0, 0},
    {DIRD_ACCOUNT_SET, "account-set", ROLE_ADMIN, set_req, NULL, 0, 0},
    {DIRD_ACCOUNT_DELETE, "account-delete", ROLE_ADMIN, address_f, NULL, 0, 0},
    {DIRD_ACCOUNT_PASSWD, "account-passwd", ROLE_ADMIN, passwd_req, NULL, 0, 0},
    {DIRD_TRUST_ADD, "trust-add", ROLE_ADMIN, dird_trust_entry_f, NULL, 0, 0},
    {DIRD_TRUST_LIST, "trust-list", ROLE_ADMIN, trust_list_req, list_rep, 0, 0},
    {DIRD_SEARCH, "search", ROLE_ADMIN, list_req, list_rep, 0, 0},
    {DIRD_CERTS, "certs", ROLE_ADMIN, list_req, list_rep, 0, 0},
    {DIRD_STATUS, "status", ROLE_ADMIN | ROLE_SUPER, NULL, status_rep, 0, 0},
    {DIRD_TRUST_REMOVE, "trust-remove", ROLE_ADMIN, dird_trust_entry_f, NULL, 0, 0},
    {DIRD_STAY, "stay", ROLE_SMTPD | ROLE_IMAPD, stay_req, stay_rep, 0, 0},
    {DIRD_EV_ENDED, "ended", 0, NULL, ev_ended, 0, 0}, /* pushed, never asked */
};
const struct ipc_proto dird_proto = {"dird", 0x44524950u /* "PIRD" */, DIRD_VERSION, ops, sizeof ops / sizeof *ops};
