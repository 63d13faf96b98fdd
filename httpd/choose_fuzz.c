/* SPDX-License-Identifier: EUPL-1.2 */
/* httpd/choose_fuzz.c - any octets as a form: a value is never longer than the body, and a code keeps its letters. */
#include "httpd/choose.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buf value = BUF_SECRET_INIT, code = BUF_SECRET_INIT;

    if (choose_field(span_of(data, size), "code", &value) && value.n >= size)
        __builtin_trap();
    choose_code(buf_span(&value), &code);
    if (code.n > value.n + 3)
        __builtin_trap();
    buf_free(&value);
    buf_free(&code);
    return 0;
}
