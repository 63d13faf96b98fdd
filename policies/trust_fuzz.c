/* SPDX-License-Identifier: EUPL-1.2 */
/* policies/trust_fuzz.c - two names in one input, parted by a NUL: the answer is the same both ways round, a name that parses is
 * itself, and keys agree with the comparison. */
#include "policies/trust.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span in = span_of(data, size);
    ptrdiff_t nul = span_chr(in, 0);
    struct span a = nul < 0 ? in : span_head(in, (size_t)nul), b = nul < 0 ? in : span_from(in, (size_t)nul + 1);
    bool ab = dn_same(a, b);
    if (ab != dn_same(b, a) || (ab && !(dn_same(a, a) && dn_same(b, b))))
        abort();
    struct buf ka = BUF_INIT, kb = BUF_INIT;
    bool keys = dn_key(a, &ka) && dn_key(b, &kb);
    if (ab != (keys && span_eq(buf_span(&ka), buf_span(&kb))) || ka.n > DN_KEY_MAX)
        abort();
    buf_free(&ka);
    buf_free(&kb);
    return 0;
}
