/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/contexts.h - searches that are kept up to date: SEARCH RETURN (UPDATE) and SORT RETURN (UPDATE).
 *
 * Kept     the program, prepared once more into memory of its own, and the UIDs of the result in its order.
 * News     messages that are new, or whose flags changed, whoever changed them, are judged again, and no others. What they change of the result is
 *          told with the news of the folder (imapd/announce.c): REMOVEFROM of expunged messages before their EXPUNGE, ADDTO after EXISTS. Of a SEARCH the
 *          position is 0; a SORT is sorted again, and each message is told with its place.
 * Refused  with an untagged NO [NOUPDATE "tag"], while the search itself is answered: more than CONTEXTS_MOST at once, more results than
 *          CONTEXT_UIDS in all of them or CONTEXT_SORTED in a SORT, and programs whose result changes with the clock or with numbers: OLDER, YOUNGER, "$", "*", message numbers.
 * Ends     with CANCELUPDATE, or when the folder is left.
 * Secrets  the words searched for, in memory that is wiped.
 * Process  pli-imapd session.   Source RFC 5267 4.2, 4.3; RFC 5465 7.
 */
#pragma once
#include "imapd/results.h"

enum { CONTEXTS_MOST = 8, CONTEXT_UIDS = 1000000, CONTEXT_SORTED = 20000 };
struct context;
/* RC_SYNTAX (BAD): UPDATE with a tag that another context has. */
enum rc context_check(struct imap_session *s, const struct imap_search *what, struct err *e);
/* After the answer: keeps the search up to date if UPDATE was given. found: in the result's order. */
void context_begin(struct imap_session *s, const struct imap_search *what, const struct results *found);
void context_refuse(struct imap_session *s, const struct imap_search *what); /* UPDATE of a search that is not kept up to date */
bool context_cancel(struct imap_session *s, struct span tag); /* false: no context has that tag */
void contexts_end(struct imap_session *s);
bool contexts_due(const struct imap_session *s); /* a flag has changed that may change a result */
/* Before EXPUNGE is told of the rows that are gone. Writes into .out. */
void contexts_gone(struct imap_session *s);
/* After EXISTS and FETCH: judges what is new and what changed, and tells it. */
void contexts_tell(struct imap_session *s);
