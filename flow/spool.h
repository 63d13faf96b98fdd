/* SPDX-License-Identifier: EUPL-1.2 */
/* flow/spool.h - one message on its way, in memory while small, beyond SPOOL_MEMORY in a memfd that holds sealed chunks only
 * (memory of a memfd can be swapped: clear text may not). Bounded memory whatever the message.
 *
 * Owns     its buffer, its memfd, a random key that dies with it.
 * Use      spool_put() pieces in order, spool_end(), then spool_read() any range, any number of times.
 * Process  smtpd, imapd sessions.
 */
#pragma once
#include "base/buf.h"
enum { SPOOL_MEMORY = 256 * 1024 };
struct spool;
/* Memory of messages on their way is bounded over all sessions (base/dialler.h). room is asked before the spools of this process together
 * hold more in memfds than it granted last, in steps of 4 MB; and told 0 when they hold nothing any more. Without it: any. */
void spool_limit(bool (*room)(void *ctx, uint64_t bytes), void *ctx);
/* Asks for what a message of that size will take, before it comes. RC_TEMP 4.3.1: no room now; so says spool_put() too, later. */
enum rc spool_expect(uint64_t bytes, struct err *e);
struct spool *spool_new(uint64_t max); /* RC_PERM 5.3.4 beyond max */
void spool_free(struct spool **s);
enum rc spool_put(struct spool *s, struct span piece, struct err *e);
enum rc spool_end(struct spool *s, struct err *e);
uint64_t spool_size(const struct spool *s);
/* Octets from off, at most 64 KiB; RC_NOTFOUND at the end. They stand in *mem, which the caller owns and made with BUF_SECRET_INIT, or, of a message
 * that fits in memory, in the spool: good until mem is given to another call or freed, and the spool is freed. */
enum rc spool_read(struct spool *s, uint64_t off, struct buf *mem, struct span *piece_out, struct err *e);
/* The whole message through a sink, in order. */
enum rc spool_each(struct spool *s, enum rc (*sink)(void *ctx, struct span piece, struct err *e), void *ctx,
                   struct err *e);
