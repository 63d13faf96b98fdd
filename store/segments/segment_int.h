/* SPDX-License-Identifier: EUPL-1.2 */
/* store/segments/segment_int.h - what segment.c (files), run.c (appending) and walk.c (reading all of it) share.
 * Owns     struct segs owns each struct seg; one that is gone is freed by whoever gives it back last.
 * Process  pli-stored, any thread; .lock guards all fields but those that never change after the segment was opened (.id, .fd while it is held).
 */
#pragma once
#include "store/segments/segment.h"
#include <pthread.h>
#include <stdatomic.h>

struct seg {
    struct seg_id id;
    int fd;             /* -1: not open just now */
    bool sound;         /* its head was read; without it no record can be told from other octets */
    bool gone, leading, broken;
    int why;            /* errno of the flush that broke it */
    unsigned held;      /* readers, walks and runs */
    unsigned writers;   /* runs */
    uint64_t tail;      /* current: where the next run begins */
    uint64_t arrived, flushed, used, dropped;
};
struct segs {
    struct segs_conf conf;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct seg **list; /* by number */
    size_t n, open;
    struct seg *current;
    bool making;
    atomic_bool no_holes; /* the file system makes none: it was said */
    uint32_t next;
    uint64_t clock;
};
enum { SEG_NAME = 32 };
void seg_name(uint32_t number, char out[SEG_NAME]);
enum rc seg_hold(struct segs *s, uint32_t number, struct seg **out, struct err *e);
void seg_give(struct segs *s, struct seg *g);
enum rc seg_make(struct segs *s, struct seg **out, struct err *e); /* the next one, on stable storage; it joins the list */
enum rc seg_pread(const struct seg *g, uint64_t off, uint64_t n, struct buf *out, struct err *e); /* RC_CORRUPT: not all of it is there */
