/* SPDX-License-Identifier: EUPL-1.2 */
/* proto/sasl/sasl.h - SASL exchanges of a server, without I/O: PLAIN (RFC 4616) and LOGIN (a draft; old clients know nothing else).
 *
 * Use      The caller calls sasl_begin(mechanism), then sasl_step() for each response, until RC_OK. An initial response is a response too;
 *          without one, sasl_start() gives the first challenge. RC_MORE: send .challenge (base64) and read the next line. RC_DENIED: the
 *          client sent "*", which cancels the exchange.
 * Owns     struct sasl owns .secret. The spans borrow from it until sasl_end().
 * Secrets  .secret holds the password. sasl_end() wipes it. Nothing of a response may be logged.
 * Errors   RC_NOTFOUND: there is no such mechanism. RC_SYNTAX: the response is malformed.
 * Process  smtpd (AUTH), imapd (AUTHENTICATE).   Source RFC 4422, RFC 4954, RFC 9051 6.2.2.
 */
#pragma once
#include "base/buf.h"

enum { SASL_MAX = 1024 }; /* octets of a user name, an identity or a password */
struct sasl_mech;
struct sasl {
    const struct sasl_mech *mech;
    unsigned step;
    struct buf secret; /* all decoded octets; the spans borrow from it */
    size_t login_n;
    struct span authzid, login, password; /* at RC_OK */
    struct span challenge;                /* at RC_MORE: base64, ready to send */
};
enum rc sasl_begin(struct sasl *s, struct span mechanism, struct err *e);
enum rc sasl_start(struct sasl *s, struct err *e); /* without an initial response: gives the first challenge, RC_MORE */
enum rc sasl_step(struct sasl *s, struct span response, struct err *e); /* a line as it came, or the initial response */
void sasl_end(struct sasl *s);
extern const char sasl_mechanisms[]; /* "PLAIN LOGIN" */
