/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/keyd/client/wire.h - what may be asked of pli-keyd: purposes, never raw key operations.
 *
 * Every op checks its role and, where a mailbox or an account is concerned, the ticket; every use is counted and logged
 * (address, purpose, never a secret). Limits: signatures a minute and account, opens a minute and mailbox.
 * Again    every op may be asked again after a lost reply: keyd keeps no state that a second asking would spoil. Those that may need a slow
 *          hash are IPC_LONG: when all threads that may hash are at it keyd answers CAUSE_BUSY.
 * Process  keyd answers; smtpd, imapd, relayd, httpd, pli ask. Each message is written once, below; the table of ops is in wire.c.
 */
#pragma once
#include "base/ipc.h"
#include "crypto/seal/slot.h"
#include "crypto/seal/ticket.h"

#define KEYD_VERSION 5
extern const struct ipc_proto keyd_proto;
enum keyd_op {
    KEYD_WRAP = 16,     /* content key -> wrapped for each recipient's current epoch. smtpd imapd relayd admin */
    KEYD_OPEN_BOX,      /* ticket + slots -> mailbox private key. imapd; admin with a ticket */
    KEYD_BOX_NEW,       /* new mailbox key pair in a slot. admin */
    KEYD_REWRAP,        /* password slot: old password -> new. admin */
    KEYD_SIGN_MAIL,     /* ticket + signing slot + digest -> detached CMS. smtpd */
    KEYD_TLS_SIGN,      /* handshake signature with a TLS key. smtpd imapd relayd httpd: the instance's or a domain's; pubd: the outbox's */
    KEYD_ISSUE_TRIAL,   /* trial CA: S/MIME certificate (key sealed in a slot) or operator certificate (key given out). admin */
    KEYD_QUEUE_OPEN,    /* queue entry: relayd gets the content key, admin only the envelope's object key */
    KEYD_STATUS,        /* counters. admin super */
    KEYD_DELEGATE,      /* a mailbox's key, from its keyd slot, sealed to a delegate's mailbox. admin */
    KEYD_SIGN_PROFILE   /* digest of a settings file -> detached CMS with a TLS certificate. httpd */
};
enum { /* most octets of a field */
    KEYD_PASSWORD_MAX = 1024, KEYD_LIST_MAX = 80 * 1024, KEYD_NAME_MAX = 255, KEYD_CMS_MAX = 16 * 1024, KEYD_CERT_MAX = 8 * 1024,
    KEYD_ALIASES_MAX = 16 * 1024, KEYD_HASH_MAX = 64, KEYD_SIGNATURE_MAX = 1024, KEYD_DIGEST = 32
};

/* ---- KEYD_WRAP ---- */
#define FIELDS_keyd_box(F, T)                                                                 \
    F(T, U64, mbx)                                                                            \
    F(T, FIX, pub, SEAL_PUB)                 /* of the mailbox; ignored for SEAL_QUEUE_BOX */
IPC_MESSAGE(keyd_box); /* a list record */

#define FIELDS_keyd_wrapped(F, T)                                                       \
    F(T, U64, mbx)                                                                      \
    F(T, U64, epoch)                         /* its number, current for that mailbox */ \
    F(T, FIX, wrap, SEAL_WRAP)               /* the content key, wrapped */             \
    F(T, FIX, epoch_rec, SEAL_EPOCH_REC)
IPC_MESSAGE(keyd_wrapped); /* a list record */

#define FIELDS_keyd_wrap_req(F, T)                                               \
    F(T, FIX, cek, SEAL_CEK)                 /* the content key; secret */       \
    F(T, BYTES, boxes, KEYD_LIST_MAX)        /* list of keyd_box, at most 512 */
IPC_MESSAGE(keyd_wrap_req);

#define FIELDS_keyd_wrap_rep(F, T)                                                  \
    F(T, BYTES, wrapped, KEYD_LIST_MAX)      /* list of keyd_wrapped, same order */
IPC_MESSAGE(keyd_wrap_rep);

/* ---- KEYD_OPEN_BOX. RC_DENIED, CAUSE_STRICT_PASSWORD: the mailbox is strict, and the password does not open its slot because it was changed
 * elsewhere ---- */
#define FIELDS_keyd_open_req(F, T)                                                                       \
    F(T, BYTES, ticket, TICKET_MAX)                                                                      \
    F(T, BYTES, slots, SLOTS_MAX)            /* as stored has them */                                    \
    F(T, BYTES, password, KEYD_PASSWORD_MAX) /* secret; empty: a keyd slot is wanted */                  \
    F(T, FIX, pub, SEAL_PUB)                 /* of the mailbox: what is opened must be its other half */
