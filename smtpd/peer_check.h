/* SPDX-License-Identifier: EUPL-1.2 */
/* smtpd/peer_check.h - port 25: the verdict on the peer's certificate, with its revocation.
 *
 * Answers  CAUSE_NONE, or what is told: CAUSE_NO_CERT; the cause that crypto/tls found (CAUSE_CERT_EXPIRED ...); CAUSE_CERT_REVOKED;
 *          CAUSE_CERT_UNCHECKED, where revocation could not be checked and trust.revocation is "require". e says why, for the log.
 * Known    trustd is asked first what it knows of the very same chain, by its hash. A chain that it verified lately, to the same anchors, is not read here at
 *          all. Any other one the session judges itself, and trustd is given it only when it is good here.
 * Name     .tls_peer.dn is from then on what trustd reads from the chain, so what dird compares, and what is said of revocation, are of one certificate.
 * Asks     trustd at each MAIL: a list that it has since counts at once. While it cannot say (restarted, away), its last "good" counts until its end.
 * Waits    up to ten seconds for data that trustd is fetching; a second, where the last answer was "good".
 * Process  smtpd sessions.
 */
#pragma once
#include "smtpd/session.h"

enum cause peer_check(struct smtp_session *s, struct err *e);
void peer_gone(struct smtp_session *s); /* at the end: the log names a peer that never came to MAIL too (ev=peer) */
