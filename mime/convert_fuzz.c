/* SPDX-License-Identifier: EUPL-1.2 */
/* mime/convert_fuzz.c - any octets as a message for a server without 8BITMIME: what may be converted has seven bits, lawful lines, the same tree and the
 * same bodies afterwards, however it came in pieces. */
#include "mime/convert_fixture_int.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);
int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    struct span d = span_of(size > 0 ? data : (const unsigned char *)"", size);
    struct buf whole = BUF_INIT, pieces = BUF_INIT;

    if (conversion_fails(d, size + 1, &whole) || conversion_fails(d, size > 0 ? data[0] % 13 + 1u : 1, &pieces) ||
        !span_eq(buf_span(&whole), buf_span(&pieces)))
        abort();
    buf_free(&whole);
    buf_free(&pieces);
    return 0;
}
