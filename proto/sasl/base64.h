/* SPDX-License-Identifier: EUPL-1.2 */
/* proto/sasl/base64.h - base64 as SASL lines carry it: strict RFC 4648 section 4, no white space, right padding, zero pad bits.
 * (crypto/seal has its own for certificates: proto may include base only.)
 * Process  smtpd, imapd.
 */
#pragma once
#include "base/buf.h"
enum rc b64_decode(struct span in, struct buf *out, struct err *e); /* appended; out is as before on failure */
void b64_encode(struct span in, struct buf *out);
