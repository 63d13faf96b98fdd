/* SPDX-License-Identifier: EUPL-1.2 */
/* store/segments/segment.h - segment files: sealed octets, appended one behind the other, in files of their own beside the tables.
 *
 * Files    "NNNNNNNN.seg" in the store's folder, the number in hexadecimal. One of them, the current one, takes what comes. When it holds SEG_MOST
 *          it takes no more, and the next is made: under the name "segment.new", with its head, flushed, and only then with its own name. So a
 *          file with a segment's name has a whole head. Numbers are not used twice while the process lives.
 * Run      A run is what one delivery appends: the records of one object, one behind the other. run_begin() reserves its place, and
 *          several write at the same time. One fdatasync serves all who wait in run_flush().
 * INV-O1   run_flush() returned RC_OK: every octet of the run, and the file itself, is on stable storage. Only then may a table name the run.
 * INV-O2   Octets that were flushed are never written again. A segment changes at its end, by holes where nothing is referred to, and by its removal.
 * INV-O3   When a flush fails, nobody knows which of the octets not flushed before are on the disk. Whoever waits for that file is told
 *          RC_TEMP, and nothing is appended to the file any more.
 * Units    offsets and lengths are octets of the file.
 * Owns     struct segs owns its files. A run holds its segment until run_end() or run_drop(). A walk holds it until walk_close().
 * Errors   RC_NOTFOUND: there is no such segment (any more). RC_CORRUPT: octets cannot be read. RC_TEMP: the disk is full
 *          (CAUSE_DISK_FULL), or another system call failed.
 * Process  pli-stored, any thread.
 */
#pragma once
#include "store/segments/record.h"

/* Where a segment is closed. Smaller ones are rewritten in less time and need less room for it; larger ones mean fewer files: 8,000 for a terabyte. */
enum { SEG_MOST = 128 << 20 };
struct segs;
struct seg;
struct segs_conf {
    int home_fd;     /* borrowed */
    uint64_t most;   /* SEG_MOST; tests have smaller ones */
    void *owner;
    /* A segment was made. When it returns RC_OK the tables know the segment, whatever crash follows. No lock is held meanwhile. */
    enum rc (*made)(void *owner, uint32_t number, struct err *e);
};
enum rc segs_open(struct segs **out, const struct segs_conf *c, struct err *e);
void segs_close(struct segs **s);

struct seg_info {
    uint32_t number;
    uint64_t size, allocated, dropped; /* allocated: without its holes; dropped: in runs that were dropped, since the start */
    bool current, writing;    /* writing: runs of it have not ended yet */
};
/* The segments in order of their numbers; the caller frees *list_out. */
enum rc segs_list(struct segs *s, struct seg_info **list_out, size_t *n_out, struct err *e);
/* Makes that segment, whose last record is whole, the current one. */
enum rc segs_resume(struct segs *s, uint32_t number, struct err *e);
void segs_roll(struct segs *s, uint32_t number); /* that segment takes no more */
enum rc seg_remove(struct segs *s, uint32_t number, struct err *e); /* readers that hold it read on */
/* Gives back the blocks that lie wholly within the range. On a file system that makes no holes it gives back nothing, and returns RC_OK all the same:
 * the caller counts the range as dead, and the segment is rewritten some day. */
enum rc seg_punch(struct segs *s, uint32_t number, uint64_t off, uint64_t n, struct err *e);
/* Appends n octets from off of the file to out. */
enum rc seg_read(struct segs *s, uint32_t number, uint64_t off, uint64_t n, struct buf *out, struct err *e);

struct run {
    struct segs *s;
    struct seg *seg;
    uint32_t segment;
    uint64_t offset, len;
};
enum rc run_begin(struct segs *s, uint64_t len, struct run *out, struct err *e);
/* Writes body at "at" of the file, within the run. With a head, that head too, right before the body. */
enum rc run_write(const struct run *r, uint64_t at, const struct record *head, struct span body, struct err *e);
enum rc run_flush(struct run *r, struct err *e);
void run_end(struct run *r);  /* the segment may be closed and rewritten from now on */
void run_drop(struct run *r); /* the same for a run that no table names: its blocks go back at once */

/* Every record between two offsets, without any table. What is no record is passed over: holes, what a crash tore, what was damaged. */
struct walk {
    struct segs *s;
    struct seg *seg;
    uint64_t at, end, mem_at;
    struct buf mem;
};
/* to: UINT64_MAX goes to its end */
enum rc walk_open(struct walk *w, struct segs *s, uint32_t number, uint64_t from, uint64_t to, struct err *e);
enum rc walk_next(struct walk *w, struct record *r_out, uint64_t *offset_out, struct err *e); /* RC_NOTFOUND: that was all */
void walk_close(struct walk *w);
/* Digest of n octets from off. */
enum rc seg_digest(struct segs *s, uint32_t number, uint64_t off, uint64_t n, unsigned char out[DIGEST_LEN], struct err *e);
/* The head of the record at that offset; RC_CORRUPT: there is none. */
enum rc seg_record(struct segs *s, uint32_t number, uint64_t off, struct record *r_out, struct err *e);
