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
/* "192.0.2.1" or "2001:db8::1" in sixteen octets, IPv4 mapped. False: it is neither. */
bool nets_address(const char *ip, unsigned char out[NETS_ADDR]);
