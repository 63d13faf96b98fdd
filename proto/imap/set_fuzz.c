/* SPDX-License-Identifier: EUPL-1.2 */
/* proto/imap/set_fuzz.c - any bytes as a sequence set: settled, it is ordered, apart, and has every value that was written. "$" has no range.
 * Process  fuzzing. */
#include "proto/imap/opened_test.h"
#include "proto/imap/set.h"

static void check(const struct imap_set *s)
{
    for (size_t i = 0; i < s->n; i++)
        if (s->r[i].lo > s->r[i].hi || (i > 0 && s->r[i].lo <= s->r[i - 1].hi + 1))
            bug("a settled set is not in order");
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    struct imap_arena mem = {0};
    struct imap_in in = imap_in_of(span_of(p, n), &mem, &everything);
    struct imap_set s = {0};

    if (imap_take_set(&in, &s) && s.saved) {
        if (s.n != 0 || p[0] != '$')
            bug("what is saved has ranges of its own");
    } else if (s.n > 0) {
        struct imap_range first = s.r[0];

        imap_set_settle(&s, 77);
        check(&s);
        if (!imap_set_has(&s, first.lo == IMAP_STAR ? 77 : first.lo) ||
            !imap_set_has(&s, first.hi == IMAP_STAR ? 77 : first.hi))
            bug("a value was lost");
    }
    imap_arena_free(&mem);
    return 0;
}
