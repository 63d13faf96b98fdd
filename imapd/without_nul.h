/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/without_nul.h - a message that came as literal8 and holds NUL octets: the parts that hold them are encoded anew.
 *
 * Why      BODY[] must not send a NUL (RFC 3501 9, CHAR8), so a part with one is kept in base64, and BINARY[] gives it back as it came. The whole
 *          message gets its canonical form (mime/canon.h): it also gains the Date and Message-ID that it lacks.
 * Errors   RC_PERM, CAUSE_UNKNOWN_CTE: a NUL stands where no encoding can hold it, as in a message that is too deep to be taken apart.
 * Owns     *s is replaced by the new spool, and the old one is freed. On failure *s stays as it is.
 * Process  pli-imapd session.   Source RFC 3516 3, 4.4.
 */
#pragma once
#include "flow/spool.h"
/* host: of a Message-ID that is added. */
enum rc without_nul(struct spool **s, uint64_t max, const char *host, struct err *e);
