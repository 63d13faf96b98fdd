/* SPDX-License-Identifier: EUPL-1.2 */
/* httpd/server.h - HTTP on one connection: libmicrohttpd, which gets its octets from us and never sees the peer's socket.
 *
 * Why      TLS and its key in keyd are crypto/tls's, as in every daemon, and so are deadlines. The library has one end of a socket pair, no thread, no
 *          listening socket and no clock: it reads what server_put() gives, and server_get() takes what it writes.
 * Bounds   a request's head SERVER_HEAD, its body BODY_MAX (httpd/routes.h). Beyond them 414, 431, 413.
 * Errors   server_new() dies. What the peer does wrong is answered by the library or by httpd/routes.c.
 * Process  pli-httpd sessions.   Source RFC 9110, RFC 9112.
 */
#pragma once
#include "directory/client.h"
#include "httpd/httpd.h"

enum { SERVER_HEAD = 24 * 1024 };
struct server;
struct server *server_new(const struct httpd *h, struct keyd *k, struct dir *d); /* before the sandbox of the session */
void server_begin(struct server *s, bool clear, const char *peer /* IP text; outlives it */);
size_t server_put(struct server *s, struct span in); /* how many were taken: all, or server_get() comes first */
bool server_get(struct server *s, struct buf *out);  /* runs until it waits for more. False: that was all, the connection ends */
unsigned server_requests(const struct server *s);
void server_free(struct server **s);
