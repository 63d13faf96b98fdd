/* SPDX-License-Identifier: EUPL-1.2 */
/* trust/index/index.h - the white list as a table that is searched where it lies: domain -> the DNs of the operators that speak for it.
 *
 * Form     one block of octets, little-endian, in a sealed memfd or in a file: header (magic, version, generated, counts, digest of the rest), domains in
 *          lower case by octet order, per domain a run of entry numbers, entries (DN number, description, contacts, DateMAJ), distinct DNs. It is made once
 *          per list, by trust/list, and only read afterwards. docs/internals/trust.md has the rows.
 * Cost     a look-up is a binary search: microseconds with 6,494 entries or 60,000, and no memory is taken.
 * Doubt    index_open() checks every offset and count against the size, so that no later call can read outside. A block that fails is RC_CORRUPT.
 * DNs      are compared by policies/trust.h dn_same(). index keeps for each distinct DN a key (dn_key) so that an unequal one costs one comparison.
 * Owns     struct trust_index maps the block; spans given out live until index_close(). Read by any number of threads.
 * Process  trustd makes; dird, pli read.   Source spec/mssante.md 1.3.
 */
#pragma once
#include "base/buf.h"

struct trust_index;
enum rc index_open(int fd, struct trust_index **x_out, struct err *e); /* maps it; fd stays the caller's */
void index_close(struct trust_index **x);
uint64_t index_generated(const struct trust_index *x); /* UTC s */
size_t index_entries(const struct trust_index *x), index_domains(const struct trust_index *x), index_operators(const struct trust_index *x);
enum index_answer { IX_YES = 1, IX_UNKNOWN_DOMAIN, IX_OTHER_DN };
/* May that DN speak for the domain (any case)? dn empty: is the domain listed? domain empty: is the DN any operator's? */
enum index_answer index_ask(const struct trust_index *x, struct span domain, struct span dn);
/* Do the two domains have an operator in common: one DN, or one OU (the structure's number) of their DNs? For setting smtpd.from_domain = operator. */
struct index_entry {
    struct span domain, dn, description, responsible, support;
    uint64_t updated; /* UTC s: DateMAJ */
};
/* Entry i of all, in domain order; false behind the last. */
bool index_entry(const struct trust_index *x, size_t i, struct index_entry *out);
/* The first entry of a domain; false: not listed. The others follow it. */
bool index_find(const struct trust_index *x, struct span domain, size_t *first_out, size_t *count_out);
/* Writing: entries in any order, exact duplicates count once. RC_SYNTAX: no entries, or a bound is passed (e->log). */
enum rc index_write(const struct index_entry *entries, size_t n, uint64_t generated, struct buf *out, struct err *e);
/* What another list gains and loses: each domain once. what: '+' new, '-' gone, '~' its DNs changed. Not RC_OK from see: ends with that. */
struct index_change { char what; struct span domain; };
enum rc index_diff(const struct trust_index *from /* NULL: nothing */, const struct trust_index *to,
                   enum rc (*see)(void *ctx, const struct index_change *c, struct err *e), void *ctx, struct err *e);
