/* SPDX-License-Identifier: EUPL-1.2 */
/* flow/envelope_fuzz.c - octets as a queued envelope (what opens must write itself again) and as an Authentication-Results body. */
#include "extract/queued.h"
#include "flow/letter_int.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    static const struct letter_conf conf = {.host = "mail.chu.example", .domain = "chu.example"};
    struct buf again = BUF_INIT;
    struct queued_envelope v;
    struct err e;

    if (queued_envelope_open(span_of(p, n), &v, &e) == RC_OK) {
        queued_envelope_write(&v, &again);
        if (again.n > n || memcmp(again.p, p, again.n) != 0)
            abort();
        queued_envelope_free(&v);
    }
    buf_free(&again);
    (void)results_forged(span_of(p, n), &conf);
    return 0;
}
