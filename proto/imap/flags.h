/* SPDX-License-Identifier: EUPL-1.2 */
/* proto/imap/flags.h - message flags: system ones as bits, keywords as names.
 * Process  imapd sessions.   Source RFC 3501 2.3.2, 9 (flag).
 */
#pragma once
#include "proto/imap/lex.h"

enum {
    IMAP_SEEN = 1,
    IMAP_ANSWERED = 2,
    IMAP_FLAGGED = 4,
    IMAP_DELETED = 8,
    IMAP_DRAFT = 16
}; /* as the store keeps them */
enum { IMAP_KEYWORDS_A_COMMAND = 64, IMAP_KEYWORD_MAX = 128 };
struct imap_flags {
    uint64_t system;
    struct span *keywords;
    size_t n;
};
bool imap_take_flags(struct imap_in *in,
                     struct imap_flags *out); /* "(\Seen $Forwarded)" or "\Seen $Forwarded"; \Recent is refused, what else begins with "\" and is not known is left out */
void imap_put_system_flags(struct buf *out, uint64_t system,
                           bool *any); /* space separated; any: something stands before */
