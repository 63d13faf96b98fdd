/* SPDX-License-Identifier: EUPL-1.2 */
/* smtpd/peer_check.h - port 25: the verdict on the peer's certificate, with its revocation.
 *
 * Answers  CAUSE_NONE, or what is told: CAUSE_NO_CERT; the cause that crypto/tls found (CAUSE_CERT_EXPIRED ...); CAUSE_CERT_REVOKED;
 *          CAUSE_CERT_UNCHECKED, where revocation could not be checked and trust.revocation is "require". e says why, for the log.
 * Waits    up to ten seconds for data that trustd is fetching. A good answer is kept for as long as trustd says.
 * Process  smtpd sessions.
 */
#pragma once
#include "smtpd/session.h"

enum cause peer_check(struct smtp_session *s, struct err *e);
