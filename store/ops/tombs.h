/* SPDX-License-Identifier: EUPL-1.2 */
/* store/ops/tombs.h - objects whose last reference went: their octets are given back, and later their objref goes (INV-4).
 *
 * Rows     of T_TOMBS: (when u64 UTC s, oid) -> "t", in the order in which their time comes. A tomb is gone when what it stands for is done.
 * Failed   A tomb whose work fails (a page of the tables is damaged, a segment cannot be opened, no hole can be made just now) keeps its row and
 *          keeps no other back: the walk goes on behind it. It is tried again after TOMBS_AGAIN_S. The log has one line (ev=store-sweep) when such
 *          a tomb is met, and no more while it is met again.
 * INV-O4   what the tombs say is committed, and flushed before octets go.
 * Process  pli-stored, the background thread.
 */
#pragma once
#include "store/ops/objects.h"

enum { TOMBS_AGAIN_S = 10 };
/* Where the background thread is in T_TOMBS. Zeroed at first. */
struct tomb_walk {
    struct key at;
    size_t failed;   /* of the pass: tombs, and pages of tombs, that were not worked off */
    size_t said;     /* how many of them the log knows of */
    bool whole;      /* the pass came to its end */
    int64_t again;   /* monotonic ns: the next pass begins, if any failed */
    struct err last; /* why the last of them failed */
};
/* Works tombs off for FREED_MS, while the disk is low for FREED_LOW_MS (freed.h). */
void tombs_sweep(struct stored *d, struct tomb_walk *w, bool (*stopping)(struct stored *d));
