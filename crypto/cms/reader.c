/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/cms/reader.c - see crypto/cms/reader_int.h: a BIO method that reads from a cms_read. */
#include "crypto/cms/reader_int.h"
#include <pthread.h>

static int reader_read(BIO *b, char *out, size_t most, size_t *got)
{
    struct reader *r = BIO_get_data(b);

    while (r->piece.n == 0 && r->rc == RC_OK)
        r->rc = r->read(r->ctx, &r->piece, &r->e);
    if (r->rc != RC_OK)
        return 0;
    *got = span_head(r->piece, most).n;
    memcpy(out, r->piece.p, *got);
    r->piece = span_from(r->piece, *got);
    return 1;
}

static long reader_ctrl(BIO *b, int cmd, long num, void *ptr)
{
    struct reader *r = BIO_get_data(b);

    (void)num;
    (void)ptr;
    if (cmd == BIO_CTRL_EOF)
        return r->rc != RC_OK;
    return cmd == BIO_CTRL_FLUSH;
}

static BIO_METHOD *method;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void method_make(void)
{
    method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "signed content");
    if (method == NULL || !BIO_meth_set_read_ex(method, reader_read) || !BIO_meth_set_ctrl(method, reader_ctrl))
        die("out of memory");
}

BIO *reader_bio(struct reader *r)
{
    BIO *b;

    pthread_once(&once, method_make);
    b = BIO_new(method);
    if (b != NULL) {
        BIO_set_data(b, r);
        BIO_set_init(b, 1);
    }
    return b;
}
