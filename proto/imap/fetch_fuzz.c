/* SPDX-License-Identifier: EUPL-1.2 */
/* proto/imap/fetch_fuzz.c - any bytes as the arguments of FETCH.
 * Asks     what was understood, written back as section names, is understood again and written the same.
 * Process  fuzzing. */
#include "proto/imap/args.h"
#include "proto/imap/opened_test.h"

static bool parse(struct span text, struct imap_arena *mem, union imap_args *a)
{
    struct imap_in in = imap_in_of(text, mem, &everything);
    struct err e;

    return imap_parse_fetch(&in, a, &e) == RC_OK;
}

static void section_again(const struct imap_section *s)
{
    struct imap_arena mem = {0};
    struct imap_section shown = *s;
    struct buf text = BUF_INIT, name = BUF_INIT, again = BUF_INIT;
    union imap_args a;

    shown.partial = false;
    imap_section_name(&shown, &name);
    buf_addstr(&text, " 1 ");
    buf_addspan(&text, buf_span(&name));
    if (span_chr(buf_span(&name), '{') < 0) { /* a field name that needs a literal is not written on one line */
        if (!parse(buf_span(&text), &mem, &a) || a.fetch.what.n_sections != 1)
            bug("a section name is not understood again");
        imap_section_name(&a.fetch.what.sections[0], &again);
        if (!span_eq(buf_span(&again), buf_span(&name)))
            bug("a section name changed");
    }
    buf_free(&text);
    buf_free(&name);
    buf_free(&again);
    imap_arena_free(&mem);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    struct imap_arena mem = {0};
    union imap_args a;

    if (parse(span_of(p, n), &mem, &a))
        for (size_t i = 0; i < a.fetch.what.n_sections; i++)
            section_again(&a.fetch.what.sections[i]);
    imap_arena_free(&mem);
    return 0;
}
