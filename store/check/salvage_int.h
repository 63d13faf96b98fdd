/* SPDX-License-Identifier: EUPL-1.2 */
/* store/check/salvage_int.h - what salvage_mend.c (mailboxes, folders), salvage_refs.c (messages, objects, queue), salvage_segments.c, salvage_expunged.c and
 * salvage_freed.c share.
 * Process  pli-stored, salvage only.
 */
#pragma once
#include "store/check/check.h"
#include "store/ops/folder.h"
#include "store/ops/objects.h"
#include "store/ops/queue.h"
#include "store/check/salvage.h"

enum rc salvage_refs(struct salvage *s, struct err *e);
enum rc salvage_write(struct salvage *s, enum table tb, const struct key *k, const struct ipc_field *f, const void *rec,
                      struct err *e);
enum rc salvage_has(struct salvage *s, enum table tb, const struct key *k, struct err *e); /* as tx_has() */
/* salvage_segments.c: what the segments say by themselves */
enum rc salvage_rows(struct salvage *s, struct err *e); /* T_SEGMENTS has a row for each segment file, and for no other */
/* Where the octets of that kind are; fills r's place and that digest. RC_NOTFOUND: nowhere whole. */
enum rc salvage_find(struct salvage *s, const unsigned char oid[SEAL_OID], uint8_t kind, struct objref *r, struct err *e);
/* True: that record is there, and whole; digest_out is its body's. */
bool salvage_record_at(struct salvage *s, const unsigned char oid[SEAL_OID], uint8_t kind, uint32_t segment, uint64_t at, uint64_t len,
                       unsigned char digest_out[DIGEST_LEN]);
/* salvage_freed.c */
enum rc salvage_freed(struct salvage *s, const struct key *k, struct span val, void *arg, struct err *e); /* one record: a salvage_fn */
enum rc salvage_removed(struct salvage *s, const struct key *k, struct span val, void *arg, struct err *e); /* one record: a salvage_fn */
enum rc salvage_heads(struct salvage *s, struct err *e); /* the sums over a mailbox's removed messages */
enum rc salvage_beside(struct salvage *s, struct err *e); /* takes away summaries and texts of no message, where some may have been left */
/* salvage_metadata.c: one record each: a salvage_fn */
enum rc salvage_annotation(struct salvage *s, const struct key *k, struct span val, void *arg, struct err *e); /* of T_METADATA */
enum rc salvage_annotated(struct salvage *s, const struct key *k, struct span val, void *arg, struct err *e);  /* of T_BOXES, after those */
enum rc salvage_acl(struct salvage *s, const struct key *k, struct span val, void *arg, struct err *e); /* salvage_acl.c: one record of T_ACL */
bool salvage_has_slot(struct salvage *s, uint64_t mbx, uint64_t delegate); /* salvage_acl.c; true: or nobody can tell */
enum rc salvage_seen(struct salvage *s, const struct key *k, struct span val, void *arg, struct err *e); /* salvage_seen.c: one record of T_SEEN */
/* salvage_expunged.c */
/* Deletes the folder's rows of T_EXPUNGED, so that nothing that left the folder is remembered, and writes c as its counters, with the next modseq. */
enum rc salvage_forget(struct salvage *s, uint64_t mbx, uint32_t folder, const struct counters *c, struct err *e);
enum rc salvage_expunged(struct salvage *s, const struct key *k, struct span val, void *arg, struct err *e); /* one record: a salvage_fn */
