/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/pki/vouch.h - may that certificate sign something dated, and who says so.
 *
 * vouch_use    the key is of 112 bits or more (RSA 2048, P-256), and key usage, where it is given, has digitalSignature or nonRepudiation.
 * vouch_chain  a path leads from it to one of the anchors, valid at that time: dates, signatures, basic constraints, path length, keyCertSign, critical
 *              extensions; every key and hash of 112 bits or more. Any certificate of the anchors' text ends a path, an intermediate one too.
 * vouch_name   the certificate has that name as its one CN, or as an rfc822Name. Without regard to ASCII case.
 * Errors       RC_SYNTAX: no certificate. RC_DENIED: no, and e->log says why.
 * Units        UTC seconds.
 * Process      trustd's parser child, pli. Pure: no file.   Source RFC 5280 6.1, RFC 8550 4.4, NIST SP 800-57.
 */
#pragma once
#include "base/buf.h"

enum rc vouch_use(struct span der, struct err *e);
enum rc vouch_chain(struct span der, struct span anchors_pem, int64_t at, struct err *e);
enum rc vouch_name(struct span der, struct span name, struct err *e);