IPC_MESSAGE(keyd_open_req);

#define FIELDS_keyd_open_rep(F, T)                                                      \
    F(T, FIX, priv, SEAL_PRIV)               /* secret */                               \
    F(T, U16, slot_type)                     /* enum slot_type: which slot opened it */
IPC_MESSAGE(keyd_open_rep);

/* ---- KEYD_BOX_NEW ---- */
#define FIELDS_keyd_box_new_req(F, T)                                                      \
    F(T, U64, mbx)                           /* must be known: stored reserves it first */ \
    F(T, U16, slot_type)                     /* enum slot_type */                          \
    F(T, BYTES, password, KEYD_PASSWORD_MAX) /* secret */
IPC_MESSAGE(keyd_box_new_req);

#define FIELDS_keyd_box_new_rep(F, T) \
    F(T, FIX, pub, SEAL_PUB)          \
    F(T, BYTES, slots, SLOTS_MAX)
IPC_MESSAGE(keyd_box_new_rep);

/* ---- KEYD_REWRAP ---- */
#define FIELDS_keyd_rewrap_req(F, T)                          \
    F(T, U64, mbx)                                            \
    F(T, FIX, pub, SEAL_PUB)                                  \
    F(T, BYTES, slots, SLOTS_MAX)                             \
    F(T, BYTES, old_password, KEYD_PASSWORD_MAX) /* secret */ \
    F(T, BYTES, new_password, KEYD_PASSWORD_MAX) /* secret */
IPC_MESSAGE(keyd_rewrap_req);

#define FIELDS_keyd_rewrap_rep(F, T)                                                                 \
    F(T, BYTES, slots, SLOTS_MAX)            /* the list unchanged when there is no password slot */
IPC_MESSAGE(keyd_rewrap_rep);

/* ---- KEYD_SIGN_MAIL ---- */
#define FIELDS_keyd_sign_req(F, T)                                                                                                    \
    F(T, BYTES, ticket, TICKET_MAX)                                                                                                   \
    F(T, BYTES, slots, SLOTS_MAX)                                                                                                     \
    F(T, FIX, digest, KEYD_DIGEST)           /* SHA-256 of the inner entity */                                                        \
    F(T, U64, when)                          /* UTC s by the session, near keyd's own; CMS_NO_TIME (0): a signature without a time */
IPC_MESSAGE(keyd_sign_req);

#define FIELDS_keyd_sign_rep(F, T)                                        \
    F(T, BYTES, cms, KEYD_CMS_MAX)           /* DER, detached, SHA-256 */
IPC_MESSAGE(keyd_sign_rep);

/* ---- KEYD_TLS_SIGN. The library hands out no more than the hash, so what binds the purpose is the key (it is in no other certificate) and the
 * bound a process: a session signs for itself once. ---- */
/* RC_TEMP: .shown is not this server's any more. The session ends; the next one shows the certificate of today. RC_DENIED: that key is another role's: pubd has
 * the outbox's signed for alone, nobody else has. */
enum { KEYD_SHOWN = 32 };
enum keyd_tls_key { KEYD_TLS_SERVER = 1, KEYD_TLS_SERVER_EC = 2 }; /* RSA-2048, ECDSA P-256 */
#define FIELDS_keyd_tls_req(F, T)                                                             \
    F(T, U8, key)                            /* enum keyd_tls_key */                          \
    F(T, BYTES, shown, KEYD_SHOWN)           /* KEYD_SHOWN bytes: SHA-256 of the SubjectPublicKeyInfo (DER) of the certificate that the peer is shown */ \
    F(T, U16, algorithm)                     /* IANA TLS SignatureScheme */                   \
    F(T, BYTES, hash, KEYD_HASH_MAX)         /* of what TLS signs, of that scheme's length */
IPC_MESSAGE(keyd_tls_req);

#define FIELDS_keyd_tls_rep(F, T)              \
    F(T, BYTES, signature, KEYD_SIGNATURE_MAX)
IPC_MESSAGE(keyd_tls_rep);

/* ---- KEYD_SIGN_PROFILE: signed now, by keyd's own clock. The certificate is the one that the TLS peers are shown, and keyd signs with its key
 * alone: RC_TEMP: that key was replaced. ---- */
