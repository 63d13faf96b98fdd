/* SPDX-License-Identifier: EUPL-1.2 */
/* base/prepare_fuzz.c - any bytes as typed text: what is prepared is UTF-8 and stays as it is when prepared again; what is refused leaves
 * the buffer untouched; a name shown can be typed back. */
#include "base/prepare.h"
#include <stdlib.h>
#include <unistr.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

typedef enum rc prepare_fn(struct span typed, struct buf *out, struct err *e);

static void stays(prepare_fn *fn, struct span prepared)
{
    struct buf again = BUF_INIT;
    struct err e = {0};

    /* composition may leave more octets than may be typed */
    if (prepared.n <= PREPARE_MAX && (fn(prepared, &again, &e) != RC_OK || !span_eq(buf_span(&again), prepared)))
        abort();
    buf_free(&again);
}

static void any(prepare_fn *fn, struct span typed)
{
    struct buf out = BUF_INIT;
    struct err e = {0};

    if (fn(typed, &out, &e) == RC_OK) {
        if (out.n == 0 || u8_check(out.p, out.n) != NULL)
            abort();
        stays(fn, buf_span(&out));
    } else if (out.n != 0 || e.cause == CAUSE_NONE || e.log[0] == 0) {
        abort();
    }
    buf_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct span typed = span_of(data, n);
    struct buf shown = BUF_INIT;

    any(prepare_password, typed);
    any(prepare_username, typed);
    any(prepare_name, typed);
    any(prepare_attribute, typed);
    prepare_shown(typed, &shown);
    if (n > 0 && n <= PREPARE_MAX && u8_check(data, n) == NULL)
        stays(prepare_name, buf_span(&shown));
    buf_free(&shown);
    return 0;
}
