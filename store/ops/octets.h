/* SPDX-License-Identifier: EUPL-1.2 */
/* store/ops/octets.h - the segments and the tables together: which segments there are, what of them is dead, and giving that back.
 *
 * Rows     T_SEGMENTS has a row for every segment that an objref may name, from before the first run was appended to it until all of it was
 *          dead. So a segment file that was taken away is missed at the start. A file without a row holds nothing that anybody needs.
 * Dead     Octets that no objref names. Those of freed objects are counted when they are freed, those of failed deliveries when their segment takes no
 *          more, those that a crash left after the next start: octets_after_crash() asks of each record behind .swept whether its objref names it.
 * Space    A hole is made over each record that is freed. It gives back the blocks that lie wholly in the record: nearly all of a large one, little of
 *          a small one. So a segment whose blocks are a quarter more than what lives in it is rewritten (rewrite.c).
 * Hold     While the file "hold" is in the store's folder, and is not older than a day, nothing is given back: no hole, no rewriting, no removal.
 *          A backup makes that file, copies the tables first and then the segments: whatever the copied tables name is then in the copied segments.
 * Process  pli-stored: at the start, then the background thread alone, but for octets_bytes().
 */
#pragma once
#include "store/ops/objects.h"

typedef bool (*octets_stopping)(struct stored *d);
/* Opens the segments. whole: dies with one line when one that the tables know is missing; a salvage goes on without it. */
void octets_open(struct stored *d, bool whole);
void octets_close(struct stored *d);                               /* nobody appends any more */
void octets_after_crash(struct stored *d, octets_stopping stopping); /* once, after a start */
void octets_settle(struct stored *d);                              /* each round: segments that take no more are counted */
bool octets_held(struct stored *d);
/* Gives back the octets of an object that nobody refers to, within the transaction that says so in its objref; r->where is 0 afterwards. The removal of
 * the last reference is on stable storage already. */
enum rc octets_free(struct tx *t, const unsigned char oid[SEAL_OID], struct objref *r, struct err *e);
void octets_rewrite(struct stored *d, octets_stopping stopping); /* rewrite.c: segments that are a good part dead */
/* Segments: bytes on the disk. Live: of the objects that the tables name. Tables: sizes of Berkeley DB's files. */
enum rc octets_bytes(struct stored *d, struct tx *t, uint64_t *segments_out, uint64_t *live_out, uint64_t *tables_out, struct err *e);
/* For rewrite.c */
enum rc octets_row(struct tx *t, uint32_t number, struct segrow *row_out, struct err *e); /* one that is missing reads as zeros */
enum rc octets_row_put(struct tx *t, uint32_t number, const struct segrow *row, struct err *e);
