/* SPDX-License-Identifier: EUPL-1.2 */
/* base/nets.h - a list of IP addresses and networks, as a setting has it, and whether an address is in it.
 *
 * Form     "192.0.2.1, 10.0.0.0/8, 2001:db8::/32": commas or spaces between. A network with bits set behind its length is no network.
 * Maps     an IPv4 address and the same one as ::ffff:a.b.c.d are one.
 * Owns     nothing; a struct nets is plain memory.
 * Process  listeners of smtpd and imapd; supervisor, pli (settings).   Source RFC 4632, RFC 4291 2.3.
 */
#pragma once
#include "base/span.h"

enum { NETS_MAX = 32, NETS_ADDR = 16 };
struct nets {
    struct net {
        unsigned char addr[NETS_ADDR]; /* IPv6, or IPv4 mapped */
        unsigned bits;                 /* 0 to 128 */
    } a[NETS_MAX];
    size_t n;
};
bool nets_parse(struct span list, struct nets *out);  /* false: one of them is none, or there are too many. Empty: none */
bool nets_has(const struct nets *n, const char *ip);  /* ip: as inet_ntop writes it */
uint64_t nets_key(const char *ip);   /* a hash of the address as limits count it: IPv4, or an IPv6 /64; never 0. 0: it is no address */
bool nets_loopback(const char *ip);
