/* SPDX-License-Identifier: EUPL-1.2 */
/* trust/fetch/fetch.h - one document from the web (libcurl): the white list, a CRL, an OCSP answer.
 *
 * Limits   http and https alone, also after a redirect; .max octets; .seconds in all. A body that is longer is no body.
 * Sent on  at most three redirects are followed, to any host: what comes is signed, so the host proves nothing, and a list may stand behind a CDN. From https
 *          they lead to https only, and from an address of the world never to one of this machine or its network (fetch_near).
 * Polite   with .etag or .since the server may answer that nothing has changed (fetched.unchanged). How often an address is asked is the caller's
 *          business: fetch_pause() gives the pause after failures in a row.
 * Errors   RC_TEMP with a text that names the cause: not resolved, refused, timeout, status (403), too long, certificate, an HTML page. Nothing is kept then.
 * Stop     a process that was told to stop (base/service.h) waits for no server: what is under way is given up within a second or two.
 * Threads  any; fetch_begin() once, before the first thread.
 * Process  trustd.   Source RFC 9110 (conditional requests), spec/mssante.md 1.3, 1.4.
 */
#pragma once
#include "base/buf.h"

enum { FETCH_ETAG = 256, FETCH_URL = 512, FETCH_PAUSE_FIRST_S = 60, FETCH_PAUSE_MOST_S = 6 * 3600 };
struct fetch_how {
    const char *url;
    const char *anchors_pem;   /* https: file of authorities; NULL or "": the system's */
    const char *etag;          /* "" or NULL: none */
    int64_t since;             /* UTC s: If-Modified-Since; 0: none */
    struct span post;          /* not empty: POST with this body */
    const char *post_type, *accept; /* media types; NULL: none */
    size_t max;
    int seconds;
};
struct fetched {
    bool unchanged;            /* 304 */
    struct buf body;           /* the caller's */
    char etag[FETCH_ETAG];
    int64_t modified;          /* UTC s: Last-Modified; 0: not said */
    char type[64];             /* media type, as sent */
};
void fetch_begin(void);
enum rc fetch(const struct fetch_how *how, struct fetched *out, struct err *e);
bool fetch_url_ok(struct span url);            /* http:// or https://, no control characters, of bearable length */
bool fetch_near(const char *ip);               /* loopback, link-local, private, shared; or no address */
int64_t fetch_pause(unsigned failures);        /* s, from 1 failure on; doubles, up to FETCH_PAUSE_MOST_S, a fifth more or less */
