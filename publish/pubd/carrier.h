/* SPDX-License-Identifier: EUPL-1.2 */
/* publish/pubd/carrier.h - the built-in back end "https": a process that gives events to a FHIR server, forked before pubd enters its sandbox (decision 0057). pubd
 * itself has no network and no key.
 *
 * Asked    as the runner is (publish/pubd/runner.h): one packet each way over its socket. Its answer has the exit codes of a back end's program.
 * TLS      by crypto/tls: the server must have a certificate that leads to publish.anchors and bears the name in publish.url. It is shown the outbox's own, tls/publish/client.rsa.pem or
 *          client.ec.pem (decision 0059), whose key stays in pli-keyd; or none, where there is none. A report says when it has ended.
 * HTTP     by libcurl, in clear to a door of this process, behind which a thread carries it over TLS. No proxy, no redirection; an answer has 1 MB at most.
 *          With an answer that nothing follows from, Retry-After tells how long the other side wants to be left alone; all events wait then.
 * Answers  2xx: taken, unless it is an OperationOutcome with an issue of "error" or "fatal": refused, or, for what passes by itself, nobody knows; 4xx: refused, but for 401, 403, 408, 409, 425, 429; both only where the body is a FHIR resource (a proxy answers with a page), or 204. To delete
 *          where nobody is (404) is done. Anything else: nobody knows.
 * Time     publish.timeout for all of one event. It ends with pubd.
 * Process  pubd; carrier_start()'s child.   Source RFC 9110; FHIR R4 http.html.
 */
#pragma once
#include "base/boot.h"
#include "base/buf.h"
#include <sys/types.h>

/* Forks; before the first thread. Dies where the settings are wrong. Returns the socket to it, for runner_run(). */
int carrier_start(const struct boot *b);

/* carrier_answer.c, pure. What an answer says: an exit code of a back end's program; appends the report. event: "create". */
int carrier_judge(const char *event, long status, struct span body, struct buf *report);
/* carrier_http.c. One request. s: TLS stands, its deadline is that of all. RC_TEMP: no whole answer. */
struct stream;
struct carrier_door { /* where libcurl comes to: a listening socket, and its name in the working folder */
    int fd;
    const char *name;
};
bool carrier_door(struct carrier_door *d, uid_t uid); /* opens .name, for that user alone; before the sandbox. uid 0: who runs */
struct carrier_request {
    const struct carrier_door *door;
    const char *base;                      /* publish.url, without a slash at its end */
    const char *resource, *query, *key;
    struct span body;
    int timeout_ms;
};
struct carrier_answer {
    long status;
    uint32_t wait_s; /* Retry-After, a number or a date (RFC 9110 10.2.3); 0: none */
    struct buf body; /* the caller's to free */
};
enum rc carrier_exchange(struct stream *s, const struct carrier_request *rq, struct carrier_answer *out, struct err *e);
