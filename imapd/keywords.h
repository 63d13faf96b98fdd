/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/keywords.h - the mailbox's keywords: names for the flag bits 8 to 63, sealed in the store.
 *
 * Owns     the names in clear. Keywords belong to the mailbox, not to one folder, and cannot be removed.
 * Process  pli-imapd session.   Source RFC 3501 2.3.2, 7.1 (PERMANENTFLAGS).
 */
#pragma once
#include "proto/imap/flags.h"
#include "store/wire/wire.h"

struct imap_session;
struct keywords {
    char *name[STORE_KEYWORDS_MAX];
    uint64_t known;     /* flag bits that have a name */
    uint64_t announced; /* of these, what FLAGS has told since the folder was selected: only they may be shown */
};
enum rc keywords_load(struct imap_session *s, struct err *e);
void keywords_free(struct keywords *k);
uint64_t keywords_bit(const struct keywords *k, struct span name); /* 0: no such */
/* The flag bits of the flags in a command. Keywords that are missing are made. RC_PERM: every bit has a name already. */
enum rc keywords_resolve(struct imap_session *s, const struct imap_flags *f, uint64_t *bits_out, struct err *e);
/* Writes flags without parentheses: "\Seen $Forwarded". */
void keywords_put(const struct keywords *k, uint64_t flags, bool recent, struct buf *out);
/* Writes untagged FLAGS and PERMANENTFLAGS. */
void keywords_announce(struct imap_session *s, bool read_only);
