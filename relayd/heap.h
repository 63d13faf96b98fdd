/* SPDX-License-Identifier: EUPL-1.2 */
/* relayd/heap.h - numbers ordered by time: which of them is due first.
 * Names    a number stands in it once; 0 is none. Numbers are small: memory grows with the largest (12 octets a number).
 * Cost     set and drop O(log n), first O(1).
 * Owns     struct heap: its memory. heap_free() takes a zeroed one. No memory: the process dies.
 * Process  relayd scheduler; no I/O.
 */
#pragma once
#include <stddef.h>
#include <stdint.h>

struct heap_row {
    uint32_t at, id;
};
struct heap { /* zeroed: empty */
    struct heap_row *row;
    uint32_t n, cap;
    uint32_t *place; /* by id: its row, from 1; 0: not in it */
    uint32_t places;
};
void heap_free(struct heap *h);
void heap_set(struct heap *h, uint32_t id, uint32_t at); /* puts it in, or moves it */
void heap_drop(struct heap *h, uint32_t id);             /* one that is not in it: nothing */
uint32_t heap_first(const struct heap *h, uint32_t *at_out); /* 0: empty */
size_t heap_memory(const struct heap *h);
