/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/url_octets.h - the octets that an IMAP URL of this session's own mailbox names, piece by piece.
 *
 * Own      a relative URL, or one whose user is the session's account and whose host is this server. Others are refused, because this process can open
 *          no other mailbox.
 * Sets     no \\Seen.
 * Errors   RC_PERM, CAUSE_BAD_URL: it is no such URL, or there is no such message or part. The code BADURL with the URL is set. Errors of the sink end the call.
 * Process  pli-imapd session.   Source RFC 4469 3, RFC 5092.
 */
#pragma once
#include "imapd/session.h"
enum rc url_octets(struct imap_session *s, struct span url, enum rc (*sink)(void *ctx, struct span piece, struct err *e), void *ctx, struct err *e);
