/* SPDX-License-Identifier: EUPL-1.2 */
/* policies/dsn.c - see policies/dsn.h. */
#include "policies/dsn.h"

enum { NEVER = 1, SUCCESS = 2, FAILURE = 4, DELAY = 8 };

bool dsn_due(enum dsn_event event, uint16_t notify, bool no_sender)
{
    static const uint16_t asks[] = {
        [DSN_FAILED] = FAILURE, [DSN_DELAYED] = DELAY, [DSN_DELIVERED] = SUCCESS, [DSN_RELAYED] = SUCCESS};

    if (no_sender || (notify & NEVER))
        return false;
    if (notify == 0)
        return event == DSN_FAILED || event == DSN_DELAYED;
    return (notify & asks[event]) != 0;
}
