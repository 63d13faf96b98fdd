/* SPDX-License-Identifier: EUPL-1.2 */
/* store/check/counted.c - a table of object ids and counts, for a check. It uses open addressing and is doubled when it
 * is two thirds full. */
#include "store/check/check.h"
#include <stdlib.h>

enum { FIRST = 1024 };
struct slot_of {
    unsigned char oid[SEAL_OID];
    uint32_t n; /* 0: free */
};
struct counted {
    size_t n, cap; /* cap: a power of two */
    struct slot_of *slots;
};

struct counted *counted_new(void)
{
    struct counted *c = calloc(1, sizeof *c);

    if (c)
        c->slots = calloc(FIRST, sizeof *c->slots);
    if (!c || !c->slots)
        die("out of memory");
    c->cap = FIRST;
    return c;
}

void counted_free(struct counted **c)
{
    if (*c)
        free((*c)->slots);
    free(*c);
    *c = NULL;
}

static struct slot_of *find(struct slot_of *slots, size_t cap, const unsigned char oid[SEAL_OID])
{
    size_t i = (size_t)(be64(oid + 8) * 0x9e3779b97f4a7c15u >> 20) & (cap - 1);

    while (slots[i].n != 0 && memcmp(slots[i].oid, oid, SEAL_OID) != 0)
        i = (i + 1) & (cap - 1);
    return &slots[i];
}

static bool grow(struct counted *c)
{
    struct slot_of *more = calloc(c->cap * 2, sizeof *more);

    if (!more)
        return false;
    for (size_t i = 0; i < c->cap; i++)
        if (c->slots[i].n != 0)
            *find(more, c->cap * 2, c->slots[i].oid) = c->slots[i];
    free(c->slots);
    c->slots = more;
    c->cap *= 2;
    return true;
}

enum rc counted_add(struct counted *c, const unsigned char oid[SEAL_OID], struct err *e)
{
    struct slot_of *s;

    if (c->n * 3 >= c->cap * 2 && !grow(c))
        return err_set(e, RC_TEMP, "store: out of memory for the check");
    s = find(c->slots, c->cap, oid);
    c->n += s->n == 0;
    s->n++;
    memcpy(s->oid, oid, SEAL_OID);
    return RC_OK;
}

enum rc counted_doubt(struct counted *c, const unsigned char oid[SEAL_OID], struct err *e)
{
    enum rc rc = counted_add(c, oid, e);

    if (rc == RC_OK)
        find(c->slots, c->cap, oid)->n |= COUNTED_DOUBT;
    return rc;
}

uint32_t counted_get(const struct counted *c, const unsigned char oid[SEAL_OID])
{
    return find(c->slots, c->cap, oid)->n;
}
