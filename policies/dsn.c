/* SPDX-License-Identifier: EUPL-1.2 */
/* policies/dsn.c - see policies/dsn.h. */
#include "policies/dsn.h"

enum { BITS = DSN_NEVER | DSN_SUCCESS | DSN_FAILURE | DSN_DELAY };
static const struct {
    uint16_t bit;
    bool unasked; /* without NOTIFY */
} outcomes[] = {
    [DSN_FAILED] = {DSN_FAILURE, true},
    [DSN_DELAYED] = {DSN_DELAY, true},
    [DSN_DELIVERED] = {DSN_SUCCESS, false},
    [DSN_RELAYED] = {DSN_SUCCESS, false},
};
static const bool reached[] = {
    [DSN_SENDER_NULL] = false, [DSN_SENDER_HERE] = true, [DSN_SENDER_TRUSTED] = true, [DSN_SENDER_STRANGER] = false};

bool dsn_asked(uint16_t notify, enum dsn_outcome o)
{
    notify &= BITS;
    if (notify & DSN_NEVER)
        return false;
    return notify == DSN_DEFAULT ? outcomes[o].unasked : (notify & outcomes[o].bit) != 0;
}

bool dsn_due(uint16_t notify, enum dsn_outcome o, enum dsn_sender sender)
{
    return reached[sender] && dsn_asked(notify, o);
}
