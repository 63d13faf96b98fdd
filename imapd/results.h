/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/results.h - what SEARCH and SORT answer with: rows in order, as a plain list or as ESEARCH.
 *
 * Order    rows are those of the view: ascending for SEARCH, in the order asked for by SORT. MIN and MAX are the first and the last of them
 *          (RFC 5267 3.2).
 * Saved    SAVE keeps UIDs in s->saved, so what leaves the folder later leaves "$" too. With MIN, MAX or PARTIAL and neither ALL nor COUNT only
 *          these are kept (RFC 5182 2.1, RFC 9394 3.3).
 * Process  pli-imapd session.   Source RFC 3501 7.2.5, RFC 4731, 5182, 5267, 7162 3.1.6, 7377 2.1, 9394.
 */
#pragma once
#include "imapd/search.h"

struct results {
    uint32_t *row; /* ours */
    uint32_t n;
    unsigned char *score; /* 1 to 100, by row: how relevant (RFC 6203); NULL: no FUZZY; ours */
};
/* Runs a program over the selected folder: what is found, ascending. A key MODSEQ enables CONDSTORE. */
enum rc results_find(struct imap_session *s, struct imap_search *what, struct results *out, struct err *e);
void results_free(struct results *r);
/* Writes the answer: "* SEARCH 1 2", "* SORT ..." (verb), or ESEARCH when RETURN was given. */
void results_put(struct imap_session *s, const struct imap_search *what, const char *verb, const struct results *r);
/* The ESEARCH of one mailbox of several (RFC 7377 2.1): with its name and its UIDVALIDITY, in UIDs. */
void results_put_of(struct imap_session *s, const struct imap_search *what, struct span mailbox, const struct results *r);
/* The positions of a page in a result of n, from *from_out on, *to_out not among them; both 0: the page is empty. */
void partial_of(const struct imap_partial *p, uint32_t n, uint32_t *from_out, uint32_t *to_out);
/* Keeps what SAVE asks for. r NULL: the search failed, so nothing is kept. */
void results_save(struct imap_session *s, const struct imap_search *what, const struct results *r);
