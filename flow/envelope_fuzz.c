/* SPDX-License-Identifier: EUPL-1.2 */
/* flow/envelope_fuzz.c - any octets as a queued envelope and as the body of Authentication-Results. An envelope that
 * opens must give the same octets when it is written again. */
#include "flow/file.h"
#include "flow/letter_int.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    static const struct letter_conf conf = {.host = "mail.chu.example", .domain = "chu.example"};
    struct buf again = BUF_INIT;
    struct file_envelope v;
    struct err e;

    if (file_envelope_open(span_of(p, n), &v, &e) == RC_OK) {
        file_envelope_write(&v, &again);
        if (again.n > n || memcmp(again.p, p, again.n) != 0)
            abort();
        file_envelope_free(&v);
    }
    buf_free(&again);
    (void)results_forged(span_of(p, n), &conf);
    return 0;
}
