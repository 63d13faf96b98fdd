/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/search.h - one SEARCH command at work.
 *
 * Cheap first  messages are judged in tiers. A message that a tier cannot decide goes on to the next one, which costs more:
 *            view     flags, numbers, UIDs                 no call
 *            entry    size, INTERNALDATE                   STORE_ENTRIES
 *            summary  Date:, header fields                 STORE_SUMMARIES
 *            text     words, and headers that a summary does not hold   STORE_TEXTS, unsealed and decompressed
 *          When a message's search text was cut (after 4 MiB of text), the octets of the message itself are searched too.
 * Words    needle and text are folded the same way (extract/text.h): case, accents, compatibility. A needle matches any substring of the text.
 * Fuzzy    below FUZZY the keys with words match what is like them (extract/like.h), others match as they do elsewhere. Of a cut text only what it holds is looked at.
 * Secrets  the words searched for stay in this process, because stored is asked for ranges of messages and never for words.
 * Process  pli-imapd session.   Source RFC 3501 6.4.4.
 */
#pragma once
#include "imapd/summaries.h"
#include "extract/text.h"

enum tier { TIER_VIEW, TIER_ENTRY, TIER_SUMMARY, TIER_TEXT };
enum tri { TRI_NO, TRI_YES, TRI_MAYBE };
struct facts { /* of one message; what is NULL is not known */
    const struct view *view;
    uint32_t row;
    const struct store_entry *entry;
    const struct summary *summary;
    const struct text_view *text;
    /* looks for a folded needle in the message's octets: for a cut text */
    bool (*in_octets)(void *ctx, const struct facts *f, struct span needle);
    void *ctx;
};
/* imapd/search_key.c: converts needles to UTF-8 and folds them, turns sets into rows, looks keywords up. RC_PERM with [BADCHARSET]; RC_SYNTAX. */
enum rc search_prepare(struct imap_session *s, struct imap_search *what, struct err *e);
bool search_has_sent(const struct imap_key *k); /* it has a key about Date: or THREADID, which a search text does not have */
/* imapd/search_eval.c */
enum tri search_eval(const struct imap_key *k, const struct facts *f);
/* Of a message that matches: 100 for what is exact; of several fuzzy words their mean, of OR the better one. */
unsigned search_score(const struct imap_key *k, const struct facts *f);
unsigned search_tiers(const struct imap_key *k); /* which tiers a program may need: bits 1 << tier */
/* imapd/search.c: hits_out: one byte a row, in memory the caller frees. search_rows: only rows whose byte in scope is set are judged, the others match
 * nothing. */
enum rc search_rows(struct imap_session *s, const struct imap_search *what, const unsigned char *scope, unsigned char **hits_out, struct err *e);
/* score_out: with a FUZZY key a score for each row that matches, 1 to 100, in memory the caller frees; else NULL. */
enum rc search_run(struct imap_session *s, const struct imap_search *what, unsigned char **hits_out, unsigned char **score_out, struct err *e);
