/* SPDX-License-Identifier: EUPL-1.2 */
/* relayd/rows.h - records of one size, found by a hash: an array that grows, with chains through it.
 *
 * Names    a record is named by its number, from 1; 0 is none. A pointer to a record lives until the next rows_new() only, for the array may move.
 * Cost     find, new and drop are O(1) (growth amortised). A record costs its size, 8 octets of link and 4 of bucket, times at most 2 for room to grow.
 * Hidden   a record may be taken out of the chains and stay: whoever has its number still has it, nobody finds it any more.
 * Owns     struct rows: its memory. rows_free() takes a zeroed one too. No memory: the process dies.
 * Process  relayd scheduler; no I/O.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rows_link { /* each record begins with one */
    uint32_t hash, next;
};
struct rows {
    unsigned char *rec;
    uint32_t *bucket;
    size_t size;          /* of a record */
    uint32_t cap, used;   /* records there is room for; numbers ever given out, and 1 */
    uint32_t n, free;     /* records in use; the first number to use again */
    uint32_t buckets;     /* a power of two */
};
void rows_init(struct rows *t, size_t record_size);
void rows_free(struct rows *t);
static inline void *rows_at(const struct rows *t, uint32_t i) { return t->rec + (size_t)i * t->size; }
typedef bool (*rows_same)(const void *record, const void *key);
uint32_t rows_find(const struct rows *t, uint32_t hash, rows_same same, const void *key); /* 0: none */
uint32_t rows_new(struct rows *t, uint32_t hash); /* zeroed but for its link */
void rows_hide(struct rows *t, uint32_t i);       /* out of its chain; twice is once */
void rows_drop(struct rows *t, uint32_t i);       /* its number may be given out again */
size_t rows_memory(const struct rows *t);         /* octets */
