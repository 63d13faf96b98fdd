/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/keyd/client/wire.h - what may be asked of pli-keyd: purposes, never raw key operations.
 *
 * Every op checks its role and, where a mailbox or an account is concerned, the ticket; every use is counted and logged
 * (address, purpose, never a secret). Limits: signatures a minute and account, opens a minute and mailbox.
 * Process  keyd answers; smtpd, imapd, relayd, pli ask. Tables in wire.c, the one place that lays bytes out.
 */
#pragma once
#include "base/ipc.h"
#include "crypto/seal/slot.h"
#include "crypto/seal/ticket.h"

#define KEYD_VERSION 1
/* RC_TEMP, CAUSE_BUSY: all threads that may hash a password are at it; keyd_open_box, _box_new and _rewrap ask again by themselves. */
extern const struct ipc_proto keyd_proto;
enum keyd_op {
    KEYD_WRAP = 16,     /* content key -> wrapped for each recipient's current epoch. smtpd imapd relayd admin */
    KEYD_OPEN_BOX,      /* ticket + slots -> mailbox private key. imapd; admin with a ticket */
    KEYD_BOX_NEW,       /* new mailbox key pair in a slot. admin */
    KEYD_REWRAP,        /* password slot: old password -> new. admin */
    KEYD_SIGN_MAIL,     /* ticket + signing slot + digest -> detached CMS. smtpd */
    KEYD_TLS_SIGN,      /* handshake signature with a TLS key. smtpd imapd relayd */
    KEYD_ISSUE_TRIAL,   /* trial CA: S/MIME certificate (key sealed in a slot) or operator certificate (key given out). admin */
    KEYD_QUEUE_OPEN,    /* queue entry: relayd gets the content key, admin only the envelope's object key */
    KEYD_STATUS         /* counters. admin super */
};
struct keyd_box { uint64_t mbx; unsigned char pub[SEAL_PUB]; };             /* in wrap.boxes; for SEAL_QUEUE_BOX pub is ignored */
struct keyd_wrapped { uint64_t mbx, epoch; unsigned char wrap[SEAL_WRAP], epoch_rec[SEAL_EPOCH_REC]; };
extern const struct ipc_field keyd_box_f[], keyd_wrapped_f[];               /* list records */
struct keyd_wrap_req { unsigned char cek[SEAL_CEK]; struct span boxes; };   /* list of keyd_box, at most 512 */
struct keyd_wrap_rep { struct span wrapped; };                              /* list of keyd_wrapped, same order */
struct keyd_open_req { struct span ticket, slots, password; unsigned char pub[SEAL_PUB]; };
/* RC_DENIED, CAUSE_STRICT_PASSWORD: strict, and the password does not open the slot (changed elsewhere) */
struct keyd_open_rep { unsigned char priv[SEAL_PRIV]; uint16_t slot_type; };
struct keyd_box_new_req { uint64_t mbx; uint16_t slot_type; struct span password; }; /* mbx must be known: stored reserves it first */
struct keyd_box_new_rep { unsigned char pub[SEAL_PUB]; struct span slots; };
struct keyd_rewrap_req { uint64_t mbx; unsigned char pub[SEAL_PUB]; struct span slots, old_password, new_password; };
struct keyd_rewrap_rep { struct span slots; };                              /* unchanged list when there is no password slot */
struct keyd_sign_req { struct span ticket, slots; unsigned char digest[32]; uint64_t when; }; /* when: UTC seconds by the session, near keyd's own; CMS_NO_TIME (0): a signature without a time */
struct keyd_sign_rep { struct span cms; };                                  /* DER, detached, SHA-256; at most 16 KiB */
enum keyd_tls_key { KEYD_TLS_SERVER = 1, KEYD_TLS_SERVER_EC = 2 };             /* RSA-2048, ECDSA P-256 */
/* algorithm: IANA TLS SignatureScheme; hash: of what TLS signs, of that scheme's length. The library hands out no more than the hash,
 * so what binds the purpose is the key (it is in no other certificate) and the bound a process: a session signs for itself once. */
struct keyd_tls_req { uint8_t key; uint16_t algorithm; struct span hash; };
struct keyd_tls_rep { struct span signature; };
enum keyd_issue_use { KEYD_ISSUE_SMIME = 1, KEYD_ISSUE_OPERATOR = 2 };
/* name: SMIME: mail address; OPERATOR: domain. aliases: SMIME: further addresses of the mailbox, newline separated, all named by the
 * certificate (RFC 8550 3). cn: display name. days 0: default. algorithm 1 RSA-2048, 2 ECDSA P-256. */
struct keyd_issue_req { uint8_t use, algorithm; uint32_t days; struct span name, cn, aliases; };
struct keyd_issue_rep { struct span cert_der; struct span slot; struct span key_pem; }; /* slot: a whole slot record (SMIME) */
struct keyd_queue_req { uint64_t epoch; unsigned char epoch_rec[SEAL_EPOCH_REC], wrap[SEAL_WRAP], oid[SEAL_OID]; };
/* relayd gets the content key; admin the object key of SEAL_ENVELOPE for oid (seal_obj_open_key, open_whole_key), never more */
enum keyd_queue_what { KEYD_QUEUE_CEK = 1, KEYD_QUEUE_ENVELOPE = 2 };
struct keyd_queue_rep { uint8_t what; unsigned char key[SEAL_CEK]; };
struct keyd_status_rep { uint64_t wraps, opens, signatures, tls, denied, epochs; struct span queue_pub; };
