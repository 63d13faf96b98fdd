/* SPDX-License-Identifier: EUPL-1.2 */
/* admin/roster_twice.c - which rows of a roster name what another one has. See admin/roster.h.
 *
 * Why      rows are worked on by several threads: of two that want one address, the quicker one would have it, a dry run would foresee neither, and somebody's alias could take the
 *          address of somebody else's account. So it is settled before: an account's own address before any alias, then the earlier row. */
#include "admin/roster.h"
#include <stdlib.h>
#include <string.h>

enum { ALIASES_MOST = sizeof((struct roster_wish *)NULL)->alias / sizeof *((struct roster_wish *)NULL)->alias };
struct named {
    char address[ADDRESS_ROOM];
    uint32_t row;
    bool alias;
};
struct names {
    struct named *v;
    size_t n, cap;
};

static bool add_name(struct names *all, struct span address, uint32_t row, bool alias)
{
    struct span domain;
    struct named *more;

    if (all->n == all->cap) {
        all->cap = all->cap ? 2 * all->cap : 1024;
        if ((more = realloc(all->v, all->cap * sizeof *more)) == NULL)
            return false;
        all->v = more;
    }
    all->v[all->n] = (struct named){.row = row, .alias = alias};
    all->n += address_normal(address, all->v[all->n].address, &domain);
    return true;
}

static bool add_row(struct names *all, const struct roster *r, uint32_t row)
{
    struct span rest = roster_cell(r, row, ROSTER_ALIASES), one;
    bool room = add_name(all, roster_cell(r, row, ROSTER_ADDRESS), row, false);

    for (size_t n = 0; room && n <= ALIASES_MOST && (one = roster_next_alias(&rest)).n > 0; n++)
        room = add_name(all, one, row, true); /* a row with more is refused whatever they are */
    return room;
}

static int by_address(const void *x, const void *y)
{
    const struct named *a = x, *b = y;
    int d = strcmp(a->address, b->address);

    if (d == 0)
        d = a->alias - b->alias;
    return d ? d : (a->row > b->row) - (a->row < b->row);
}

/* first: who has the address. A row that names its own one among its aliases is told of that later. */
static void mark(struct roster *r, const struct named *first, const struct named *other)
{
    struct roster_row *row = &r->row[other->row];

    if (!other->alias)
        row->same_as = r->row[first->row].line;
    else if (other->row != first->row && row->alias_of == 0)
        row->alias_of = r->row[first->row].line;
}

enum rc roster_twice(struct roster *r, struct err *e)
{
    struct names all = {.n = 0};
    bool room = true;

    for (uint32_t i = 0; i < r->n && room; i++)
        room = add_row(&all, r, i);
    if (room && all.n > 0)
        qsort(all.v, all.n, sizeof *all.v, by_address);
    for (size_t i = 1, first = 0; room && i < all.n; i++) {
        if (strcmp(all.v[i].address, all.v[first].address) == 0)
            mark(r, &all.v[first], &all.v[i]);
        else
            first = i;
    }
    free(all.v);
    return room ? RC_OK : err_set(e, RC_TEMP, "out of memory for %u rows", (unsigned)r->n);
}
