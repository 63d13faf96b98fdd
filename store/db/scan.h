/* SPDX-License-Identifier: EUPL-1.2 */
/* store/db/scan.h - a range of a table in key order, read in bulk: many records a call into the library.
 *
 * Use      scan_open(); while ((rc = scan_next(&s, &k, &v, e)) == RC_OK) ...; scan_close(). RC_NOTFOUND is the end of the prefix.
 *          k and v live until the next scan_next() of the same scan: they are for the loop's body. The table must not be changed while its
 *          scan is open, so whoever wants to change what it finds gathers first.
 * INV-L1   A scan holds the pages under its cursor only, however long the range is: a page that was read is given back. So what was read stays as
 *          it was only where a lock above it says so: a folder's messages under its counters, a mailbox's folders and keywords under its box
 *          record. Whoever needs one record to stay as it is reads it again with tx_get().
 * Process  pli-stored, inside a transaction.
 */
#pragma once
#include "store/db/tx.h"
#include <db.h>

/* How far to read ahead: what is read ahead is also locked, and may be somebody else's. KEYS: values come empty. */
enum scan_want { SCAN_FEW, SCAN_MANY, SCAN_BRIEF /* a handful of counters: pages of 512 bytes only */, SCAN_KEYS };
struct scan {
    struct tx *t;
    enum table tb;
    DBC *c;
    DBT bulk;
    void *at; /* in bulk; NULL: fetch more */
    unsigned char key[sizeof ((struct key *)0)->b];
    size_t key_n;
    struct key prefix;
    bool begun, keys_only;
};
/* Records whose key begins with the first prefix_n bytes of from, from from on. */
enum rc scan_open(struct scan *s, struct tx *t, enum table tb, const struct key *from, size_t prefix_n,
                  enum scan_want w, struct err *e);
enum rc scan_next(struct scan *s, struct span *k_out, struct span *v_out, struct err *e);
/* Keys begin with a number of eight octets: the first number behind from's from which on the table can be read again. RC_NOTFOUND: nothing is behind the damage.
 * No scan of the table may be open. */
enum rc scan_skip(struct tx *t, enum table tb, const struct key *from, struct key *to_out, struct err *e);
void scan_seek(struct scan *s, const struct key *to); /* the next record is the first at to or behind */
void scan_close(struct scan *s);
/* Deletes up to *left records of the prefix, counting down; a prefix is wholly gone when *left > 0 after it. */
enum rc scan_delete(struct tx *t, enum table tb, const struct key *prefix, uint32_t *left, struct err *e);
