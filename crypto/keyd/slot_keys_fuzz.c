/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/keyd/slot_keys_fuzz.c - hostile slots, as stored or a session could hand them to keyd. They must never cause a
 * crash and never give a key. The password slot is left out, because each of its tries costs a tenth of a second.
 */
#include "crypto/keyd/slot_keys.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static const unsigned char kek[SLOT_KEK] = "fuzz key, not a secret, 32 bytes";

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    struct span in = span_of(p, n), rest = in;
    unsigned char priv[SEAL_PRIV];
    struct buf out = BUF_INIT;
    struct slot s;
    struct err e;

    while (slot_next(&rest, &s, &e) == RC_OK)
        if (slot_keyd_open(kek, 16, kek, s.body, priv, &e) == RC_OK)
            abort();
    if (slot_signing_open(kek, SPAN_LIT("a@b"), in, &out, &e) == RC_OK)
        abort();
    buf_free(&out);
    return 0;
}
