/* SPDX-License-Identifier: EUPL-1.2 */
/* store/check/salvage_segments.c - what the segment files say without the tables: which there are, and what lies where. See salvage.h. */
#include "store/check/salvage_int.h"
#include "store/ops/octets.h"
#include <stdio.h>
#include <stdlib.h>

struct piece {
    unsigned char id[SEAL_OID + 1]; /* oid, kind */
    uint32_t segment;
    uint64_t at;
};

/* ---- rows ---- */
static enum rc mend_row(struct salvage *s, const struct key *k, struct span val, void *arg, struct err *e)
{
    struct segrow row;
    struct record r;
    enum rc rc = rec_read(val, segrow_f, &row, e);

    (void)arg;
    if (rc != RC_OK)
        return rc;
    rc = seg_record(s->d.env.segs, be32(k->b), SEG_HEAD, &r, e);
    if (rc != RC_NOTFOUND)
        return RC_OK; /* whatever its first record is, the file is there */
    printf("segment %08x.seg is missing: the messages in it have lost their octets\n", (unsigned)be32(k->b));
    return salvage_del(s, T_SEGMENTS, k, e);
}

/* A row that was lost comes back empty: what is dead in the segment is counted anew at the next start. */
enum rc salvage_rows(struct salvage *s, struct err *e)
{
    struct seg_info *list = NULL;
    struct segrow empty = {0, 0};
    size_t n = 0;
    enum rc rc = segs_list(s->d.env.segs, &list, &n, e);

    for (size_t i = 0; rc == RC_OK && i < n; i++) {
        struct key k = key_segment(list[i].number);

        rc = salvage_has(s, T_SEGMENTS, &k, e);
        if (rc == RC_NOTFOUND)
            rc = salvage_write(s, T_SEGMENTS, &k, segrow_f, &empty, e);
    }
    free(list);
    return rc == RC_OK ? salvage_each(s, T_SEGMENTS, mend_row, NULL, e) : rc;
}

/* ---- places ---- */
static enum rc add(struct salvage *s, size_t *cap, uint32_t segment, uint64_t at, const struct record *r, struct err *e)
{
    if (s->n_pieces == *cap) {
        struct piece *more = realloc(s->pieces, (*cap = *cap ? *cap * 2 : 1024) * sizeof *more);

        if (!more)
            return err_set(e, RC_TEMP, "store: out of memory");
        s->pieces = more;
    }
    s->pieces[s->n_pieces] = (struct piece){.segment = segment, .at = at};
    memcpy(s->pieces[s->n_pieces].id, r->oid, SEAL_OID);
    s->pieces[s->n_pieces++].id[SEAL_OID] = r->kind;
    return RC_OK;
}

static int by_id(const void *a, const void *b)
{
    return memcmp(((const struct piece *)a)->id, ((const struct piece *)b)->id, SEAL_OID + 1);
}

static enum rc walk_all(struct salvage *s, struct err *e)
{
    struct seg_info *list = NULL;
    size_t n = 0, cap = 0;
    enum rc rc = segs_list(s->d.env.segs, &list, &n, e);

    for (size_t i = 0; rc == RC_OK && i < n; i++) {
        struct record r;
        struct walk w;
        uint64_t at;

        rc = walk_open(&w, s->d.env.segs, list[i].number, 0, UINT64_MAX, e);
        while (rc == RC_OK && (rc = walk_next(&w, &r, &at, e)) == RC_OK)
            rc = add(s, &cap, list[i].number, at, &r, e);
        walk_close(&w);
        rc = rc == RC_NOTFOUND ? RC_OK : rc;
    }
    free(list);
    if (s->n_pieces > 0)
        qsort(s->pieces, s->n_pieces, sizeof *s->pieces, by_id);
    s->walked = rc == RC_OK;
    return rc;
}

bool salvage_record_at(struct salvage *s, const unsigned char oid[SEAL_OID], uint8_t kind, uint32_t segment,
                       uint64_t at, uint64_t len, unsigned char digest_out[DIGEST_LEN])
{
    unsigned char digest[DIGEST_LEN];
    struct record r;
    struct err e;

    if (seg_record(s->d.env.segs, segment, at, &r, &e) != RC_OK || r.kind != kind || r.len != len ||
        memcmp(r.oid, oid, SEAL_OID) != 0 ||
        seg_digest(s->d.env.segs, segment, at + RECORD_HEAD, len, digest, &e) != RC_OK ||
        memcmp(digest, r.digest, DIGEST_LEN) != 0)
        return false;
    memcpy(digest_out, digest, DIGEST_LEN);
    return true;
}

/* A segment that was being rewritten leaves two copies: either is right. */
enum rc salvage_find(struct salvage *s, const unsigned char oid[SEAL_OID], uint8_t kind, struct objref *r,
                     struct err *e)
{
    unsigned char id[SEAL_OID + 1];
    size_t lo = 0, hi;
    enum rc rc = s->walked ? RC_OK : walk_all(s, e);

    memcpy(id, oid, SEAL_OID);
    id[SEAL_OID] = kind;
    for (hi = s->n_pieces; rc == RC_OK && lo < hi;) {
        size_t mid = (lo + hi) / 2;
        if (memcmp(s->pieces[mid].id, id, sizeof id) < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    for (; rc == RC_OK && lo < s->n_pieces && memcmp(s->pieces[lo].id, id, sizeof id) == 0; lo++) {
        const struct piece *p = &s->pieces[lo];

        if (!salvage_record_at(s, oid, kind, p->segment, p->at, objref_len(r, kind), r->digest[kind - SEAL_MESSAGE]))
            continue;
        r->segment = p->segment;
        r->offset = p->at;
        return RC_OK;
    }
    return rc == RC_OK ? err_set(e, RC_NOTFOUND, "store: no segment has that object") : rc;
}
