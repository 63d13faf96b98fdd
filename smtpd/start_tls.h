/* SPDX-License-Identifier: EUPL-1.2 */
/* smtpd/start_tls.h - the handshake, for STARTTLS and for port 465. False: the session is over.
 * Process  smtpd sessions.
 */
#pragma once
#include "smtpd/session.h"
bool smtp_start_tls(struct smtp_session *s);
