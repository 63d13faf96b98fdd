/* SPDX-License-Identifier: EUPL-1.2 */
/* mime/fields_fuzz.c - any bytes as a header block and as each kind of body: no read beyond, no growth beyond the
 * bounds. */
#include "mime/fields.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void one_body(struct span body)
{
    struct address_list l;
    struct content_type ct;
    struct buf b = BUF_INIT;
    struct err e;
    int64_t utc, day;

    if (addresses_parse(body, &l, &e) == RC_OK && l.n > ADDRESSES_MAX)
        abort();
    for (size_t i = 0; i < l.n; i++)
        if (l.a[i].local.n + l.a[i].domain.n + l.a[i].name.n > body.n + 1 || !l.a[i].local.p != !l.a[i].domain.p)
            abort();
    addresses_free(&l);
    if (!content_type_parse(body, &ct) && !content_type_is(&ct, "text", "plain"))
        abort();
    content_type_param(&ct, "boundary", &b);
    content_type_param(&ct, "name", &b);
    content_type_free(&ct);
    disposition_parse(body, &ct);
    content_type_param(&ct, "filename", &b);
    content_type_free(&ct);
    date_parse(body, &utc, &day);
    field_decode(body, &b);
    buf_clear(&b);
    field_unfold(body, &b);
    if (b.n > body.n)
        abort();
    buf_free(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct span rest = span_of(data, n);
    struct field f;
    struct err e;
    size_t used = 0;

    one_body(rest);
    while (field_next(&rest, &f, &e) == RC_OK) {
        if (f.raw.p != data + used)
            abort();
        used += f.raw.n;
        one_body(f.body);
    }
    return 0;
}
