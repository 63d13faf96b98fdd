/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/dird/checked.h - remembers passwords that were right a moment ago, as keyed MACs in locked memory. So a telephone that reconnects every
 * minute does not cost a slow hash each time.
 *
 * Holds    MAC(process key, login | 0 | password), the account's CSN at that time, and the time at which it ends. It holds no password and no login.
 * Entry    a CSN of 0 is that of no entry, or of one whose directory keeps none: it would not tell of a change. A right password is not remembered
 *          with it (entries_only); a wrong one may be (guess.h).
 * Ends     a MAC is forgotten after its time, when the account's entry changes (another CSN), or when 4 newer MACs share its row.
 * Process  dird, any thread.
 */
#pragma once
#include "base/span.h"

enum { CHECKED_MAC = 32 };
struct checked;
struct checked *checked_new(int64_t life_ms, bool entries_only); /* life_ms 0: remembers nothing */
void checked_free(struct checked **c);
void checked_mac(const struct checked *c, struct span login, struct span password, unsigned char mac_out[CHECKED_MAC]);
bool checked_has(struct checked *c, const unsigned char mac[CHECKED_MAC], uint64_t csn, int64_t now_ms);
void checked_put(struct checked *c, const unsigned char mac[CHECKED_MAC], uint64_t csn, int64_t now_ms);
