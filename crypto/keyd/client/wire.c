/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/keyd/client/wire.c - the tables behind wire.h: the one place that lays keyd's bytes out. */
#include "crypto/keyd/client/wire.h"

enum {
    PASSWORD_MAX = 1024,
    LIST_MAX = 80 * 1024,
    NAME_MAX_ = 255,
    CMS_MAX = 16 * 1024,
    CERT_MAX = 8 * 1024,
    ALIASES_MAX = 16 * 1024
};

const struct ipc_field keyd_box_f[] = {IPC_F_U64(keyd_box, mbx), IPC_F_FIX(keyd_box, pub), IPC_F_END};
const struct ipc_field keyd_wrapped_f[] = {IPC_F_U64(keyd_wrapped, mbx), IPC_F_U64(keyd_wrapped, epoch),
                                           IPC_F_FIX(keyd_wrapped, wrap), IPC_F_FIX(keyd_wrapped, epoch_rec),
                                           IPC_F_END};

static const struct ipc_field wrap_req[] = {IPC_F_FIX(keyd_wrap_req, cek), IPC_F_BYTES(keyd_wrap_req, boxes, LIST_MAX),
                                            IPC_F_END};
static const struct ipc_field wrap_rep[] = {IPC_F_BYTES(keyd_wrap_rep, wrapped, LIST_MAX), IPC_F_END};

static const struct ipc_field open_req[] = {
    IPC_F_BYTES(keyd_open_req, ticket, TICKET_MAX), IPC_F_BYTES(keyd_open_req, slots, SLOTS_MAX),
    IPC_F_BYTES(keyd_open_req, password, PASSWORD_MAX), IPC_F_FIX(keyd_open_req, pub), IPC_F_END};
static const struct ipc_field open_rep[] = {IPC_F_FIX(keyd_open_rep, priv), IPC_F_U16(keyd_open_rep, slot_type),
                                            IPC_F_END};

static const struct ipc_field box_new_req[] = {IPC_F_U64(keyd_box_new_req, mbx), IPC_F_U16(keyd_box_new_req, slot_type),
                                               IPC_F_BYTES(keyd_box_new_req, password, PASSWORD_MAX), IPC_F_END};
static const struct ipc_field box_new_rep[] = {IPC_F_FIX(keyd_box_new_rep, pub),
                                               IPC_F_BYTES(keyd_box_new_rep, slots, SLOTS_MAX), IPC_F_END};

static const struct ipc_field rewrap_req[] = {IPC_F_U64(keyd_rewrap_req, mbx),
                                              IPC_F_FIX(keyd_rewrap_req, pub),
                                              IPC_F_BYTES(keyd_rewrap_req, slots, SLOTS_MAX),
                                              IPC_F_BYTES(keyd_rewrap_req, old_password, PASSWORD_MAX),
                                              IPC_F_BYTES(keyd_rewrap_req, new_password, PASSWORD_MAX),
                                              IPC_F_END};
static const struct ipc_field rewrap_rep[] = {IPC_F_BYTES(keyd_rewrap_rep, slots, SLOTS_MAX), IPC_F_END};

static const struct ipc_field sign_req[] = {
    IPC_F_BYTES(keyd_sign_req, ticket, TICKET_MAX), IPC_F_BYTES(keyd_sign_req, slots, SLOTS_MAX),
    IPC_F_FIX(keyd_sign_req, digest), IPC_F_U64(keyd_sign_req, when), IPC_F_END};
static const struct ipc_field sign_rep[] = {IPC_F_BYTES(keyd_sign_rep, cms, CMS_MAX), IPC_F_END};

static const struct ipc_field tls_req[] = {IPC_F_U8(keyd_tls_req, key), IPC_F_U16(keyd_tls_req, algorithm),
                                           IPC_F_BYTES(keyd_tls_req, hash, 64), IPC_F_END};
static const struct ipc_field tls_rep[] = {IPC_F_BYTES(keyd_tls_rep, signature, 1024), IPC_F_END};

static const struct ipc_field issue_req[] = {IPC_F_U8(keyd_issue_req, use),
                                             IPC_F_U8(keyd_issue_req, algorithm),
                                             IPC_F_U32(keyd_issue_req, days),
                                             IPC_F_BYTES(keyd_issue_req, name, NAME_MAX_),
                                             IPC_F_BYTES(keyd_issue_req, cn, NAME_MAX_),
                                             IPC_F_BYTES(keyd_issue_req, aliases, ALIASES_MAX),
                                             IPC_F_END};
static const struct ipc_field issue_rep[] = {IPC_F_BYTES(keyd_issue_rep, cert_der, CERT_MAX),
                                             IPC_F_BYTES(keyd_issue_rep, slot, SLOTS_MAX),
                                             IPC_F_BYTES(keyd_issue_rep, key_pem, CERT_MAX), IPC_F_END};

static const struct ipc_field queue_req[] = {IPC_F_U64(keyd_queue_req, epoch), IPC_F_FIX(keyd_queue_req, epoch_rec),
                                             IPC_F_FIX(keyd_queue_req, wrap), IPC_F_FIX(keyd_queue_req, oid),
                                             IPC_F_END};
static const struct ipc_field queue_rep[] = {IPC_F_U8(keyd_queue_rep, what), IPC_F_FIX(keyd_queue_rep, key), IPC_F_END};

static const struct ipc_field status_rep[] = {IPC_F_U64(keyd_status_rep, wraps),
                                              IPC_F_U64(keyd_status_rep, opens),
                                              IPC_F_U64(keyd_status_rep, signatures),
                                              IPC_F_U64(keyd_status_rep, tls),
                                              IPC_F_U64(keyd_status_rep, denied),
                                              IPC_F_U64(keyd_status_rep, epochs),
                                              IPC_F_BYTES(keyd_status_rep, queue_pub, SEAL_PUB),
                                              IPC_F_END};

enum { SESSIONS = ROLE_SMTPD | ROLE_IMAPD | ROLE_RELAYD };
static const struct ipc_op ops[] = {
    {KEYD_WRAP, "wrap", SESSIONS | ROLE_ADMIN, wrap_req, wrap_rep, 0, 0},
    {KEYD_OPEN_BOX, "open-box", ROLE_IMAPD | ROLE_ADMIN, open_req, open_rep, 0, 0},
    {KEYD_BOX_NEW, "box-new", ROLE_ADMIN, box_new_req, box_new_rep, 0, 0},
    {KEYD_REWRAP, "rewrap", ROLE_ADMIN, rewrap_req, rewrap_rep, 0, 0},
    {KEYD_SIGN_MAIL, "sign-mail", ROLE_SMTPD, sign_req, sign_rep, 0, 0},
    {KEYD_TLS_SIGN, "tls-sign", SESSIONS, tls_req, tls_rep, 0, 0},
    {KEYD_ISSUE_TRIAL, "issue-trial", ROLE_ADMIN, issue_req, issue_rep, 0, 0},
    {KEYD_QUEUE_OPEN, "queue-open", ROLE_RELAYD | ROLE_ADMIN, queue_req, queue_rep, 0, 0},
    {KEYD_STATUS, "status", ROLE_ADMIN | ROLE_SUPER, NULL, status_rep, 0, 0},
};
const struct ipc_proto keyd_proto = {"keyd", 0x6b657964u, KEYD_VERSION, ops, sizeof ops / sizeof *ops};
