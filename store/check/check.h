/* SPDX-License-Identifier: EUPL-1.2 */
/* store/check/check.h - between check.c (pages, folders, queue), check_expunged.c and check_objects.c (objects, orphans).
 *
 * A check reads everything once, page by page, while the daemon serves. What changed since it began is left out where a
 * comparison over several moments would mislead (objref.touched); everything else is compared within one transaction.
 * A page that cannot be read is a finding, and the check goes on with what can.
 * Process  pli-stored.
 */
#pragma once
#include "store/ops/folder.h"
#include "store/ops/objects.h"

struct counted; /* object id -> references met */
struct counted *counted_new(void);
void counted_free(struct counted **c);
enum rc counted_add(struct counted *c, const unsigned char oid[SEAL_OID], struct err *e); /* RC_TEMP: out of memory */
uint32_t counted_get(const struct counted *c, const unsigned char oid[SEAL_OID]);

struct check {
    unsigned phase;
    uint64_t page;    /* the cursor given out last */
    uint64_t started; /* UTC s */
    struct key at;    /* where the phase goes on */
    int tb;           /* pages: the table at hand, and which page comes next */
    uint32_t at_page;
    struct counted *refs;
    bool blind;       /* something that may refer could not be read: references are not compared */
    /* of the page at hand */
    struct stored *d;
    struct buf *out;
    uint64_t checked, bad;
    int64_t until; /* monotonic ns: the page ends */
};
void check_bad(struct check *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* A step: RC_CORRUPT what it met cannot be read, and it has moved on behind it; RC_OK there is more; RC_NOTFOUND the phase is done; else the check ends. */
enum rc check_pages(struct check *c, struct err *e);
enum rc check_folder(struct check *c, struct err *e);
enum rc check_queue(struct check *c, struct err *e);
enum rc check_expunged(struct check *c, struct err *e);
enum rc check_object(struct check *c, struct err *e);
enum rc check_orphan(struct check *c, struct err *e);
/* The first key of a table at c->at or behind; at is moved behind it. RC_CORRUPT as a step's. */
enum rc check_next_key(struct check *c, enum table tb, struct key *out, struct err *e);
/* Moves c->at behind what cannot be read of the table. RC_NOTFOUND: nothing is left. */
enum rc check_skip(struct check *c, enum table tb, struct err *e);
/* Digest of an object's sealed bytes against its objref. */
enum rc check_digest(struct check *c, struct tx *t, const unsigned char oid[SEAL_OID], const struct objref *r,
                     uint8_t kind, struct err *e);
