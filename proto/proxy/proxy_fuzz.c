/* SPDX-License-Identifier: EUPL-1.2 */
/* proto/proxy/proxy_fuzz.c - a header of any octets: what is taken has a text that is an address, and does not change when the TLVs go. */
#include "base/nets.h"
#include "proto/proxy/proxy.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    struct proxy_client c, again;
    struct proxy_head h;
    struct span body;
    struct err e;

    if (n < PROXY_HEAD || proxy_head(p, &h, &e) != RC_OK)
        return 0;
    if (h.body > PROXY_BODY_MAX || h.command > 1)
        abort();
    body = span_head(span_of(p + PROXY_HEAD, n - PROXY_HEAD), h.body);
    if (proxy_body(&h, body, &c, &e) != RC_OK || c.ip[0] == 0)
        return 0;
    if (nets_key(c.ip) == 0)
        abort();
    body = span_head(body, h.family == 0x11 ? 12 : 36);
    if (proxy_body(&h, body, &again, &e) != RC_OK || memcmp(&c, &again, sizeof c) != 0)
        abort();
    return 0;
}
