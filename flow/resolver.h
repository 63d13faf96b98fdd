/* SPDX-License-Identifier: EUPL-1.2 */
/* flow/resolver.h - how smtpd has the octets of a BURL (RFC 4468): one question and one answer over run/imapd.sock, and a stream beside them.
 *
 * Ends     A session of smtpd asks. A session of pli-imapd that exists for this one question answers: it opens the mailbox with the submitter's own ticket,
 *          checks the URL's authorization, sends the octets and ends. So no process that reads SMTP has a mailbox's key, and a session of smtpd that was
 *          taken over gets no message that its client has not authorized by GENURLAUTH. Decision 0036.
 * Wire     a packet of fields (base/ipc.h) and with it one end of a socket pair; a packet back; then, when its rc is RC_OK, exactly .size octets on the pair.
 * Peer     the answering side sees by the kernel's word that the connection is smtpd's.
 * Process  smtpd sessions, imapd sessions.
 */
#pragma once
#include "base/ipc.h"
#include "crypto/seal/ticket.h"

enum { RESOLVER_URL = 2048 };
#define RESOLVER_SOCKET "imapd.sock"

#define FIELDS_resolver_req(F, T)                                                                     \
    F(T, U64, mbx)                           /* of the account that submits */                        \
    F(T, BYTES, address, TICKET_ADDR)                                                                 \
    F(T, BYTES, ticket, TICKET_MAX)          /* of its sign-in */                                     \
    F(T, BYTES, url, RESOLVER_URL)
IPC_MESSAGE(resolver_req);

#define FIELDS_resolver_rep(F, T)                                       \
    F(T, U16, rc)                            /* enum rc */              \
    F(T, U16, cause)                         /* enum cause */           \
    F(T, U64, size)                          /* octets that follow */
IPC_MESSAGE(resolver_rep);

/* Asks, and waits for the answer until the deadline. RC_OK: *octets_out, which the caller owns, gives size octets. RC_PERM: the URL leads nowhere. RC_TEMP: imapd,
 * stored or keyd is away. */
enum rc resolver_ask(const struct resolver_req *rq, int64_t deadline, int *octets_out, uint64_t *size_out, struct err *e);
/* The other side. Spans of *rq_out borrow from mem. The caller owns *octets_out. RC_DENIED: the connection is not of that uid;
 * (uid_t)-1: daemons have no uids of their own, and it must be this process's. */
enum rc resolver_take(int fd, uid_t uid, int64_t deadline, struct buf *mem, struct resolver_req *rq_out, int *octets_out, struct err *e);
enum rc resolver_answer(int fd, const struct resolver_rep *rep, struct err *e);
