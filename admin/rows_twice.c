/* SPDX-License-Identifier: EUPL-1.2 */
/* admin/rows_twice.c - which rows name what another one has. See admin/rows.h.
 *
 * Why      rows of accounts are worked on by several threads: of two that want one address, the quicker one would have it, a dry run would foresee neither, and somebody's alias could take the
 *          address of somebody else's account. */
#include "admin/rows.h"
#include <stdlib.h>
#include <string.h>

static bool has_room(struct row_names *all)
{
    size_t cap = all->cap ? 2 * all->cap : 1024;
    struct row_name *more;

    if (all->n < all->cap)
        return true;
    more = realloc(all->v, cap * sizeof *more);
    if (more == NULL)
        return false;
    all->v = more;
    all->cap = cap;
    return true;
}

void row_names_add(struct row_names *all, uint32_t row, const char *name, bool alias)
{
    size_t at = all->text.n;
    struct err ignored;

    all->failed = all->failed || at > UINT32_MAX || !has_room(all) ||
                  buf_reserve(&all->text, strlen(name) + 1, &ignored) != RC_OK;
    if (all->failed)
        return;
    buf_add(&all->text, name, strlen(name) + 1);
    all->v[all->n++] = (struct row_name){.name = (uint32_t)at, .row = row & (UINT32_MAX >> 1), .alias = alias};
}

static const char *name_of(const struct row_name *v, const void *text)
{
    return (const char *)text + v->name;
}

static int by_name(const void *x, const void *y, void *text)
{
    const struct row_name *a = x, *b = y;
    int d = strcmp(name_of(a, text), name_of(b, text));

    if (d == 0)
        d = (int)a->alias - (int)b->alias;
    return d ? d : (a->row > b->row) - (a->row < b->row);
}

/* first: who has the name. A row that names its own one among its aliases is told of that later. */
static void mark(struct rows *r, const struct row_name *first, const struct row_name *other)
{
    struct row *row = &r->row[other->row];

    if (!other->alias)
        row->same_as = r->row[first->row].line;
    else if (other->row != first->row && row->alias_of == 0)
        row->alias_of = r->row[first->row].line;
}

enum rc rows_twice(struct rows *r, struct row_names *all, struct err *e)
{
    bool failed = all->failed;

    if (!failed && all->n > 0)
        qsort_r(all->v, all->n, sizeof *all->v, by_name, all->text.p);
    for (size_t i = 1, first = 0; !failed && i < all->n; i++) {
        if (strcmp(name_of(&all->v[i], all->text.p), name_of(&all->v[first], all->text.p)) == 0)
            mark(r, &all->v[first], &all->v[i]);
        else
            first = i;
    }
    free(all->v);
    buf_free(&all->text);
    *all = (struct row_names){.n = 0};
    return failed ? err_set(e, RC_TEMP, "out of memory for the names of %u rows", (unsigned)r->n) : RC_OK;
}
