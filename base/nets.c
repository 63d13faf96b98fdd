/* SPDX-License-Identifier: EUPL-1.2 */
/* base/nets.c - see base/nets.h. */
#include "base/nets.h"
#include <arpa/inet.h>
#include <stdio.h>

enum { V4_BITS = 32, V6_BITS = 128, MAPPED = 12, TEXT = INET6_ADDRSTRLEN };

static const unsigned char mapped[MAPPED] = {[10] = 0xFF, [11] = 0xFF};

/* In sixteen octets, IPv4 mapped. */
static bool address_of(const char *ip, unsigned char out[NETS_ADDR])
{
    if (inet_pton(AF_INET6, ip, out) == 1)
        return true;
    memcpy(out, mapped, MAPPED);
    return inet_pton(AF_INET, ip, out + MAPPED) == 1;
}

/* Are all bits of a from that one on clear? */
static bool clear_from(const unsigned char a[NETS_ADDR], unsigned bit)
{
    for (; bit < V6_BITS; bit++)
        if (a[bit / 8] & (0x80u >> bit % 8))
            return false;
    return true;
}

static bool parse_one(struct span s, struct net *out)
{
    ptrdiff_t slash = span_chr(s, '/');
    struct span ip = slash < 0 ? s : span_head(s, (size_t)slash);
    bool v4 = span_chr(ip, ':') < 0;
    uint64_t most = v4 ? V4_BITS : V6_BITS, bits = most;
    char text[TEXT];

    if (slash >= 0 && !span_u64(span_from(s, (size_t)slash + 1), most, &bits))
        return false;
    if (ip.n >= sizeof text)
        return false;
    snprintf(text, sizeof text, "%.*s", SPAN_ARG(ip));
    out->bits = (unsigned)bits + (v4 ? V6_BITS - V4_BITS : 0);
    return address_of(text, out->addr) && clear_from(out->addr, out->bits);
}

bool nets_parse(struct span list, struct nets *out)
{
    *out = (struct nets){0};
    for (size_t at = 0; at < list.n;) {
        size_t end = at;

        while (end < list.n && list.p[end] != ',' && list.p[end] != ' ')
            end++;
        if (end > at) {
            if (out->n == NETS_MAX || !parse_one(span_of(list.p + at, end - at), &out->a[out->n]))
                return false;
            out->n++;
        }
        at = end + 1;
    }
    return true;
}

static bool in_net(const struct net *n, const unsigned char a[NETS_ADDR])
{
    unsigned whole = n->bits / 8, rest = n->bits % 8;

    if (memcmp(n->addr, a, whole) != 0)
        return false;
    return rest == 0 || ((n->addr[whole] ^ a[whole]) & (0xFF00u >> rest & 0xFFu)) == 0;
}

bool nets_has(const struct nets *n, const char *ip)
{
    unsigned char a[NETS_ADDR];

    if (n->n == 0 || !address_of(ip, a))
        return false;
    for (size_t i = 0; i < n->n; i++)
        if (in_net(&n->a[i], a))
            return true;
    return false;
}

uint64_t nets_key(const char *ip)
{
    unsigned char a[NETS_ADDR];
    uint64_t h = 0xcbf29ce484222325u; /* FNV-1a */
    size_t n;

    if (!address_of(ip, a))
        return 0;
    n = memcmp(a, mapped, MAPPED) == 0 ? NETS_ADDR : NETS_ADDR / 2;
    for (size_t i = 0; i < n; i++)
        h = (h ^ a[i]) * 0x100000001b3u;
    return h | 1;
}

bool nets_loopback(const char *ip)
{
    return strncmp(ip, "127.", 4) == 0 || strcmp(ip, "::1") == 0;
}
