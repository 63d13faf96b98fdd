/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/cms/cms_fuzz.c - a hostile CMS over fixed content: no crash, no verdict of trust without an anchor. */
#include "crypto/cms/cms.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static enum rc one_piece(void *ctx, struct span *piece, struct err *e)
{
    bool *given = ctx;

    if (*given)
        return err_set(e, RC_NOTFOUND, "end");
    *given = true;
    *piece = SPAN_LIT("Content-Type: text/plain\r\n\r\nfuzz\r\n");
    return RC_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    struct cms_verdict v;
    bool given = false;
    struct err e;

    if (cms_verify(span_of(p, n), one_piece, &given, NULL, &v, &e) != RC_OK || v.trusted)
        abort();
    return 0;
}
