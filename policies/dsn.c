/* SPDX-License-Identifier: EUPL-1.2 */
/* policies/dsn.c - see policies/dsn.h. */
#include "policies/dsn.h"

enum { BITS = DSN_NEVER | DSN_SUCCESS | DSN_FAILURE | DSN_DELAY };
static const bool reached[] = {
    [DSN_SENDER_NULL] = false, [DSN_SENDER_HERE] = true, [DSN_SENDER_TRUSTED] = true, [DSN_SENDER_STRANGER] = false};

bool dsn_asked(uint16_t notify, enum dsn_outcome o)
{
    notify &= BITS;
    if (notify & DSN_NEVER)
        return false;
    if (o == DSN_FAILED)
        return notify == DSN_DEFAULT || (notify & DSN_FAILURE);
    if (o == DSN_DELAYED)
        return notify == DSN_DEFAULT || (notify & DSN_DELAY);
    return notify & DSN_SUCCESS;
}

bool dsn_due(uint16_t notify, enum dsn_outcome o, enum dsn_sender sender)
{
    return reached[sender] && dsn_asked(notify, o);
}
