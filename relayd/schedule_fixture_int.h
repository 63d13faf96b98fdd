/* SPDX-License-Identifier: EUPL-1.2 */
/* relayd/schedule_fixture_int.h - tests only: a schedule with letters in it, and one letter through.
 * Process  relayd/schedule_test.c, relayd/schedule_model_test.c.
 */
#pragma once
#include "relayd/schedule_int.h"
#include <string.h>

static const struct schedule_limits usual = {.sessions = 20, .per_domain = 5, .letters = 1000, .rcpts = 100};

static inline void put(struct schedule *s, const char *domain, uint64_t sender, uint64_t qid, uint32_t rcpt)
{
    struct schedule_item it = {.qid = qid, .rcpt = rcpt, .next_try = 10, .age_at = 100000};

    schedule_add(s, (struct span){(const unsigned char *)domain, strlen(domain)}, sender, &it);
}

/* One letter through, from the session that has it to its end. False: none waits. */
static inline bool pass(struct schedule *s, uint32_t d, uint64_t *qid_out)
{
    struct schedule_letter l;

    if (schedule_take(s, d, 0, &l) != ST_LETTER)
        return false;
    *qid_out = l.qid;
    for (uint32_t i = 0; i < l.n; i++)
        schedule_end(s, l.qid, l.rcpt[i]);
    schedule_success(s, d);
    schedule_drop(s, l.letter);
    return true;
}
