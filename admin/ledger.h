/* SPDX-License-Identifier: EUPL-1.2 */
/* admin/ledger.h - what lies in a folder, as digests: what a statement is made of, and what tells a copy that was cut off what is there already.
 *
 * Same     two messages are the same when their octets and their INTERNALDATE are. Two of the same in one folder are two.
 * Digests  SHA-256. body: the octets. all: octets, date, flags and keywords. Of a folder: over the sorted digests of its messages, one behind the other, so
 *          that the order of the messages does not count; an empty folder's is that of no octets.
 * Owns     struct ledger its rows; ledger_free(). No octet of a message is kept.   Process: pli.
 */
#pragma once
#include "admin/place.h"
#include "crypto/seal/digest.h"

struct ledger_row {
    unsigned char body[DIGEST_LEN], all[DIGEST_LEN];
    int64_t date;
    uint64_t octets;
    bool taken;
};
struct ledger {
    struct ledger_row *rows;
    size_t n, room;
};
struct ledger_row ledger_row_of(const struct letter *l);
void ledger_add(struct ledger *g, const struct ledger_row *row);
void ledger_sort(struct ledger *g); /* before ledger_take(); forgets what was taken */
/* One of the same that was not taken yet, now taken; of several one with the same .all, if there is one. NULL: none. */
const struct ledger_row *ledger_take(struct ledger *g, const struct ledger_row *like);
struct ledger_sums {
    uint64_t messages, octets;
    unsigned char bodies[DIGEST_LEN], all[DIGEST_LEN];
};
struct ledger_sums ledger_sums(const struct ledger *g);
void ledger_free(struct ledger *g);
