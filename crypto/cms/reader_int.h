/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/cms/reader_int.h - a cms_read as the library's input. Private to crypto/cms.
 * Result   Afterwards .rc says how reading ended: RC_NOTFOUND at the content's end, RC_OK when it was not read to the end, any other value
 *          when reading failed (.e says why).
 * Process  smtpd sessions, pli cert verify.
 */
#pragma once
#include "crypto/cms/cms.h"
#include <openssl/bio.h>

struct reader {
    cms_read read;
    void *ctx;
    struct span piece; /* what the library has not taken yet; borrowed from read */
    enum rc rc;
    struct err e;
};
BIO *reader_bio(struct reader *r); /* the caller frees it; it borrows r. NULL: no memory */
