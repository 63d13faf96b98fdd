/* SPDX-License-Identifier: EUPL-1.2 */
/* trust/index/index.h - the white list as a table that is searched where it lies: domain -> the DNs of the operators that speak for it.
 *
 * Form     one block of octets, little-endian, in a sealed memfd or in a file: header (magic, version, generated, counts, check sum of the rest), domains
 *          in lower case by octet order, entries in domain order, distinct DNs by key, texts. It is made once per list, by trust/list, and only read
 *          afterwards. docs/internals/trust.md has the rows.
 * Cost     a look-up is three binary searches (domain, DN, the domain's DNs): microseconds with 6,494 entries or 60,000. Only the key of the DN that is
 *          asked for takes memory.
 * Doubt    index_open() checks the sum, every offset, count and order, so that no later call can read outside or miss what is there. A block that fails
 *          is RC_CORRUPT. The sum finds accidents; who may write DIR/trust could write any list.
 * DNs      are compared by policies/trust.h: the index keeps the dn_key() of each distinct DN once.
 * Owns     struct trust_index maps the block when it is a sealed memfd, and copies it otherwise, because a file may be shortened under a mapping. Spans
 *          given out live until index_close(). Read by any number of threads.
 * Process  trustd's parser child makes; trustd, dird, pli read.   Source spec/mssante.md 1.3.
 */
#pragma once
#include "base/buf.h"

struct trust_index;
enum rc index_open(int fd, struct trust_index **x_out, struct err *e); /* maps it; fd stays the caller's */
void index_close(struct trust_index **x);
struct index_counts {
    size_t entries, domains, operators /* distinct DNs */;
};
enum rc index_check(struct span block, struct index_counts *out, struct err *e); /* a block in memory: is it one? */
uint64_t index_generated(const struct trust_index *x); /* UTC s */
size_t index_entries(const struct trust_index *x), index_domains(const struct trust_index *x), index_operators(const struct trust_index *x);
enum index_answer { IX_YES = 1, IX_UNKNOWN_DOMAIN, IX_OTHER_DN };
/* May that DN speak for the domain (any case)? dn empty: is the domain listed? domain empty: is the DN any operator's? */
enum index_answer index_ask(const struct trust_index *x, struct span domain, struct span dn);
struct index_entry {
    struct span domain, dn, description, responsible, support;
    uint64_t updated; /* UTC s: DateMAJ */
};
/* Entry i of all, in domain order; false behind the last. */
bool index_entry(const struct trust_index *x, size_t i, struct index_entry *out);
/* The first entry of a domain; false: not listed. The others follow it. */
bool index_find(const struct trust_index *x, struct span domain, size_t *first_out, size_t *count_out);
/* Writing: entries in any order, exact duplicates count once. Domains are made lower case. RC_SYNTAX: no entries, a domain that is none, a DN that is
 * none, or a bound is passed (e->log). The result is appended to out. */
enum { INDEX_ENTRIES_MAX = 200000, INDEX_TEXT_MAX = 4096 /* octets of a value */ };
enum rc index_write(const struct index_entry *entries, size_t n, uint64_t generated, struct buf *out, struct err *e);
/* What another list gains and loses: each domain once. what: '+' new, '-' gone, '~' its DNs changed. Not RC_OK from see: ends with that. */
struct index_change { char what; struct span domain; };
enum rc index_diff(const struct trust_index *from /* NULL: nothing */, const struct trust_index *to,
                   enum rc (*see)(void *ctx, const struct index_change *c, struct err *e), void *ctx, struct err *e);
