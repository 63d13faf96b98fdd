/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/dird/stays.h - the list of open sessions, each with the ticket of its sign-in. A session is told when its ticket holds no longer.
 *
 * Holds    A ticket holds while its account exists, is enabled, has the same mailbox, and has the password of the sign-in. The password's age is
 *          pwdChangedTime of ppolicy; a directory that does not keep it ends no session for a new password. It makes no difference who
 *          changed the account, because the cache follows the directory.
 * Told     The session gets DIRD_EV_ENDED once, within a second after the cache knows the change, and ends itself. A session that does not is
 *          bounded by the end of its ticket.
 * Renewed  A ticket is renewed in the second half of its life, up to MOST_S after the sign-in, so that a working day is not cut. The ticket of an
 *          administrator is never renewed.
 * Process  dird: any thread asks; one thread looks for changes and tells.
 */
#pragma once
#include "base/ipc.h"
#include "directory/dird/cache.h"

struct stays;
struct ticket_keys; /* crypto/seal/ticket.h */
struct stays *stays_new(struct cache *c, const struct ticket_keys *keys /* copied */);
void stays_start(struct stays *s);
void stays_free(struct stays **s);
enum rc stays_ask(struct stays *s, struct ipc_peer *p, const struct dird_stay_req *rq, struct buf *mem, struct dird_stay_rep *out, struct err *e);
struct ticket;
/* Does a ticket hold, of a sign-in or a delegate's? Of the latter only what it says itself is looked at. */
enum rc stays_ticket(struct stays *s, struct span wire, struct ticket *t_out, struct err *e);
void stays_ticket_make(struct stays *s, const struct ticket *t, struct buf *out); /* delegates.c: for another's mailbox */
void stays_left(struct stays *s, struct ipc_peer *p);