#define FIELDS_keyd_profile_req(F, T)                                                      \
    F(T, U8, key)                            /* enum keyd_tls_key */                       \
    F(T, BYTES, cert, KEYD_CERT_MAX)         /* DER */                                     \
    F(T, FIX, digest, KEYD_DIGEST)           /* SHA-256 of the file */
IPC_MESSAGE(keyd_profile_req);

#define FIELDS_keyd_profile_rep(F, T)                                     \
    F(T, BYTES, cms, KEYD_CMS_MAX)           /* DER, detached, SHA-256 */
IPC_MESSAGE(keyd_profile_rep);

/* ---- KEYD_ISSUE_TRIAL ---- */
enum keyd_issue_use { KEYD_ISSUE_SMIME = 1, KEYD_ISSUE_OPERATOR = 2 };
#define FIELDS_keyd_issue_req(F, T)                                                                                                   \
    F(T, U8, use)                            /* enum keyd_issue_use */                                                                \
    F(T, U8, algorithm)                      /* 1 RSA-2048, 2 ECDSA P-256 */                                                          \
    F(T, U32, days)                          /* of validity; 0: the default */                                                        \
    F(T, BYTES, name, KEYD_NAME_MAX)         /* SMIME: mail address; OPERATOR: domain */                                              \
    F(T, BYTES, cn, KEYD_NAME_MAX)           /* display name */                                                                       \
    F(T, BYTES, aliases, KEYD_ALIASES_MAX)   /* SMIME: further addresses of the mailbox, newline separated, all named (RFC 8550 3) */
IPC_MESSAGE(keyd_issue_req);

#define FIELDS_keyd_issue_rep(F, T)                                                                    \
    F(T, BYTES, cert_der, KEYD_CERT_MAX)                                                               \
    F(T, BYTES, slot, SLOTS_MAX)             /* SMIME: a whole slot record with the key; else empty */ \
    F(T, BYTES, key_pem, KEYD_CERT_MAX)      /* OPERATOR: the key; secret; else empty */
IPC_MESSAGE(keyd_issue_rep);

/* ---- KEYD_QUEUE_OPEN. relayd gets the content key; admin the object key of SEAL_ENVELOPE for oid (seal_obj_open_key, open_whole_key), never
 * more ---- */
#define FIELDS_keyd_queue_req(F, T)      \
    F(T, U64, epoch)                     \
    F(T, FIX, epoch_rec, SEAL_EPOCH_REC) \
    F(T, FIX, wrap, SEAL_WRAP)           \
    F(T, FIX, oid, SEAL_OID)
IPC_MESSAGE(keyd_queue_req);

enum keyd_queue_what { KEYD_QUEUE_CEK = 1, KEYD_QUEUE_ENVELOPE = 2 };
#define FIELDS_keyd_queue_rep(F, T)                                     \
    F(T, U8, what)                           /* enum keyd_queue_what */ \
    F(T, FIX, key, SEAL_CEK)                 /* secret */
IPC_MESSAGE(keyd_queue_rep);

/* ---- KEYD_DELEGATE. RC_DENIED, CAUSE_STRICT_DELEGATE: the mailbox is strict, nobody but its holder opens it ---- */
#define FIELDS_keyd_delegate_req(F, T)                                                          \
    F(T, U64, mbx)                                                                              \
    F(T, FIX, pub, SEAL_PUB)                 /* of the mailbox */                               \
    F(T, BYTES, slots, SLOTS_MAX)            /* as stored has them */                           \
    F(T, U64, delegate)                      /* her mailbox */                                  \
    F(T, FIX, delegate_pub, SEAL_PUB)        /* its public key */                               \
    F(T, U64, grant)                         /* the number of the delegation in the directory */
IPC_MESSAGE(keyd_delegate_req);

#define FIELDS_keyd_delegate_rep(F, T)                                           \
    F(T, BYTES, slot, SLOTS_MAX)             /* a whole slot record, to be added */
IPC_MESSAGE(keyd_delegate_rep);

/* ---- KEYD_STATUS ---- */
#define FIELDS_keyd_status_rep(F, T)                                           \
    F(T, U64, wraps)                         /* these five: since the start */ \
    F(T, U64, opens)                                                           \
    F(T, U64, signatures)                                                      \
    F(T, U64, tls)                                                             \
    F(T, U64, denied)                                                          \
    F(T, U64, epochs)                        /* made since the start */        \
    F(T, BYTES, queue_pub, SEAL_PUB)         /* the queue's own public key */
IPC_MESSAGE(keyd_status_rep);
