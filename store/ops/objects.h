/* SPDX-License-Identifier: EUPL-1.2 */
/* store/ops/objects.h - sealed objects as pieces, and who refers to them.
 *
 * Pieces   the sealed bytes of an object cut at OBJ_PIECE, which fills its overflow pages exactly (8 x (8192 - 32));
 *          not at SEAL_CHUNK, whose 65,552 bytes would leave a ninth page nearly empty each time.
 * INV-2    an objref's refs is the number of message records and queue records with its oid.
 * INV-3    pieces without an objref belong to a delivery under way, or to one that a crash ended: swept.
 * INV-4    an objref that lost its last reference stays, with refs 0, until an hour after it was made, so that the same
 *          oid asked again is answered and not filed twice; a record in T_TOMBS says when it goes.
 * Process  pli-stored, inside a transaction.
 */
#pragma once
#include "store/db/rec.h"
#include "store/ops/stored.h"

enum {
    OBJ_PIECE = 8 * (8192 - 32),
    OBJ_FREE_NOW = 2 /* their octets go to the log: 256 messages a page of EXPUNGE. */ /* pieces at most freed with the message; more: in the background */
};
enum { OBJ_KEEP_S = 3600 };
enum rc obj_put_piece(struct tx *t, const unsigned char oid[SEAL_OID], uint8_t kind, uint32_t piece, struct span bytes,
                      struct err *e);
/* Bytes off .. off+n of the sealed object appended to out. RC_CORRUPT: they are not all there. */
enum rc obj_read(struct tx *t, const unsigned char oid[SEAL_OID], uint8_t kind, uint64_t off, uint64_t n,
                 struct buf *out, struct err *e);
static inline uint32_t obj_pieces(uint64_t len)
{
    return (uint32_t)((len + OBJ_PIECE - 1) / OBJ_PIECE);
}
/* mem keeps what r_out borrows. Not for writing: no lock is kept, lest two deliveries of one leaf both wait to write
 * it. */
enum rc objref_get(struct tx *t, const unsigned char oid[SEAL_OID], bool write, struct buf *mem, struct objref *r_out,
                   struct err *e);
enum rc objref_put(struct tx *t, const unsigned char oid[SEAL_OID], const struct objref *r, bool fresh, struct err *e);
/* 0 left: freed now or soon */
enum rc objref_add(struct tx *t, const unsigned char oid[SEAL_OID], int by, struct err *e);
uint64_t objref_len(const struct objref *r, uint8_t kind); /* sealed bytes */
