/* SPDX-License-Identifier: EUPL-1.2 */
/* store/segments/record.h - the octets of a segment file: its head, and the head of each record. No input or output here.
 *
 * File     The head stands twice, so that one flipped bit does not make the whole segment a file of unknown records:
 *            magic "PLISEG" 0 1 [8] | number u32 | salt[16] | check[16] | zeros to SEG_HEAD_ONE
 *          Records follow from SEG_HEAD on, each at a multiple of RECORD_ALIGN.
 * Record   magic "PLIr" [4] | format u8 = 1 | kind u8 | part u16 = 0 | oid[16] | length u64 | SHA-256 of the body[32] | check[16] | body
 *          part is for objects of several parts; this release writes and reads part 0 only.
 * Check    the first 16 octets of SHA-256("pli record 1" | salt | number u32 | offset u64 | the 64 octets before). So a head is valid at its
 *          own place only. Octets that a session sends cannot pass for a record, because no session knows the salt.
 * Digest   SHA-256, because it is computed for every object anyway: the objref keeps it. A second checksum would cost more and tell less.
 * Units    octets; integers are little-endian.
 * Errors   RC_NOTFOUND: there is no record, or no segment, in these octets.
 * Process  pli-stored.
 */
#pragma once
#include "base/buf.h"
#include "crypto/seal/digest.h"
#include "crypto/seal/seal.h"

enum { SEG_SALT = 16, SEG_HEAD_ONE = 64, SEG_HEAD = 2 * SEG_HEAD_ONE, RECORD_HEAD = 80, RECORD_ALIGN = 64 };
struct seg_id { /* what the head of a segment says */
    uint32_t number;
    unsigned char salt[SEG_SALT];
};
struct record {
    unsigned char oid[SEAL_OID];
    uint8_t kind;
    uint64_t len; /* of the body */
    unsigned char digest[DIGEST_LEN];
};
/* What a record of so many octets takes in its segment. */
static inline uint64_t record_size(uint64_t len)
{
    return (RECORD_HEAD + len + RECORD_ALIGN - 1) / RECORD_ALIGN * RECORD_ALIGN;
}
void seg_head_write(unsigned char out[SEG_HEAD], const struct seg_id *id);
enum rc seg_head_read(const unsigned char in[SEG_HEAD], struct seg_id *id_out, struct err *e); /* of the two, one that is sound */
void record_write(unsigned char out[RECORD_HEAD], const struct seg_id *id, uint64_t offset, const struct record *r);
enum rc record_read(const unsigned char in[RECORD_HEAD], const struct seg_id *id, uint64_t offset, struct record *r_out, struct err *e);
