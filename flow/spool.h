/* SPDX-License-Identifier: EUPL-1.2 */
/* flow/spool.h - one message on its way. A message up to SPOOL_MEMORY octets is kept in memory, a larger one in a memfd. The memfd holds sealed
 * chunks only, because its memory can be swapped and clear text must not be. The memory of the process is bounded whatever the message.
 *
 * Owns     its buffer, its memfd, and a content key that is wiped with it.
 * Use      spool_put() pieces in order, spool_end(), then spool_read() any range, any number of times.
 * Once     The chunks are sealed under the content key and the object id that the message is filed with: spool_give() gives them away as they lie
 *          (docs/decisions/0041, INV-W1 to W4).
 * Process  smtpd, imapd sessions.
 */
#pragma once
#include "crypto/seal/seal.h"
enum { SPOOL_MEMORY = 256 * 1024 };
struct spool;
/* Bounds the memory of messages on their way over all sessions (base/dialler.h). room() is asked before the spools of this process together hold
 * more octets in memfds than it granted last, in steps of 4 MB. It is told 0 when they hold nothing any more. Without room() there is no bound. */
void spool_limit(bool (*room)(void *ctx, uint64_t bytes), void *ctx);
/* Asks, before a message of that size comes, for the memory that it will take. RC_TEMP, CAUSE_DISK_FULL: there is no room now. spool_put() may answer the same
 * later. */
enum rc spool_expect(uint64_t bytes, struct err *e);
/* Counts octets of messages on their way that lie elsewhere, sealed and in a memfd, as if a spool held them, until they are given back. RC_TEMP, CAUSE_DISK_FULL:
 * there is no room; nothing is counted. */
enum rc spool_hold(uint64_t bytes, struct err *e);
void spool_release(uint64_t bytes);
struct spool *spool_new(uint64_t max); /* RC_PERM, CAUSE_TOO_BIG: beyond max */
struct spool *spool_new_led(uint64_t max); /* the same for a message that something is put in front of when it is filed: trace fields */
void spool_free(struct spool **s);
enum rc spool_put(struct spool *s, struct span piece, struct err *e);
enum rc spool_end(struct spool *s, struct err *e);
uint64_t spool_size(const struct spool *s);
/* Reads octets from off, at most 64 KiB; RC_NOTFOUND at the end. The caller owns *mem and made it with BUF_SECRET_INIT. *piece_out borrows from *mem,
 * or from the spool when the message is kept in memory. It is good until mem is used again or freed, or the spool is freed. */
enum rc spool_read(struct spool *s, uint64_t off, struct buf *mem, struct span *piece_out, struct err *e);
/* The whole message through a sink, in order. */
enum rc spool_each(struct spool *s, enum rc (*sink)(void *ctx, struct span piece, struct err *e), void *ctx,
                   struct err *e);
/* A message that lies in a memfd, as the object that it is filed as. */
struct spool_given {
    unsigned char cek[SEAL_CEK], oid[SEAL_OID]; /* the caller wipes cek */
    int fd;        /* the spool's; good as long as it */
    uint64_t skip; /* octets of the memfd before the object: a hole */
    uint64_t len;  /* of the object, sealed */
    uint32_t lead; /* octets of its first chunk, where that is a lead; else 0 */
};
/* Seals lead in front, and gives the chunks away: once. False: it is in memory, was given before, or its chunks leave no room for that lead; who files it seals
 * it anew. What is put into the memfd behind .skip + .len is the caller's. The spool can still be read. */
bool spool_give(struct spool *s, struct span lead, struct spool_given *out);
