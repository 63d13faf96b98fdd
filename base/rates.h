/* SPDX-License-Identifier: EUPL-1.2 */
/* base/rates.h - how much each of many has used of what it may use in a period: accounts, client addresses.
 *
 * Rule     a leaking bucket: what was used drains evenly, all of .most in one period. So nobody gets twice the amount around a full hour. Who
 *          has used nothing may always take once, however much, because a single message with more recipients than .most would wait for ever.
 * Bound    RATES_ROWS rows. When the few places that a key may have are taken, the one that has used least is forgotten: its use counts anew.
 * Owns     struct rates owns its rows. A key is a hash; two that share one share a budget.
 * Process  diallers.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { RATES_ROWS = 16384 };
struct rates;
struct rate_use {
    uint64_t key;    /* whose; different for each kind of use */
    double amount, most;
    int64_t period;  /* ns */
};
struct rates *rates_new(void);
void rates_free(struct rates **r);
/* Uses all of them, or none. Returns n, or which one there is no room for. now: clock_mono() */
size_t rates_take(struct rates *r, const struct rate_use *use, size_t n, int64_t now);
