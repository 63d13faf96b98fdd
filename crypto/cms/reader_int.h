/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/cms/reader_int.h - a cms_read as the library's input. Private to crypto/cms.
 * After use .rc is RC_NOTFOUND at the content's end, RC_OK when it was not read to the end, or why reading failed.
 */
#pragma once
#include "crypto/cms/cms.h"
#include <openssl/bio.h>

struct reader {
    cms_read read;
    void *ctx;
    struct span piece; /* not yet given */
    enum rc rc;
    struct err e;
};
BIO *reader_bio(struct reader *r); /* the caller's to free; NULL on no memory */
