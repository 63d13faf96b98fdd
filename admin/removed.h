/* SPDX-License-Identifier: EUPL-1.2 */
/* admin/removed.h - what left the folders of a mailbox and is kept: listed, given back; and the legal hold, which keeps it for as long as it is set. None of it opens a message or
 * a folder's name: the store gives back what is sealed as it is (store/wire/removed.h).
 *
 * Errors   RC_NOTFOUND: no such mailbox. RC_TEMP: stored stays away; what was given back before that stays given back, and asking again goes on.
 * Process  pli; later the HTTP daemon.
 */
#pragma once
#include "admin/admin.h"

struct undelete {
    uint64_t mbx;
    uint64_t since, until; /* UTC s, removed then; both included */
    uint32_t folder;       /* that they were in; 0: any */
    bool list;             /* nothing is changed */
};
/* Each message, in the order of removals. r lives until it returns. Not RC_OK: the walk ends with that. */
typedef enum rc (*undelete_see)(const struct store_removed *r, void *ctx, struct err *e);
enum rc mailbox_undelete(struct admin *ad, const struct undelete *u, undelete_see see, void *ctx, struct err *e);

/* rep borrows from mem. who, why: not empty, of HOLD_TEXT octets at most. RC_EXISTS: it is so already. */
enum rc mailbox_hold(struct admin *ad, uint64_t mbx, uint8_t what, struct span who, struct span why, struct buf *mem, struct store_hold_rep *rep,
                     struct err *e);
