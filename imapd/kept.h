/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/kept.h - what a SEARCH, SORT or THREAD has opened of the selected folder's summaries: header fields, dates, sort keys and thread ids, for the
 * next one, and for the walk of a SORT or THREAD behind its own search.
 *
 * Why      opening 5,000 summaries takes 5,000 unwraps, key derivations and decryptions, 3 us each, and a mail client asks again at each letter that
 *          is typed. A message never changes, so what was opened stays true as long as the view lives.
 * Bound    KEPT_BYTES octets of fields and KEPT_MOST messages a session; what does not fit is opened again. It is given back when the session idles and
 *          when the folder is left: a session that only lists and idles has none.
 * Secrets  clear text of messages, in memory that is wiped. The keys that open it are in the same process for as long.
 * Owns     a struct kept owns its memory; zeroed at first. Spans of kept_get() borrow from it until the next kept_add().
 * Process  pli-imapd session.
 */
#pragma once
#include "extract/summary.h"
#include "store/wire/wire.h"

enum { KEPT_BYTES = 16 << 20, KEPT_MOST = 32768 };
struct kept_one;
struct kept {
    struct kept_one *at; /* by UID */
    uint32_t n, cap;
    struct buf fields; /* open: secret */
};
void kept_add(struct kept *k, const struct store_entry *en, const struct summary *s);
bool kept_has(const struct kept *k, uint32_t uid);
/* Only what kept_add() took is set: uid, size, internaldate; header, sort, thread, date, local day. So a key that looks at anything else must not be judged by it
 * (imapd/search.c). False: it is not kept. */
bool kept_get(const struct kept *k, uint32_t uid, struct store_entry *en_out, struct summary *s_out);
void kept_free(struct kept *k);
