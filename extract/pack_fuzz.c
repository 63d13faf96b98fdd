/* SPDX-License-Identifier: EUPL-1.2 */
/* extract/pack_fuzz.c - any bytes packed open again as they were; any bytes as packed: no harm, the bound kept. */
#include "extract/pack.h"
#include <stdlib.h>

enum { MOST = 1 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct span d = span_of(data, n);

    for (int w = 0; w < PACK_WORDS; w++) {
        struct buf packed = BUF_INIT, out = BUF_INIT;
        struct err e;

        if (pack_open((enum pack_words)w, d, MOST, &out, &e) == RC_OK && out.n > MOST)
            abort();
        buf_clear(&out);
        pack_to((enum pack_words)w, d, &packed);
        if (pack_open((enum pack_words)w, buf_span(&packed), n, &out, &e) != RC_OK || !span_eq(buf_span(&out), d))
            abort();
        buf_free(&packed);
        buf_free(&out);
    }
    return 0;
}
