/* SPDX-License-Identifier: EUPL-1.2 */
/* relayd/channel.h - what a destination session asks of the scheduler, over the socket pair between them (SOCK_SEQPACKET).
 *
 * Why      a session talks to a hostile server. It has no socket but its peer's and this one, no files, no connect, no keyd, no stored. It can open only the
 *          messages that the scheduler gave it, because it gets content keys one message at a time.
 * Form     packets of base/ipc's grammar: u16 op, then the fields of the op's table (ipc_encode). The session asks, the scheduler answers each question once,
 *          with the op of the question; it may take its time (a PEER answer waits for revocation data). A malformed packet ends the session.
 * Order    SIGN (any number, in the handshake), PEER once, READY once; then NEXT, CHUNK..., DONE over and over, until NEXT says that there is no more or the
 *          peer is lost; END says why it ended, if it did not end in good order. The end of file tells the other side that all is over:
 *          recipients of a letter that had no DONE are tried again (their outcome is not known: RFC 5321 4.5.3.2.6).
 * Process  relayd: scheduler (answers), destination sessions (ask).   Source RFC 5321, RFC 3461, RFC 8689.
 */
#pragma once
#include "base/ipc.h"
#include "crypto/keyd/client/wire.h"

enum channel_op { CH_SIGN = 1, CH_PEER, CH_READY, CH_NEXT, CH_CHUNK, CH_DONE, CH_END, CH_OPS_ };
enum { CH_ADDR = 320, CH_HOST = 256, CH_TEXT = 512, CH_RCPTS = 100 /* recipients of one letter in one transaction */, CH_CHAIN = 64 * 1024 };

/* CH_SIGN asks as keyd_tls_req, answers as keyd_tls_rep (crypto/keyd/client/wire.h): the scheduler asks keyd for it. */
#define FIELDS_channel_sign_rep(F, T)                                                             \
    F(T, U8, ok)                                                                                  \
    F(T, BYTES, signature, KEYD_SIGNATURE_MAX)
IPC_MESSAGE(channel_sign_rep);

/* CH_PEER, once: the handshake is over. Whose certificate it is, the session does not say: trustd reads the name from the chain that it verifies
 * (trust/wire/wire.h), so that name, chain and revocation are of one certificate. */
#define FIELDS_channel_peer_req(F, T)                                                              \
    F(T, U8, verified)                       /* chain, dates, usage, name: as crypto/tls says */   \
    F(T, BYTES, chain, CH_CHAIN)             /* list of trustd_cert, leaf first */                 \
    F(T, BYTES, why, CH_TEXT)                /* not verified: the reason */                        \
    F(T, BYTES, tls, CH_HOST)                /* "TLS1.3 TLS_AES_256_GCM_SHA384", for the log */
IPC_MESSAGE(channel_peer_req);
#define FIELDS_channel_peer_rep(F, T)                                                              \
    F(T, U16, cause)                         /* enum cause; CAUSE_NONE: go on */
IPC_MESSAGE(channel_peer_rep);

/* CH_READY: EHLO inside TLS was answered. No fields in the answer. */
enum { CH_EXT_PIPELINING = 1, CH_EXT_SIZE = 2, CH_EXT_8BITMIME = 4, CH_EXT_DSN = 8, CH_EXT_SMTPUTF8 = 16, CH_EXT_CHUNKING = 32, CH_EXT_REQUIRETLS = 64, CH_EXT_ESC = 128 };
#define FIELDS_channel_ready_req(F, T)                                                             \
    F(T, U32, extensions)                    /* CH_EXT_ bits */                                    \
    F(T, U64, size)                          /* largest message it says it takes; 0: not said */   \
    F(T, U32, rcpts)                         /* LIMITS RCPTMAX; 0: not said */
IPC_MESSAGE(channel_ready_req);

/* CH_NEXT: no fields in the question. */
enum { CH_LETTER_UTF8 = 1, CH_LETTER_8BIT = 2, CH_LETTER_REQUIRETLS = 4 }; /* as QE_ of extract/queued.h */
#define FIELDS_channel_next_rep(F, T)                                                              \
    F(T, U8, more)                           /* 0: no letter: say QUIT and end. The rest is empty then */ \
    F(T, U64, letter)                        /* its number, for CHUNK and DONE */                  \
    F(T, BYTES, sender, CH_ADDR)             /* empty: <> */                                       \
    F(T, BYTES, envid, 128)                  /* xtext; empty: none */                              \
    F(T, U8, ret)                            /* 1 FULL, 2 HDRS; 0: not said */                     \
    F(T, U8, flags)                          /* CH_LETTER_ bits */                                 \
    F(T, U64, size)                          /* octets in clear */                                 \
    F(T, U16, lead)                          /* of these, in the first chunk, where that is a lead; 0: it has none */ \
    F(T, FIX, oid, SEAL_OID)                                                                       \
    F(T, FIX, cek, SEAL_CEK)                 /* secret: opens this message and no other */         \
    F(T, BYTES, mid, 32)                     /* our message id, for the log */                     \
    F(T, BYTES, rcpts, 16 * 1024)            /* list of channel_rcpt, at most CH_RCPTS */          \
    F(T, BYTES, chunk, SEAL_CHUNK + SEAL_TAG) /* the first sealed chunk of the message */
