/* SPDX-License-Identifier: EUPL-1.2 */
/* store/ops/objects.h - sealed objects in segments or in T_OBJECTS, and the objref, which counts the references to an object and says where it lies.
 *
 * Where    Each kind in objref.where by its own length. Up to OBJ_SMALL octets it is a row of T_OBJECTS, in one transaction with its objref. Longer ones lie
 *          in a segment file (store/segments/segment.h), one record each, one behind the other in order of their kinds; the first begins at
 *          objref.segment, objref.offset. So who knows an object's length knows where it lies.
 * Small    The flush of a segment, before that of the log, costs a small message more than it saves: the figures are in docs/decisions/0030.
 * INV-2    The field refs of an objref is the number of message records, queue records and items of T_FREED (freed.h) with its oid.
 * INV-3    A committed objref with refs > 0 names octets of a segment that were flushed before its transaction began. Octets that no objref names are dead. They
 *          belong to a delivery under way, to one that failed, or to one that a crash ended.
 * INV-4    An objref that lost its last reference stays, with refs 0, until an hour (OBJ_KEEP_S) after it was made. So a delivery that asks the
 *          same oid again is answered and not filed twice. Its rows of T_OBJECTS go with the last reference. A record in T_TOMBS says when its octets in a
 *          segment are given back, and when the objref goes.
 * INV-O4   Octets of a segment are given back only when the removal of their last reference is on stable storage, and no reader can be among them: whoever
 *          reads them holds a lock on a record that refers to them, or on their objref, to the end of the read.
 * Units    offsets and lengths are octets of the sealed object; an oid is SEAL_OID octets.
 * Errors   RC_NOTFOUND: no such objref. RC_CORRUPT: octets are missing, or a record cannot be read. Else what tx.h lists.
 * Process  pli-stored, inside a transaction.
 */
#pragma once
#include "store/db/rec.h"
#include "store/ops/stored.h"
#include "store/segments/segment.h"

enum {
    OBJ_KEEP_S = 3600,
    OBJ_STEP = 256 << 10, /* how much of a large object is in memory at a time */
    OBJ_SMALL = 8 * (2048 - 32) /* part of the format: what eight overflow pages of T_OBJECTS take */
};
/* Appends octets off .. off+n of the sealed object, which is len octets long, to out. RC_CORRUPT: not all of them are there. Whether they are what was filed is not looked at here:
 * the session's seal tells it for every chunk that it opens (crypto/seal/seal.h), and the check by the digest. */
enum rc obj_read(struct tx *t, const unsigned char oid[SEAL_OID], uint8_t kind, uint64_t len, uint64_t off, uint64_t n,
                 struct buf *out, struct err *e);
/* r_out borrows from mem. With write false no lock is kept; otherwise two deliveries whose objrefs are on one leaf page could each hold the page
 * for reading and wait for the other in order to write it. */
enum rc objref_get(struct tx *t, const unsigned char oid[SEAL_OID], bool write, struct buf *mem, struct objref *r_out,
                   struct err *e);
enum rc objref_put(struct tx *t, const unsigned char oid[SEAL_OID], const struct objref *r, bool fresh, struct err *e);
/* Changes the number of references by "by". The octets of an object that has none left go: rows at once, those in a segment in the background. */
enum rc objref_add(struct tx *t, const unsigned char oid[SEAL_OID], int by, struct err *e);
uint64_t objref_len(const struct objref *r, uint8_t kind); /* sealed bytes */
static inline bool obj_small(uint64_t len)
{
    return len <= OBJ_SMALL;
}
static inline bool objref_small(const struct objref *r, uint8_t kind) /* is a row of T_OBJECTS */
{
    return r->where & 1u << kind && obj_small(objref_len(r, kind));
}
static inline bool objref_large(const struct objref *r, uint8_t kind) /* lies in the segment */
{
    return r->where & 1u << kind && !obj_small(objref_len(r, kind));
}
uint64_t objref_at(const struct objref *r, uint8_t kind);  /* offset in the segment of that kind's record; for kind SEAL_SEARCH + 1 the end of all */
static inline uint64_t objref_run(const struct objref *r)  /* what all its records take in the segment */
{
    return objref_at(r, SEAL_SEARCH + 1) - r->offset;
}
uint64_t objref_rows(const struct objref *r); /* octets of its rows of T_OBJECTS */
