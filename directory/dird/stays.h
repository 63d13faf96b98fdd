/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/dird/stays.h - open sessions, each with the ticket of its sign-in, and telling them when it holds no longer.
 *
 * Holds    while the account is there, enabled, with the mailbox it had, and its password is the one of the sign-in (pwdChangedTime of ppolicy;
 *          a directory that does not keep it ends no session for a password). Whoever changed it: the cache follows the directory.
 * Told     DIRD_EV_ENDED, once, within a second of the cache's knowing; the session ends itself. One that does not is bounded by its ticket's end.
 * Renewed  in the second half of its life, up to MOST_S after the sign-in, so that a working day is not cut; never an administrator's.
 * Process  dird: any thread asks; one thread looks.
 */
#pragma once
#include "base/ipc.h"
#include "directory/dird/cache.h"

struct stays;
struct stays *stays_new(struct cache *c, const unsigned char *ticket_seed /* 32 bytes, copied */);
void stays_start(struct stays *s);
void stays_free(struct stays **s);
enum rc stays_ask(struct stays *s, struct ipc_peer *p, const struct dird_stay_req *rq, struct buf *mem, struct dird_stay_rep *out, struct err *e);
void stays_left(struct stays *s, struct ipc_peer *p);
