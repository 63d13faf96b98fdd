/* SPDX-License-Identifier: EUPL-1.2 */
/* proto/imap/search_fuzz.c - any bytes as the arguments of SEARCH.
 * Asks     the tree has the promised bounds and shapes: NOT one child, OR two, leaves none.
 * Process  fuzzing. */
#include "proto/imap/args.h"
#include "proto/imap/opened_test.h"

static size_t walk(const struct imap_key *k, unsigned depth)
{
    size_t children = 0, n = 1;

    if (depth > IMAP_DEPTH + 1)
        bug("too deep");
    for (const struct imap_key *c = k->child; c; c = c->next, children++)
        n += walk(c, depth + 1);
    if (k->op == SK_AND                        ? children == 0
        : k->op == SK_OR                       ? children != 2
        : k->op == SK_NOT || k->op == SK_FUZZY ? children != 1
                                               : children != 0)
        bug("a key has %zu children", children);
    return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    struct imap_arena mem = {0};
    struct imap_in in = imap_in_of(span_of(p, n), &mem, &everything);
    union imap_args a;
    struct err e;

    if (imap_parse_search(&in, &a, &e) == RC_OK && (walk(a.search.top, 0) != a.search.n || a.search.n > IMAP_KEYS))
        bug("keys are miscounted");
    imap_arena_free(&mem);
    return 0;
}
