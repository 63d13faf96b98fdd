/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/dird/white_list.h - the signed white list, as trustd gives it out: an index that dird maps and searches, exchanged when there is another.
 *
 * Keeps    a thread asks trustd at its start, at each event NEWS, and every WHITE_LIST_LOOK_S. An index that cannot be opened is logged and the one in
 *          use stays. trustd may be away, or have lost its list: the index in use goes on answering until the time that trustd last told (trust.max_age).
 * Errors   of white_list_ask(), when the list does not name the domain: RC_TEMP with CAUSE_LIST_MISSING (trustd has not answered yet, or there is no
 *          list though one is configured) or CAUSE_LIST_STALE. So a domain is never called unknown because a file is missing.
 * Threads  any.
 * Process  dird.   Source spec/mssante.md 1.3.
 */
#pragma once
#include "directory/wire.h"

enum { WHITE_LIST_LOOK_S = 20 };
struct white_list;
struct white_list *white_list_start(void);
void white_list_stop(struct white_list **w);
/* As DIRD_TRUST asks; w NULL: there is no list, every domain is unknown. */
enum rc white_list_ask(struct white_list *w, struct span domain, struct span dn, enum dird_trusted *answer_out, struct err *e);
uint64_t white_list_generation(struct white_list *w); /* 0: none */
