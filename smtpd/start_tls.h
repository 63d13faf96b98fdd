/* SPDX-License-Identifier: EUPL-1.2 */
/* smtpd/start_tls.h - the TLS handshake, for STARTTLS and for port 465. False: the handshake failed, and the session is over.
 * Process  smtpd sessions.   Source RFC 3207, RFC 8314.
 */
#pragma once
#include "smtpd/session.h"
bool smtp_start_tls(struct smtp_session *s);
