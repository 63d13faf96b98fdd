/* SPDX-License-Identifier: EUPL-1.2 */
/* proto/proxy/proxy.c - see proto/proxy/proxy.h. */
#include "proto/proxy/proxy.h"
#include <arpa/inet.h>
#include <netinet/in.h>

enum { SIGNATURE = 12, VERSION_2 = 0x20, LOCAL = 0, PROXY = 1, UNSPEC = 0x00, TCP4 = 0x11, TCP6 = 0x21, TLV_HEAD = 3 };
static const unsigned char signature[SIGNATURE] = "\r\n\r\n\0\r\nQUIT\n";

const unsigned char proxy_local[PROXY_HEAD] = "\r\n\r\n\0\r\nQUIT\n\x20\0\0";

static unsigned be16(const unsigned char *p)
{
    return (unsigned)p[0] << 8 | p[1];
}

enum rc proxy_head(const unsigned char p[PROXY_HEAD], struct proxy_head *out, struct err *e)
{
    struct proxy_head h = {p[12] & 0x0F, p[13], be16(p + 14)};

    if (memcmp(p, "PROXY ", 6) == 0)
        return err_set(e, RC_SYNTAX, "PROXY protocol version 1");
    if (memcmp(p, signature, SIGNATURE) != 0)
        return err_set(e, RC_SYNTAX, "no PROXY header");
    if ((p[12] & 0xF0) != VERSION_2 || h.command > PROXY)
        return err_set(e, RC_SYNTAX, "PROXY version and command %02x", p[12]);
    if (h.body > PROXY_BODY_MAX)
        return err_set(e, RC_SYNTAX, "PROXY header of %zu octets", h.body);
    if (h.command == PROXY && h.family != UNSPEC && h.family != TCP4 && h.family != TCP6)
        return err_set(e, RC_SYNTAX, "PROXY family and transport %02x", h.family);
    *out = h;
    return RC_OK;
}

static bool tlvs_fill(struct span s)
{
    while (s.n > 0) {
        if (s.n < TLV_HEAD || be16(s.p + 1) > s.n - TLV_HEAD)
            return false;
        s = span_from(s, TLV_HEAD + be16(s.p + 1));
    }
    return true;
}

static void text_of(const unsigned char *a, bool v6, char out[PROXY_IP])
{
    struct in6_addr six;
    bool mapped;

    if (!v6) {
        inet_ntop(AF_INET, a, out, PROXY_IP);
        return;
    }
    memcpy(&six, a, sizeof six);
    mapped = IN6_IS_ADDR_V4MAPPED(&six);
    inet_ntop(mapped ? AF_INET : AF_INET6, mapped ? a + 12 : a, out, PROXY_IP);
}

enum rc proxy_body(const struct proxy_head *h, struct span body, struct proxy_client *out, struct err *e)
{
    size_t ip = h->family == TCP6 ? sizeof(struct in6_addr) : sizeof(struct in_addr), addresses = 2 * ip + 4;

    if (h->command == LOCAL || h->family == UNSPEC) {
        *out = (struct proxy_client){.port = 0};
        return RC_OK;
    }
    if (body.n < addresses)
        return err_set(e, RC_SYNTAX, "PROXY addresses of %zu octets", body.n);
    if (!tlvs_fill(span_from(body, addresses)))
        return err_set(e, RC_SYNTAX, "PROXY header with a TLV that is cut");
    *out = (struct proxy_client){.port = (uint16_t)be16(body.p + 2 * ip)};
    text_of(body.p, h->family == TCP6, out->ip);
    return RC_OK;
}
