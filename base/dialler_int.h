/* SPDX-License-Identifier: EUPL-1.2 */
/* base/dialler_int.h - what travels between a session and its dialler. The structs travel as they are, because both ends are the same program.
 * Process  listeners, diallers, sessions.
 */
#pragma once
#include "base/dialler.h"

enum dialler_op { DIALLER_CONNECT = 1, DIALLER_PROVEN, DIALLER_HOLD, DIALLER_RATED, DIALLER_CLIENT };
enum { DIALLER_NAME = 108 };
struct dialler_ask {
    uint32_t op, seq;
    uint64_t bytes, account;   /* HOLD; account: a hash of its name */
    uint64_t address;          /* RATED, CLIENT: nets_key(); 0 in RATED: loopback, which is not counted */
    uint32_t recipients;       /* RATED */
    uint32_t counted;          /* CLIENT: 1 in the rate, too; 0: loopback */
    char socket[DIALLER_NAME]; /* CONNECT */
};
struct dialler_answer { /* to CONNECT, with the descriptor when error is 0; to HOLD, RATED, CLIENT */
    uint32_t seq;
    int32_t error; /* an errno; to RATED and CLIENT: EDQUOT the account's rate, EUSERS the address's, ENOSPC its sessions */
};
