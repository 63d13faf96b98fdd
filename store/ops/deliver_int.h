/* SPDX-License-Identifier: EUPL-1.2 */
/* store/ops/deliver_int.h - one delivery, shared by deliver.c, append.c and source.c. deliver.c checks the request and files the message; append.c does so with several. source.c reads
 * the sealed objects and writes the pieces of a large message ahead, in transactions before the one that files it.
 * Units    offsets and lengths are octets of the source: the sealed objects one behind the other.
 * Owns     struct delivery borrows from its request; source_close() frees what source_open() and source_get() made.
 * Process  pli-stored.
 */
#pragma once
#include "store/ops/objects.h"

struct source {      /* message | summary | search text, sealed, one behind the other */
    struct span all; /* at hand, or */
    /* a sealed memfd, read piece by piece (never mapped: its owner could tear a mapping down under us) */
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
    struct objref ref;
    uint8_t own; /* MSG_...: summary, text in records beside each message */
    bool ahead, again /* it was filed before, as another object: rq->once */, low_qid;
};
/* deliver.c: one message of a request. delivery_new() reads and checks the request, and takes memory. delivery_open() has its source open, and settles
 * what is kept where. delivery_file() files it inside a transaction; asked again it answers as it did then. */
enum rc delivery_new(struct delivery *d, struct err *e);
enum rc delivery_open(struct delivery *d, struct err *e);
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
enum rc source_digests(struct delivery *d, struct err *e);
enum rc source_store(struct delivery *d, struct tx *t, struct err *e); /* all pieces, in this transaction */
enum rc source_ahead(struct delivery *d, struct err *e);               /* all pieces, in small ones of their own */
/* Deletes the pieces of an oid. When an objref has the oid, nothing is deleted and *known_out (may be NULL) is true. */
enum rc pieces_forget(struct stored *d, const unsigned char oid[SEAL_OID], bool *known_out, struct err *e);
