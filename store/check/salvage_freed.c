/* SPDX-License-Identifier: EUPL-1.2 */
/* store/check/salvage_freed.c - ends what T_FREED still has to do (INV-14), and takes away summaries and search texts of
 * no message. See salvage.h.
 *
 * A salvage counts references from the messages and the queue anew, so the items' own references are not given back one
 * by one. The rows go first: a salvage that dies behind that leaves objects with too many references, which the check
 * names; the other way round one would be given back twice. The rows beside a message go as well, because UIDs may begin
 * anew (new_counters), and a row that is left would be the next message's. */
#include "store/check/salvage_int.h"
#include "store/ops/freed.h"

/* The message is there when its folder's counters were found anew and its number was given again: then the row beside it is its own. */
static enum rc drop_beside(struct salvage *s, enum table tb, const struct key *k, struct err *e)
{
    enum rc rc = salvage_has(s, T_MSGS, k, e);

    return rc == RC_NOTFOUND ? salvage_del(s, tb, k, e) : rc;
}

enum rc salvage_freed(struct salvage *s, const struct key *k, struct span val, void *arg, struct err *e)
{
    struct freed_row r = {0};
    enum rc rc = freed_read(val, &r, e);

    (void)arg;
    if (rc == RC_CORRUPT)
        rc = RC_OK; /* nothing to be known of it: the row goes */
    for (size_t i = 0; rc == RC_OK && i < r.n; i++) {
        struct key m = key_msg(be64(k->b), be32(k->b + 8), r.f[i].uid);

        if (r.f[i].where & MSG_SUMMARY)
            rc = drop_beside(s, T_SUMMARIES, &m, e);
        if (rc == RC_OK && r.f[i].where & MSG_TEXT)
            rc = drop_beside(s, T_TEXTS, &m, e);
    }
    return rc == RC_OK ? salvage_del(s, T_FREED, k, e) : rc;
}

static enum rc of_no_message(struct salvage *s, const struct key *k, struct span val, void *arg, struct err *e)
{
    (void)val;
    return drop_beside(s, *(const enum table *)arg, k, e);
}

enum rc salvage_beside(struct salvage *s, struct err *e)
{
    static const enum table beside[] = {T_SUMMARIES, T_TEXTS};
    enum rc rc = RC_OK;

    if (!s->bad[T_FREED] && !s->bad[T_MSGS])
        return RC_OK;
    for (size_t i = 0; rc == RC_OK && i < sizeof beside / sizeof beside[0]; i++) {
        enum table tb = beside[i];
        rc = salvage_each(s, tb, of_no_message, &tb, e);
    }
    return rc;
}
