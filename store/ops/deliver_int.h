/* SPDX-License-Identifier: EUPL-1.2 */
/* store/ops/deliver_int.h - one delivery, shared by deliver.c, append.c and source.c. deliver.c checks the request and files the message; append.c does so with
 * several. source.c reads
 * the sealed objects, and appends to a segment those that lie there.
 * Units    offsets and lengths are octets of the source: the sealed objects one behind the other.
 * Owns     struct delivery borrows from its request; source_close() frees what source_open() and source_get() made. .run is the delivery's from
 *          source_append() until run_end() or run_drop().
 * Process  pli-stored.
 */
#pragma once
#include "store/ops/objects.h"

enum { SOURCE_SKIP = SEAL_LEAD_MAX + SEAL_TAG /* octets of a memfd before its objects, at most */ };
struct source {      /* message | summary | search text, sealed, one behind the other */
    struct span all; /* at hand, or */
    /* a sealed memfd, read step by step (never mapped: its owner could tear a mapping down under us) */
    int fd;
    uint64_t base;  /* where this message's objects begin in the memfd */
    struct buf mem; /* what was read last */
};
struct delivery {
    const struct ask *a;
    const struct store_deliver_req *rq;
    struct store_place *places;
    struct store_remote *remotes;
    struct store_placed *placed;
    uint16_t *order; /* of places by mailbox and folder: locks are taken in key order */
    size_t n_places, n_remotes;
    struct source src;
    struct run run; /* the octets in their segment; .seg NULL: none are */
    struct objref ref;
    uint8_t own; /* MSG_...: summary, text in records beside each message */
    bool filed /* ref is in the tables */, again /* it was filed before, as another object: rq->once */, low_qid;
};
/* deliver.c: one message of a request. delivery_new() reads and checks the request, and takes memory. delivery_open() settles
 * what is kept where. delivery_file() files it inside a transaction; asked again it answers as it did then. */
enum rc delivery_new(struct delivery *d, struct err *e);
void delivery_open(struct delivery *d);
uint64_t delivery_beside(const struct delivery *d); /* octets of its records in tables, for env_room() */
enum rc delivery_file(struct tx *t, struct delivery *d, struct err *e);
void delivery_log(const struct delivery *d); /* once it is on stable storage */
void delivery_free(struct delivery *d);
uint64_t source_off(const struct store_deliver_req *rq, uint8_t kind);
uint64_t source_len(const struct store_deliver_req *rq, uint8_t kind);
enum rc source_open(struct delivery *d, struct err *e); /* checks the memfd; small ones are read whole */
uint64_t source_total(const struct store_deliver_req *rq);
void source_close(struct delivery *d);
/* n octets of the source from off. *out is borrowed until the next source_get(). */
enum rc source_get(struct source *s, uint64_t off, size_t n, struct span *out, struct err *e);
/* Appends what lies in a segment, flushed, and fills the digests and the place of d->ref. An object id that is filed already is digested only. */
enum rc source_append(struct delivery *d, struct err *e);