IPC_MESSAGE(channel_next_rep);
#define FIELDS_channel_rcpt(F, T)                                                                  \
    F(T, U32, n)                             /* its number in this letter */                       \
    F(T, U16, notify)                        /* RFC 3461 NOTIFY, enum of proto/smtp/param.h */     \
    F(T, BYTES, address, CH_ADDR)                                                                  \
    F(T, BYTES, orcpt, 512)                  /* as it came; empty: none */
IPC_MESSAGE(channel_rcpt); /* a list record */

#define FIELDS_channel_chunk_req(F, T)                                                             \
    F(T, U64, letter)                                                                              \
    F(T, U32, chunk)
IPC_MESSAGE(channel_chunk_req);
#define FIELDS_channel_chunk_rep(F, T)                                                             \
    F(T, U8, ok)                             /* 0: it cannot be read now: end the connection without the final dot */ \
    F(T, BYTES, sealed, SEAL_CHUNK + SEAL_TAG)
IPC_MESSAGE(channel_chunk_rep);

/* CH_DONE: what became of each recipient of the letter. Answered with no fields once it stands in the queue. */
enum channel_outcome { CO_TAKEN = 1 /* 250 after the message */, CO_LATER /* 4yz, or refused by us for now */, CO_NEVER /* 5yz, or it cannot be sent there */ };
#define FIELDS_channel_done_req(F, T)                                                              \
    F(T, U64, letter)                                                                              \
    F(T, BYTES, results, 60 * 1024)          /* list of channel_result, one a recipient */
IPC_MESSAGE(channel_done_req);
#define FIELDS_channel_result(F, T)                                                                \
    F(T, U32, n)                                                                                   \
    F(T, U8, outcome)                        /* enum channel_outcome */                            \
    F(T, U16, cause)                         /* enum cause when we decided; CAUSE_NONE: the peer's reply */ \
    F(T, U16, code)                          /* of the peer's reply; 0: none */                    \
    F(T, BYTES, esc, 16)                     /* "5.1.1"; empty: none */                            \
    F(T, U8, dsn_there)                      /* 1: the peer offered DSN and has the notify wishes: no relayed report */ \
    F(T, BYTES, text, CH_TEXT)               /* the reply's text, or ours; control characters and beyond ASCII escaped */
IPC_MESSAGE(channel_result); /* a list record */

/* CH_END: the connection is of no more use. No answer. What concerns the host (not a letter) is for all that wait for it. */
#define FIELDS_channel_end_req(F, T)                                                               \
    F(T, U16, cause)                         /* CAUSE_PEER_...; CAUSE_NONE: the reply below */     \
    F(T, U16, code)                                                                                \
    F(T, BYTES, esc, 16)                                                                           \
    F(T, U8, stage)                          /* enum channel_stage */                              \
    F(T, BYTES, text, CH_TEXT)
IPC_MESSAGE(channel_end_req);
enum channel_stage { CS_GREETING = 1, CS_EHLO, CS_STARTTLS, CS_HANDSHAKE, CS_PEER, CS_EHLO_TLS, CS_MAIL, CS_RCPT, CS_DATA, CS_DOT, CS_RSET, CS_QUIT };

/* ---- packets, for both sides ---- */
enum rc channel_pair(int ends_out[2], struct err *e);
/* In the finder and the nursery, right after their fork: everything is closed but the standard descriptors and keep. What the scheduler was given (log.key),
 * and its ends of other sockets, are none of theirs, nor of the sessions that follow. */
void channel_alone(int keep);
/* Never waits: there is room for one question and its answer. RC_CLOSED: the other side has gone, or does not read. */
enum rc channel_send(int fd, uint16_t op, const struct ipc_field *fields, const void *msg, struct err *e);
/* Never waits. *body_out borrows from mem, which should be secret: NEXT has a content key. RC_MORE: nothing is there; RC_CLOSED: the other side has
 * gone; RC_SYNTAX: no packet of this form, end the session. *op_out is one of enum channel_op; the caller decodes the body with the op's table. */
enum rc channel_recv(int fd, struct buf *mem, uint16_t *op_out, struct span *body_out, struct err *e);
