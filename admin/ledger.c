/* SPDX-License-Identifier: EUPL-1.2 */
/* admin/ledger.c - see admin/ledger.h. */
#include "admin/ledger.h"
#include "base/ascii.h"
#include <stdlib.h>

/* INTERNALDATE has four digits for the year, and no day before 1970 is kept: a file's time beyond that comes back as the nearest that can be said. */
static int64_t said_date(int64_t date)
{
    const int64_t last = INT64_C(253402300799); /* 9999-12-31 23:59:59 */

    return date < 0 ? 0 : date > last ? last : date;
}

struct ledger_row ledger_row_of(const struct letter *l)
{
    struct ledger_row row = {.date = said_date(l->date), .octets = l->octets.n};
    struct buf marks = BUF_SECRET_INIT;
    struct digest *d = digest_new();

    digest_of(l->octets, row.body);
    buf_u64(&marks, (uint64_t)row.date);
    buf_u32(&marks, l->flags);
    for (size_t i = 0; i < l->keywords.n; i++) /* the same in any case */
        buf_addc(&marks, ascii_lower(l->keywords.p[i]));
    digest_add(d, span_of(row.body, DIGEST_LEN));
    digest_add(d, buf_span(&marks));
    digest_end(&d, row.all);
    buf_free(&marks);
    return row;
}

void ledger_add(struct ledger *g, const struct ledger_row *row)
{
    if (g->n == g->room) {
        g->room = g->room > 0 ? g->room * 2 : 64;
        g->rows = realloc(g->rows, g->room * sizeof *g->rows);
        if (g->rows == NULL)
            die("out of memory");
    }
    g->rows[g->n++] = *row;
}

static int same_cmp(const struct ledger_row *a, const struct ledger_row *b)
{
    int d = memcmp(a->body, b->body, DIGEST_LEN);

    return d != 0 ? d : a->date < b->date ? -1 : a->date > b->date;
}

static int row_cmp(const void *a, const void *b)
{
    const struct ledger_row *x = a, *y = b;
    int d = same_cmp(x, y);

    return d != 0 ? d : memcmp(x->all, y->all, DIGEST_LEN);
}

void ledger_sort(struct ledger *g)
{
    if (g->n > 0)
        qsort(g->rows, g->n, sizeof *g->rows, row_cmp);
    for (size_t i = 0; i < g->n; i++)
        g->rows[i].taken = false;
}

const struct ledger_row *ledger_take(struct ledger *g, const struct ledger_row *like)
{
    struct ledger_row *found = NULL;
    size_t lo = 0, hi = g->n;

    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (same_cmp(&g->rows[mid], like) < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    for (; lo < g->n && same_cmp(&g->rows[lo], like) == 0; lo++) {
        if (g->rows[lo].taken)
            continue;
        if (found == NULL || memcmp(g->rows[lo].all, like->all, DIGEST_LEN) == 0)
            found = &g->rows[lo];
        if (memcmp(found->all, like->all, DIGEST_LEN) == 0)
            break;
    }
    if (found != NULL)
        found->taken = true;
    return found;
}

static int digest_cmp(const void *a, const void *b)
{
    return memcmp(a, b, DIGEST_LEN);
}

static void over_sorted(const struct ledger *g, bool all, unsigned char out[DIGEST_LEN])
{
    unsigned char *list = malloc(g->n * DIGEST_LEN + 1);

    if (list == NULL)
        die("out of memory");
    for (size_t i = 0; i < g->n; i++)
        memcpy(list + i * DIGEST_LEN, all ? g->rows[i].all : g->rows[i].body, DIGEST_LEN);
    qsort(list, g->n, DIGEST_LEN, digest_cmp);
    digest_of(span_of(list, g->n * DIGEST_LEN), out);
    free(list);
}

struct ledger_sums ledger_sums(const struct ledger *g)
{
    struct ledger_sums s = {.messages = g->n};

    for (size_t i = 0; i < g->n; i++)
        s.octets += g->rows[i].octets;
    over_sorted(g, false, s.bodies);
    over_sorted(g, true, s.all);
    return s;
}

void ledger_free(struct ledger *g)
{
    free(g->rows);
    *g = (struct ledger){0};
}
