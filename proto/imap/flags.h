/* SPDX-License-Identifier: EUPL-1.2 */
/* proto/imap/flags.h - message flags: system flags as bits, keywords as names.
 * Owns     nothing. Keywords point into the command or into its arena (proto/imap/lex.h).
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
/* Takes "(\Seen $Forwarded)" or "\Seen $Forwarded". \Recent is refused. Any other unknown flag that begins with "\" is left out. */
bool imap_take_flags(struct imap_in *in,
                     struct imap_flags *out);
/* Writes the names, separated by spaces. *any: something stands in the list already. */
void imap_put_system_flags(struct buf *out, uint64_t system,
                           bool *any);
