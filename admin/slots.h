/* SPDX-License-Identifier: EUPL-1.2 */
/* admin/slots.h - the key slots of a mailbox, read and put back: what changing a password and giving a certificate share. For this room alone.
 * Race     slots are put back by their version: who was overtaken is told, and nothing is lost.
 * Process  pli.
 */
#pragma once
#include "admin/admin.h"

struct box_slots {
    uint64_t mbx, version;
    unsigned char pub[SEAL_PUB];
    struct buf list; /* crypto/seal/slot.h; freed by box_slots_free() */
};
enum rc box_slots_get(struct admin *ad, uint64_t mbx, struct box_slots *out, struct err *e);
/* RC_EXISTS: somebody else has put others meanwhile. */
enum rc box_slots_put(struct admin *ad, const struct box_slots *read, struct span list, struct err *e);
void box_slots_free(struct box_slots *b);
/* The new signing slot in the place of the old one. */
enum rc box_slots_sign_with(struct admin *ad, uint64_t mbx, struct span signing_slot, struct err *e);
