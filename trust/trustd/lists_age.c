/* SPDX-License-Identifier: EUPL-1.2 */
/* trust/trustd/lists_age.c - how old the list in use is, and until when anybody relies on it. Two ages count: since when nobody has shown that it is the
 * newest (.taken, trust.max_age), and that of its own date (.dated, trust.max_list_age), because whoever can answer in the place of the list's host
 * may go on saying that nothing is newer. docs/decisions/0018. */
#include "trust/trustd/lists_int.h"

enum { SKEW_S = 300 };

/* Who says that a list is the newest? The administrator, a server that is who it should be, and a list that is younger than the one in use. The same
 * list again, or "not modified", over plain http is what anybody on the way could say for ever. */
void lists_seen(struct list_state *s, enum list_how_came how, bool same, uint64_t now)
{
    if (how == LF_HAND || how == LF_HTTPS || (how == LF_HTTP && !same))
        s->taken = now;
    if (how == LF_HAND)
        s->dated = now; /* whoever brings an old list by hand means it */
    else if (how != LF_KEPT && !same)
        s->dated = s->generated;
}

/* What a clock that was wrong has written in the future counts as the list's own date: else it would stay young for years. */
static int64_t since(const struct list_state *s, uint64_t written, int64_t now)
{
    return (int64_t)(written == 0 || (int64_t)written > now + SKEW_S ? s->generated : written);
}

uint64_t lists_good_until(const struct lists *l, const struct list_state *s, int64_t now)
{
    int64_t by_seen = l->conf.max_age > 0 ? since(s, s->taken, now) + l->conf.max_age : INT64_MAX;
    int64_t by_date = l->conf.max_list_age > 0 ? since(s, s->dated, now) + l->conf.max_list_age : INT64_MAX;
    int64_t first = by_seen < by_date ? by_seen : by_date;

    return first == INT64_MAX ? 0 : (uint64_t)first;
}

int lists_alarm(const struct lists *l, const struct list_state *s, int64_t now)
{
    int64_t until = (int64_t)lists_good_until(l, s, now), age = now - since(s, s->taken, now);

    if (l->index_fd < 0)
        return 0;
    if (until > 0 && now > until)
        return 2;
    /* a list that ends by its own date is told of when a third of its time is left */
    return age > l->conf.alarm_age ||
           (l->conf.max_list_age > 0 && now - since(s, s->dated, now) > l->conf.max_list_age * 2 / 3);
}
