/* SPDX-License-Identifier: EUPL-1.2 */
/* flow/recipient.c - see flow/recipient.h. A list is searched from its start, because it is bounded by what one request
 * to stored can name. */
#include "flow/recipient.h"
#include <stdlib.h>

struct recipient *recipients_add(struct recipients *r, const char *address)
{
    if ((r->n & (r->n - 1)) == 0) { /* none, or a power of two: the array is full */
        struct recipient *more = realloc(r->a, (r->n ? r->n * 2 : 1) * sizeof *more);

        if (!more)
            die("out of memory");
        r->a = more;
    }
    r->a[r->n] = (struct recipient){.address = span_dup(span_str(address))};
    return &r->a[r->n++];
}

static void drop(struct recipient *r)
{
    free(r->address);
    free(r->orcpt);
    free(r->via);
}

/* The array is grown again when the next power of two is reached: what stands behind n then is written anew. */
void recipients_cut(struct recipients *r, size_t n)
{
    while (r->n > n)
        drop(&r->a[--r->n]);
}

void recipients_free(struct recipients *r)
{
    recipients_cut(r, 0);
    free(r->a);
    *r = (struct recipients){0};
}

bool recipient_same_place(const struct recipient *a, const struct recipient *b)
{
    if (a->local != b->local)
        return false;
    return a->local ? a->mbx == b->mbx && a->folder == b->folder : strcmp(a->address, b->address) == 0;
}

static bool among(const struct recipient *const *list, size_t n, const struct recipient *r)
{
    for (size_t i = 0; i < n; i++)
        if (recipient_same_place(list[i], r))
            return true;
    return false;
}

size_t recipients_pick(const struct recipient *a, size_t n, bool local, const struct recipient **out)
{
    size_t picked = 0;

    for (size_t i = 0; i < n; i++)
        if (a[i].local == local && a[i].verdict == CAUSE_NONE && !among(out, picked, &a[i]))
            out[picked++] = &a[i];
    return picked;
}
