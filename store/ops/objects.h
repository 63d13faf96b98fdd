/* SPDX-License-Identifier: EUPL-1.2 */
/* store/ops/objects.h - sealed objects as pieces, and the objref, which counts the references to an object.
 *
 * Pieces   The sealed octets of an object are cut at OBJ_PIECE octets, because such a piece fills its overflow pages exactly (8 x (8192 - 32)).
 *          They are not cut at SEAL_CHUNK, because a piece of 65,552 octets would leave a ninth page nearly empty each time.
 * INV-2    The field refs of an objref is the number of message records, queue records and items of T_FREED (freed.h) with its oid.
 * INV-3    Pieces without an objref belong to a delivery under way, or to a delivery that a crash ended. The sweep deletes the latter (sweep.h).
 * INV-4    An objref that lost its last reference stays, with refs 0, until an hour (OBJ_KEEP_S) after it was made. So a delivery that asks the
 *          same oid again is answered and not filed twice. A record in T_TOMBS says when the objref goes.
 * Units    offsets and lengths are octets of the sealed object; an oid is SEAL_OID octets.
 * Errors   RC_NOTFOUND: no such objref. RC_CORRUPT: pieces are missing or a record cannot be read. Else what tx.h lists.
 * Process  pli-stored, inside a transaction.
 */
#pragma once
#include "store/db/rec.h"
#include "store/ops/stored.h"

enum {
    OBJ_PIECE = 8 * (8192 - 32),
    /* An object of at most so many pieces is freed with its last reference; a larger one later, by its tomb. The number is small because
     * freed octets are written to the log, and one transaction of freed.h frees 64 messages. */
    OBJ_FREE_NOW = 2
};
enum { OBJ_KEEP_S = 3600 };
enum rc obj_put_piece(struct tx *t, const unsigned char oid[SEAL_OID], uint8_t kind, uint32_t piece, struct span bytes,
                      struct err *e);
/* Appends octets off .. off+n of the sealed object to out. RC_CORRUPT: not all of them are there. */
enum rc obj_read(struct tx *t, const unsigned char oid[SEAL_OID], uint8_t kind, uint64_t off, uint64_t n,
                 struct buf *out, struct err *e);
static inline uint32_t obj_pieces(uint64_t len)
{
    return (uint32_t)((len + OBJ_PIECE - 1) / OBJ_PIECE);
}
/* r_out borrows from mem. With write false no lock is kept; otherwise two deliveries whose objrefs are on one leaf page could each hold the page
 * for reading and wait for the other in order to write it. */
enum rc objref_get(struct tx *t, const unsigned char oid[SEAL_OID], bool write, struct buf *mem, struct objref *r_out,
                   struct err *e);
enum rc objref_put(struct tx *t, const unsigned char oid[SEAL_OID], const struct objref *r, bool fresh, struct err *e);
/* Changes the number of references by "by". An object that has none left is freed now or in the background. */
enum rc objref_add(struct tx *t, const unsigned char oid[SEAL_OID], int by, struct err *e);
uint64_t objref_len(const struct objref *r, uint8_t kind); /* sealed bytes */
