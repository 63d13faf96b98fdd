/* SPDX-License-Identifier: EUPL-1.2 */
/* proto/imap/notify_fuzz.c - any bytes as the arguments of NOTIFY.
 * Asks     the bounds hold, at most one group is about the selected mailbox, and what was parsed once is parsed again from the text that it kept.
 * Process  fuzzing. */
#include "proto/imap/args.h"
#include "proto/imap/opened_test.h"

static void check(const struct imap_notify *y)
{
    size_t names = 0, selected = 0;

    if (y->n > IMAP_GROUPS)
        bug("%zu groups", y->n);
    for (size_t i = 0; i < y->n; i++) {
        names += y->group[i].where.n;
        selected += y->group[i].where.kind == FILTER_SELECTED || y->group[i].where.kind == FILTER_DELAYED;
        for (size_t k = 0; k < y->group[i].fetch.n_sections; k++)
            if (!y->group[i].fetch.sections[k].peek)
                bug("a section would mark a message as read");
    }
    if (names > IMAP_FILTER_NAMES || selected > 1)
        bug("%zu names, %zu groups of the selected mailbox", names, selected);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    struct imap_arena mem = {0}, again = {0};
    struct imap_in in = imap_in_of(span_of(p, n), &mem, &everything);
    struct imap_notify y;
    union imap_args a;
    struct err e;

    if (imap_parse_notify(&in, &a, &e) == RC_OK) {
        check(&a.notify);
        in = imap_in_of(a.notify.text, &again, &everything);
        if (imap_take_notify(&in, &y, &e) != RC_OK || y.n != a.notify.n)
            bug("parsed once and not twice");
    }
    imap_arena_free(&mem);
    imap_arena_free(&again);
    return 0;
}
