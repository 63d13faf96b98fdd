/* SPDX-License-Identifier: EUPL-1.2 */
/* store/db/tables.c - names, page sizes and keys of the tables. */
#include "store/db/tables.h"

/* Page sizes: small records 8 KiB; counters 512 bytes, so that deliveries to different mailboxes rarely meet on a page;
 * summaries and texts 16 KiB, where a record up to 4 KiB stays in the leaf and a listing reads runs of leaves; objects
 * 8 KiB, where each fills its overflow page best (OBJ_SMALL). */
const struct table_def tables[TABLES] = {
    [T_FORMAT] = {"format.db", 512, 0},      [T_META] = {"meta.db", 512, 0},
    [T_BOXES] = {"boxes.db", 16384, 0},      [T_FOLDERS] = {"folders.db", 8192, 0},
    [T_TAGS] = {"tags.db", 8192, 0},         [T_COUNTERS] = {"counters.db", 512, 0},
    [T_MSGS] = {"msgs.db", 8192, 0},         [T_SUMMARIES] = {"summaries.db", 16384, 0},
    [T_TEXTS] = {"texts.db", 16384, 0},      [T_OBJECTS] = {"objects.db", 2048, 0},
    [T_SEGMENTS] = {"segments.db", 4096, 0}, [T_OBJREFS] = {"objrefs.db", 8192, 0},
    [T_EXPUNGED] = {"expunged.db", 8192, 0}, [T_EPOCHS] = {"epochs.db", 8192, 0},
    [T_KEYWORDS] = {"keywords.db", 8192, 0}, [T_QUEUE] = {"queue.db", 8192, 0},
    [T_DUE] = {"due.db", 4096, 0},           [T_TOMBS] = {"tombs.db", 4096, 0},
    [T_GONE] = {"gone.db", 4096, 0},         [T_FREED] = {"freed.db", 16384, 0},
    [T_REMOVED] = {"removed.db", 4096, 0},   [T_METADATA] = {"metadata.db", 8192, 0},
    [T_ACL] = {"acl.db", 4096, 5},           [T_SEEN] = {"seen.db", 4096, 6},
};

static void put32(struct key *k, uint32_t v)
{
    for (int i = 3; i >= 0; i--)
        k->b[k->n++] = (unsigned char)(v >> (8 * i));
}

static void put64(struct key *k, uint64_t v)
{
    put32(k, (uint32_t)(v >> 32));
    put32(k, (uint32_t)v);
}

static void put_bytes(struct key *k, const void *p, size_t n)
{
    memcpy(k->b + k->n, p, n);
    k->n += n;
}

uint32_t be32(const unsigned char *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

uint64_t be64(const unsigned char *p)
{
    return (uint64_t)be32(p) << 32 | be32(p + 4);
}

struct key key_of(const char *name)
{
    struct key k = {{0}, 0};

    put_bytes(&k, name, strlen(name));
    return k;
}

struct key key_mbx(uint64_t mbx)
{
    struct key k = {{0}, 0};

    put64(&k, mbx);
    return k;
}

struct key key_part(uint64_t mbx, uint8_t part)
{
    struct key k = key_mbx(mbx);

    put_bytes(&k, &part, 1);
    return k;
}

struct key key_folder(uint64_t mbx, uint32_t folder)
{
    struct key k = key_mbx(mbx);

    put32(&k, folder);
    return k;
}

struct key key_msg(uint64_t mbx, uint32_t folder, uint32_t uid)
{
    struct key k = key_folder(mbx, folder);

    put32(&k, uid);
    return k;
}

struct key key_tag(uint64_t mbx, const unsigned char tag[16])
{
    struct key k = key_mbx(mbx);

    put_bytes(&k, tag, 16);
    return k;
}

struct key key_seq(uint64_t mbx, uint32_t folder, uint64_t modseq)
{
    struct key k = key_folder(mbx, folder);

    put64(&k, modseq);
    return k;
}

struct key key_freed(uint64_t mbx, uint64_t n)
{
    struct key k = key_mbx(mbx);

    put64(&k, n);
    return k;
}

struct key key_removed(uint8_t class, uint64_t when, uint64_t mbx, uint64_t n)
{
    struct key k = key_mbx((uint64_t) class << 56 | when);

    put64(&k, mbx);
    put64(&k, n);
    return k;
}

struct key key_annotation(uint64_t mbx, uint32_t folder, uint64_t holder, const unsigned char tag[16])
{
    struct key k = key_folder(mbx, folder);

    put64(&k, holder);
    put_bytes(&k, tag, 16);
    return k;
}

struct key key_acl(uint64_t mbx, uint64_t delegate, uint32_t folder)
{
    struct key k = key_mbx(mbx);

    put64(&k, delegate);
    put32(&k, folder);
    return k;
}

struct key key_seen_of(uint64_t mbx, uint32_t folder, uint64_t delegate)
{
    struct key k = key_folder(mbx, folder);

    put64(&k, delegate);
    return k;
}

struct key key_seen(uint64_t mbx, uint32_t folder, uint64_t delegate, uint32_t block)
{
    struct key k = key_seen_of(mbx, folder, delegate);

    put32(&k, block);
    return k;
}

struct key key_epoch(uint64_t mbx, uint64_t epoch)
{
    struct key k = key_mbx(mbx);

    put64(&k, epoch);
    return k;
}

/* The shard spreads insertion over 64 places of the tree, so that concurrent deliveries seldom want the same leaf: four
 * bits that the maker of the oid chose, two of its random tail. Within a shard the oid's clock keeps new objects
 * together. */
struct key key_oid(const unsigned char oid[16])
{
    struct key k = {{0}, 0};
    unsigned char shard = (unsigned char)((oid[15] & 3) << 4 | (oid[0] & 15));

    put_bytes(&k, &shard, 1);
    put_bytes(&k, oid, 16);
    return k;
}

struct key key_object(const unsigned char oid[16], uint8_t kind)
{
    struct key k = key_oid(oid);

    put_bytes(&k, &kind, 1);
    return k;
}

struct key key_segment(uint32_t number)
{
    struct key k = {{0}, 0};

    put32(&k, number);
    return k;
}

struct key key_queue(uint64_t qid, uint32_t rcpt)
{
    struct key k = key_mbx(qid);

    put32(&k, rcpt);
    return k;
}

struct key key_due(uint64_t when, uint64_t qid, uint32_t rcpt)
{
    struct key k = key_mbx(when);

    put64(&k, qid);
    put32(&k, rcpt);
    return k;
}

struct key key_tomb(uint64_t when, const unsigned char oid[16])
{
    struct key k = key_mbx(when);

    put_bytes(&k, oid, 16);
    return k;
}
