/* SPDX-License-Identifier: EUPL-1.2 */
/* store/db/tables.h - the tables of the environment and the shape of their keys. docs/internals/store.md has them
 * byte by byte.
 *
 * Keys     big-endian integers one behind the other, so that byte order is number order and a folder's records are
 *          adjacent.
 * Process  pli-stored.
 */
#pragma once
#include "base/buf.h"
#include <db.h>

enum { STORE_FORMAT = 6, FORMAT_LEAST = 4 }; /* 2: an epoch's number follows from its record; 3: T_FREED; 4: octets lie in segments, rows are packed;
                                                 5: T_ACL; 6: T_SEEN. FORMAT_LEAST and later are taken over: all that they lack are tables, which the
                                                 first start makes (table_def.since) */
enum table {
    T_FORMAT,    /* "format" -> u32; written once, so that it can be read without recovery */
    T_META,      /* names -> numbers: next_mbx, swept */
    T_BOXES,     /* mbx, part u8 (0 numbers, 1 slots) */
    T_FOLDERS,   /* mbx, folder */
    T_TAGS,      /* mbx, tag16 -> folder */
    T_COUNTERS,  /* mbx, folder: uidnext, modseq, sums */
    T_MSGS,      /* mbx, folder, uid */
    T_SUMMARIES, /* mbx, folder, uid -> sealed summary */
    T_TEXTS,     /* mbx, folder, uid -> sealed search text */
    T_OBJECTS,   /* shard, oid, kind -> octets of a small object (store/ops/objects.h) */
    T_SEGMENTS,  /* number u32 of a segment file -> what is known of it (store/segments) */
    T_OBJREFS,   /* shard, oid -> references, where its octets are, digests, what was answered */
    T_EXPUNGED,  /* mbx, folder, modseq -> packed UIDs */
    T_EPOCHS,    /* mbx, epoch -> 80 bytes */
    T_KEYWORDS,  /* mbx, index u8 */
    T_QUEUE,     /* qid, rcpt */
    T_DUE,       /* next_try, qid, rcpt: waiting entries only */
    T_TOMBS,     /* when, oid: objects whose octets in a segment, or objref, go then; UINT64_MAX, key -> time, mid: submissions filed lately (store/ops/once.h) */
    T_GONE,      /* mbx, folder (0: whole mailbox): to be emptied in the background */
    T_FREED,     /* mbx, number u64 -> messages that left a folder, kept until their time has passed (store/ops/freed.h) */
    T_REMOVED,   /* class and when, mbx, number: the rows of T_FREED in the order of their time */
    T_METADATA,  /* mbx, folder (0: the mailbox as a whole), holder u64 (0: shared), tag16 -> annotation (store/ops/metadata.h) */
    T_ACL,       /* mbx, delegate u64 (her mailbox), folder -> her rights there, and whether she has unsubscribed (store/ops/acl.h) */
    T_SEEN,      /* mbx, folder, delegate u64, block u32 of UIDs -> those of the block that she has seen (store/ops/seen.h) */
    TABLES
};
enum { TABLE_PAGE_MOST = 16384 }; /* of the pages in tables.c */
struct table_def {
    const char *file;
    uint32_t page;
    uint32_t since; /* the format that has it first; 0: all that are taken over have it */
};
extern const struct table_def tables[TABLES];

struct key {
    unsigned char b[48];
    size_t n;
};
struct key key_of(const char *name);
struct key key_mbx(uint64_t mbx);
struct key key_part(uint64_t mbx, uint8_t part);
struct key key_folder(uint64_t mbx, uint32_t folder);
struct key key_msg(uint64_t mbx, uint32_t folder, uint32_t uid);
struct key key_tag(uint64_t mbx, const unsigned char tag[16]);
struct key key_seq(uint64_t mbx, uint32_t folder, uint64_t modseq);
struct key key_freed(uint64_t mbx, uint64_t n);
struct key key_removed(uint8_t class, uint64_t when, uint64_t mbx, uint64_t n);
struct key key_annotation(uint64_t mbx, uint32_t folder, uint64_t holder, const unsigned char tag[16]);
struct key key_acl(uint64_t mbx, uint64_t delegate, uint32_t folder);
struct key key_seen(uint64_t mbx, uint32_t folder, uint64_t delegate, uint32_t block);
struct key key_seen_of(uint64_t mbx, uint32_t folder, uint64_t delegate); /* what all of hers in a folder begin with */
struct key key_epoch(uint64_t mbx, uint64_t epoch);
struct key key_oid(const unsigned char oid[16]);
struct key key_object(const unsigned char oid[16], uint8_t kind);
struct key key_segment(uint32_t number);
struct key key_queue(uint64_t qid, uint32_t rcpt);
struct key key_due(uint64_t when, uint64_t qid, uint32_t rcpt);
struct key key_tomb(uint64_t when, const unsigned char oid[16]);
/* reading them back */
uint64_t be64(const unsigned char *p);
uint32_t be32(const unsigned char *p);
static inline struct span key_span(const struct key *k)
{
    return (struct span){k->b, k->n};
}
