/* SPDX-License-Identifier: EUPL-1.2 */
/* store/segments/record_fuzz.c - any octets as a segment's head and as a record's: what reads, writes the same octets again. Octets made valid by their
 * writer read as what was written, and as nothing at another place. */
#include "store/segments/record.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void need(bool ok)
{
    if (!ok)
        abort();
}

static void round_trip(const struct seg_id *id, const unsigned char *head)
{
    unsigned char out[RECORD_HEAD];
    struct record r = {.kind = head[5]}, back;
    struct err e;

    memcpy(r.oid, head + 8, SEAL_OID);
    for (int i = 0; i < 5; i++)
        r.len = r.len << 8 | head[24 + i];
    memcpy(r.digest, head + 32, DIGEST_LEN);
    record_write(out, id, 4096, &r);
    need(record_read(out, id, 4096, &back, &e) == RC_OK && back.len == r.len && back.kind == r.kind);
    need(record_read(out, id, 4160, &back, &e) == RC_NOTFOUND);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    unsigned char out[SEG_HEAD];
    struct seg_id id = {.number = 1};
    struct record r;
    struct err e;

    if (size < SEG_HEAD)
        return 0;
    if (seg_head_read(data, &id, &e) == RC_OK) {
        seg_head_write(out, &id);
        need(memcmp(out, data, 44) == 0 || memcmp(out, data + SEG_HEAD_ONE, 44) == 0);
    }
    if (record_read(data, &id, 64, &r, &e) == RC_OK) {
        record_write(out, &id, 64, &r);
        need(memcmp(out, data, RECORD_HEAD) == 0);
    }
    round_trip(&id, data);
    return 0;
}
