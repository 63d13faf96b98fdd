/* SPDX-License-Identifier: EUPL-1.2 */
/* store/ops/seen_bits.h - which UIDs of one block of a folder were seen: SEEN_BLOCK bits, and how a row of T_SEEN has them.
 *
 * Shape    bit uid % 8 of octet uid % SEEN_BLOCK / 8. A row leaves the octets behind the last bit out, so a short folder has a short row, and one of
 *          100,000 messages 25 rows of 517 octets.
 * Errors   RC_CORRUPT: the row does not read.
 * Process  pli-stored; pure.
 */
#pragma once
#include "store/db/rec.h"

struct seen_bits {
    unsigned char b[SEEN_OCTETS];
};
static inline uint32_t seen_block(uint32_t uid)
{
    return uid / SEEN_BLOCK;
}
bool seen_bits_has(const struct seen_bits *s, uint32_t uid);
void seen_bits_put(struct seen_bits *s, uint32_t uid, bool yes);
uint32_t seen_bits_count(const struct seen_bits *s);
/* Takes away what "of" does not have. False: there was nothing to take. */
bool seen_bits_keep(struct seen_bits *s, const struct seen_bits *of);
enum rc seen_bits_read(struct span row, struct seen_bits *out, struct err *e);
void seen_bits_write(const struct seen_bits *s, struct buf *row_out);
