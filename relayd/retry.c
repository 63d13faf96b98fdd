/* SPDX-License-Identifier: EUPL-1.2 */
/* relayd/retry.c - see relayd/retry.h. */
#include "relayd/retry.h"
#include <stddef.h>

static const uint32_t steps[] = {1, 2, 5, 10, 20, 30, 60, 120, 240, 480, 960};
enum { STEPS = sizeof steps / sizeof *steps };

uint64_t retry_pause(const struct retry *r, uint32_t failures, uint8_t random)
{
    size_t i = failures == 0 ? 0 : failures > STEPS ? STEPS - 1 : failures - 1;
    uint64_t pause = r->first * steps[i];

    if (pause > r->max)
        pause = r->max > r->first ? r->max : r->first;
    pause = pause * (800 + random * 400u / 255) / 1000;
    return pause ? pause : 1;
}

bool retry_expired(const struct retry *r, uint64_t received, uint64_t now)
{
    return now >= received + r->max_age;
}

bool retry_warns(const struct retry *r, uint64_t received, uint64_t now)
{
    return r->warn_after != 0 && now >= received + r->warn_after && !retry_expired(r, received, now);
}

uint64_t retry_age_at(const struct retry *r, uint64_t received, uint64_t now)
{
    uint64_t warn = received + r->warn_after, end = received + r->max_age;

    return r->warn_after != 0 && now < warn && warn < end ? warn : end;
}

uint64_t retry_at(const struct retry *r, uint64_t received, uint32_t failures, uint64_t now, uint8_t random)
{
    uint64_t at = now + retry_pause(r, failures, random), age = retry_age_at(r, received, now);

    return age > now && age < at ? age : at;
}
