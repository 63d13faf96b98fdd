/* SPDX-License-Identifier: EUPL-1.2 */
/* mime/convert.h - may a message that is on its way be brought to seven bits, for a server without 8BITMIME (RFC 6152 3)?
 *
 * How      mime/canon.h does it, without adding Date or Message-ID: the tree of parts stays, bodies with octets beyond 127 become quoted-printable or
 *          base64, header fields of parts become encoded words and sections; an enclosed message is converted inside, since it may not be encoded.
 * Never    what anybody signed, or encrypted as a whole, at whatever depth: a converted signature is a broken one. The answer is about what stands there,
 *          not about whether the signature holds.
 * Nor      a header of the message itself beyond ASCII (that is SMTPUTF8's, RFC 6532), a message/... part that no encoding is lawful for (RFC 2045 6.4,
 *          RFC 2046 5.2.2), a message of too many parts to be known (scan_flat).
 * Process  relayd sessions.   Source RFC 6152 3, RFC 1847, RFC 8551, RFC 3156, RFC 6376 5.3.
 */
#pragma once
#include "mime/scan.h"
enum convert_may { CONVERT_MAY = 1, CONVERT_SIGNED, CONVERT_NOT };
enum convert_may convert_may(const struct scan *s);
