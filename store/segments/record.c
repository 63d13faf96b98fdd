/* SPDX-License-Identifier: EUPL-1.2 */
/* store/segments/record.c - see record.h. */
#include "store/segments/record.h"

enum { CHECK = 16, CHECKED = RECORD_HEAD - CHECK, SEG_CHECKED = 8 + 4 + SEG_SALT, FORMAT = 1 };
#define LEN_MOST (1ull << 40)

static const unsigned char seg_magic[8] = {'P', 'L', 'I', 'S', 'E', 'G', 0, FORMAT};
static const unsigned char record_magic[4] = {'P', 'L', 'I', 'r'};

static void put_le(unsigned char *p, uint64_t v, size_t n)
{
    for (size_t i = 0; i < n; i++)
        p[i] = (unsigned char)(v >> (8 * i));
}

static uint64_t le(const unsigned char *p, size_t n)
{
    uint64_t v = 0;

    for (size_t i = n; i-- > 0;)
        v = v << 8 | p[i];
    return v;
}

/* ---- the segment ---- */
void seg_head_write(unsigned char out[SEG_HEAD], const struct seg_id *id)
{
    unsigned char digest[DIGEST_LEN];

    memset(out, 0, SEG_HEAD);
    memcpy(out, seg_magic, sizeof seg_magic);
    put_le(out + 8, id->number, 4);
    memcpy(out + 12, id->salt, SEG_SALT);
    digest_of(span_of(out, SEG_CHECKED), digest);
    memcpy(out + SEG_CHECKED, digest, CHECK);
    memcpy(out + SEG_HEAD_ONE, out, SEG_HEAD_ONE);
}

static bool head_sound(const unsigned char *in)
{
    unsigned char digest[DIGEST_LEN];

    digest_of(span_of(in, SEG_CHECKED), digest);
    return memcmp(in, seg_magic, sizeof seg_magic) == 0 && memcmp(in + SEG_CHECKED, digest, CHECK) == 0;
}

enum rc seg_head_read(const unsigned char in[SEG_HEAD], struct seg_id *id_out, struct err *e)
{
    for (size_t at = 0; at < SEG_HEAD; at += SEG_HEAD_ONE) {
        if (!head_sound(in + at))
            continue;
        id_out->number = (uint32_t)le(in + at + 8, 4);
        memcpy(id_out->salt, in + at + 12, SEG_SALT);
        return RC_OK;
    }
    return err_set(e, RC_NOTFOUND, "store: no head of a segment");
}

/* ---- the record ---- */
static void check_of(const unsigned char *head, const struct seg_id *id, uint64_t offset, unsigned char out[DIGEST_LEN])
{
    static const char label[12] = "pli record 1";
    unsigned char b[sizeof label + SEG_SALT + 4 + 8 + CHECKED], *p = b;

    memcpy(p, label, sizeof label);
    memcpy(p += sizeof label, id->salt, SEG_SALT);
    put_le(p += SEG_SALT, id->number, 4);
    put_le(p += 4, offset, 8);
    memcpy(p += 8, head, CHECKED);
    digest_of(span_of(b, sizeof b), out);
}

void record_write(unsigned char out[RECORD_HEAD], const struct seg_id *id, uint64_t offset, const struct record *r)
{
    unsigned char check[DIGEST_LEN];

    memcpy(out, record_magic, sizeof record_magic);
    out[4] = FORMAT;
    out[5] = r->kind;
    put_le(out + 6, 0, 2);
    memcpy(out + 8, r->oid, SEAL_OID);
    put_le(out + 24, r->len, 8);
    memcpy(out + 32, r->digest, DIGEST_LEN);
    check_of(out, id, offset, check);
    memcpy(out + CHECKED, check, CHECK);
}

enum rc record_read(const unsigned char in[RECORD_HEAD], const struct seg_id *id, uint64_t offset, struct record *r_out,
                    struct err *e)
{
    unsigned char check[DIGEST_LEN];

    if (memcmp(in, record_magic, sizeof record_magic) != 0)
        return err_set(e, RC_NOTFOUND, "store: no record begins here");
    check_of(in, id, offset, check);
    if (memcmp(in + CHECKED, check, CHECK) != 0 || in[4] != FORMAT || le(in + 6, 2) != 0 || le(in + 24, 8) > LEN_MOST)
        return err_set(e, RC_NOTFOUND, "store: the head of a record is damaged");
    r_out->kind = in[5];
    memcpy(r_out->oid, in + 8, SEAL_OID);
    r_out->len = le(in + 24, 8);
    memcpy(r_out->digest, in + 32, DIGEST_LEN);
    return RC_OK;
}
