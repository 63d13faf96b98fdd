/* SPDX-License-Identifier: EUPL-1.2 */
/* store/check/check.h - what check.c (folders, queue), check_acl.c, check_pages.c, check_expunged.c, check_freed.c, check_metadata.c, check_objects.c and check_seen.c share.
 *
 * A check reads everything once, page by page, while the daemon serves. An object that changed since the check began (objref.touched) is left
 * out where its records would be read at several moments, because such a comparison would mislead. All else is compared within one transaction.
 * A page that cannot be read is a finding, and the check goes on with the pages that can be read.
 * Owns     struct check belongs to its connection (sess.check) and owns .refs; .d and .out are borrowed for one reply.
 * Process  pli-stored, any worker thread; a check belongs to one connection.
 */
#pragma once
#include "store/ops/folder.h"
#include "store/ops/objects.h"

struct counted; /* object id -> references met */
struct counted *counted_new(void);
void counted_free(struct counted **c);
enum rc counted_add(struct counted *c, const unsigned char oid[SEAL_OID], struct err *e); /* RC_TEMP: out of memory */
enum { COUNTED_DOUBT = 1 << 30 }; /* in what counted_get() gives: the count may be too high */
enum rc counted_doubt(struct counted *c, const unsigned char oid[SEAL_OID], struct err *e);
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
/* One step of a phase. RC_OK: there is more. RC_NOTFOUND: the phase is done. RC_CORRUPT: the step met something that cannot be read, and c->at is
 * behind it. Any other code ends the check. */
enum rc check_pages(struct check *c, struct err *e);
enum rc check_folder(struct check *c, struct err *e);
enum rc check_queue(struct check *c, struct err *e);
enum rc check_freed(struct check *c, struct err *e);
enum rc check_removed(struct check *c, struct err *e);
enum rc check_expunged(struct check *c, struct err *e);
enum rc check_metadata(struct check *c, struct err *e);
enum rc check_acl(struct check *c, struct err *e);
enum rc check_seen(struct check *c, struct err *e);
enum rc check_object(struct check *c, struct err *e);
enum rc check_orphan(struct check *c, struct err *e);
/* The first key of a table at c->at or behind; c->at moves behind that key. RC_CORRUPT means the same as for a step. */
enum rc check_next_key(struct check *c, enum table tb, struct key *out, struct err *e);
/* Moves c->at behind the part of the table that cannot be read. RC_NOTFOUND: nothing is left. */
enum rc check_skip(struct check *c, enum table tb, struct err *e);
