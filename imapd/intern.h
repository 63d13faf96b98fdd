/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/intern.h - texts that become numbers: equal texts have one number, 0, 1, 2 ... in the order in which they come.
 * Owns     its texts, which are of messages: they are wiped.
 * Process  pli-imapd session.
 */
#pragma once
#include "base/buf.h"

struct intern {
    struct buf text;             /* one behind the other, each behind its u32 length */
    uint32_t *at, *slot;         /* where a number's text is; hash table: number + 1, 0 free */
    uint32_t n, cap, slots;
    uint64_t seed;
};
void intern_init(struct intern *t);
uint32_t intern(struct intern *t, struct span text); /* dies without memory: the caller bounds intern_size() */
size_t intern_size(const struct intern *t);          /* octets */
void intern_free(struct intern *t);
