/* SPDX-License-Identifier: EUPL-1.2 */
/* proto/proxy/proxy.h - the header of the PROXY protocol, version 2: who a proxy's client is.
 *
 * Form     12 octets of signature, version and command, family and transport, length; then addresses and TLVs of that length together.
 * Taken    command PROXY with TCP over IPv4 or IPv6, command PROXY with no family (UNSPEC), command LOCAL (the proxy speaks for itself; what
 *          follows is skipped). TLVs are looked at for their form alone.
 * Refused  version 1 and anything else, datagrams, Unix sockets, an address block that is cut, TLVs that do not fill the rest, a length beyond
 *          PROXY_BODY_MAX.
 * Errors   RC_SYNTAX; *out is untouched then.
 * Process  smtpd, imapd sessions; supervisor, pli.   Source "The PROXY protocol, versions 1 & 2", 2.2 (haproxy).
 */
#pragma once
#include "base/err.h"
#include "base/span.h"

enum { PROXY_HEAD = 16, PROXY_BODY_MAX = 2048, PROXY_IP = 46 };
struct proxy_head {
    unsigned char command, family; /* as on the wire */
    size_t body;                   /* octets that follow */
};
struct proxy_client {
    char ip[PROXY_IP]; /* text; IPv4 as such even when it came mapped. "": the connection's own address holds */
    uint16_t port;
};
extern const unsigned char proxy_local[PROXY_HEAD]; /* a whole header: the proxy speaks for itself. pli greets a listener behind one with it */
enum rc proxy_head(const unsigned char p[PROXY_HEAD], struct proxy_head *out, struct err *e);
enum rc proxy_body(const struct proxy_head *h, struct span body, struct proxy_client *out, struct err *e);
