/* SPDX-License-Identifier: EUPL-1.2 */
/* base/book.c - see base/book.h. */
#include "base/book.h"
#include "base/span.h"
#include <stdio.h>
#include <string.h>

enum { LDAPS = 636 };

/* ":636" behind a host. No port that can be read: otherwise. */
static unsigned port_behind(const char *colon, size_t n, unsigned otherwise)
{
    uint64_t port = 0;

    return n > 1 && span_u64(span_of(colon + 1, n - 1), 65535, &port) ? (unsigned)port : otherwise;
}

/* "ldaps://HOST[:PORT][/...]": HOST may be an IPv6 address in brackets. Others may follow behind a space. */
static void from_uri(const char *uri, struct book *out)
{
    const char *at = strstr(uri, "ldaps://");
    size_t host, all;

    if (!at)
        return;
    at += strlen("ldaps://");
    all = strcspn(at, "/ ,");
    host = at[0] == '[' ? strcspn(at, "]") + 1 : strcspn(at, ":/ ,");
    if (host == 0 || host > all || host >= sizeof out->host)
        return;
    memcpy(out->host, at, host);
    out->host[host] = 0;
    out->port = port_behind(at + host, all - host, LDAPS);
}

void book_of(const char *uri, const char *base, const char *listen_ldaps, const char *host, struct book *out)
{
    const char *colon = strrchr(listen_ldaps, ':');

    *out = (struct book){.port = 0};
    (void)snprintf(out->base, sizeof out->base, "%s", uri[0] && base[0] ? base : "o=pli");
    (void)snprintf(out->host, sizeof out->host, "%s", host);
    if (uri[0])
        from_uri(uri, out);
    else if (colon)
        out->port = port_behind(colon, strlen(colon), 0);
}
