/* SPDX-License-Identifier: EUPL-1.2 */
/* store/ops/seen_copy.c - a copy, or a message that moves, is to each person what the original was to her. See seen.h. */
#include "store/ops/seen.h"
#include <stdlib.h>

/* Has anybody rows there? */
static enum rc any_rows(struct tx *t, uint64_t mbx, uint32_t folder, bool *any, struct err *e)
{
    struct buf who = BUF_INIT;
    enum rc rc = *any ? RC_OK : seen_who(t, mbx, folder, &who, e);

    *any |= who.n > 0;
    buf_free(&who);
    return rc;
}

static enum rc open_pair(struct seen_copy *x, uint64_t mbx, uint32_t from, uint32_t to, uint64_t delegate,
                         struct err *e)
{
    struct seen_pair *p = &x->pair[x->n];
    enum rc rc = seen_open(&p->from, x->t, mbx, from, delegate, false, e);

    if (rc == RC_OK)
        rc = seen_open(&p->to, x->t, mbx, to, delegate, true, e);
    if (rc == RC_OK && (x->each || p->from.own || p->to.own))
        x->n++;
    return rc;
}

enum rc seen_copy_open(struct seen_copy *x, struct tx *t, uint64_t mbx, uint32_t from, uint32_t to, bool each,
                       uint64_t blind, struct err *e)
{
    struct buf who = BUF_INIT;
    bool any = each;
    enum rc rc;

    *x = (struct seen_copy){.t = t, .each = each, .blind = blind};
    rc = any_rows(t, mbx, from, &any, e);
    if (rc == RC_OK)
        rc = any_rows(t, mbx, to, &any, e);
    if (rc == RC_OK && any)
        rc = seen_delegates(t, mbx, &who, e);
    if (rc == RC_OK && who.n > 0 && !(x->pair = calloc(who.n / sizeof(uint64_t), sizeof *x->pair)))
        rc = err_set(e, RC_TEMP, "store: out of memory");
    for (struct span rest = buf_span(&who); rc == RC_OK && rest.n > 0; rest = span_from(rest, sizeof(uint64_t))) {
        uint64_t delegate;

        memcpy(&delegate, rest.p, sizeof delegate);
        rc = open_pair(x, mbx, from, to, delegate, e);
    }
    buf_free(&who);
    return rc;
}

/* She follows the records in the folder of the copies, and this one would show her what is not hers. */
static enum rc part(struct seen_copy *x, struct seen *to, struct err *e)
{
    enum rc rc = seen_part(x->t, to->mbx, to->folder, &to->delegate, 1, e);

    return rc == RC_OK ? seen_open(to, x->t, to->mbx, to->folder, to->delegate, true, e) : rc;
}

static enum rc copy_for(struct seen_copy *x, struct seen_pair *p, uint32_t uid, bool is_there, uint32_t new_uid,
                        uint64_t flags, struct err *e)
{
    uint64_t hers = flags;
    enum rc rc = is_there ? seen_view(&p->from, uid, &hers, e) : RC_OK;
    bool seen = is_there && p->from.delegate != x->blind && (hers & MF_SEEN);

    if (rc != RC_OK || (!p->to.own && (!x->each || seen == ((flags & MF_SEEN) != 0))))
        return rc;
    if (!p->to.own)
        rc = part(x, &p->to, e);
    return rc == RC_OK ? seen_put(&p->to, new_uid, seen, e) : rc;
}

enum rc seen_copy_one(struct seen_copy *x, uint32_t uid, bool is_there, uint32_t new_uid, uint64_t flags, struct err *e)
{
    enum rc rc = RC_OK;

    for (size_t i = 0; rc == RC_OK && i < x->n; i++)
        rc = copy_for(x, &x->pair[i], uid, is_there, new_uid, flags, e);
    return rc;
}

enum rc seen_copy_close(struct seen_copy *x, struct err *e)
{
    enum rc rc = RC_OK;

    for (size_t i = 0; rc == RC_OK && i < x->n; i++)
        rc = seen_close(&x->pair[i].to, e);
    return rc;
}

void seen_copy_free(struct seen_copy *x)
{
    free(x->pair);
    *x = (struct seen_copy){.n = 0};
}
