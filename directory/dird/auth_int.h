/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/dird/auth_int.h - what auth.c (dird checks) and door.c (slapd checks) share.
 * Process  dird.
 */
#pragma once
#include "crypto/seal/ticket.h"
#include "directory/dird/auth.h"
#include <stdatomic.h>

struct auth {
    struct cache *cache;
    struct links *binds;
    struct checked *checked;
    struct guesses *guesses;
    char *base, *nobody;
    struct ticket_keys *ticket_keys; /* locked memory */
    int64_t ticket_s;
    bool cheap_codes;
    int most_waiting;
    int64_t told_at;   /* door.c, its one thread: when a refusal was last logged, ms */
    unsigned untold;   /* and how many since were not */
    atomic_int waiting;
    _Atomic uint64_t n_binds, n_remembered, n_taken /* times that door.c took */;
};
