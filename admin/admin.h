/* SPDX-License-Identifier: EUPL-1.2 */
/* admin/admin.h - what every act of an administrator needs: connections to the daemons that keep what he administers.
 *
 * Room     admin/ does; who calls it asks, shows and confirms. Nothing here prints, prompts, reads an option or writes JSON: pli, an import
 *          and an HTTP interface call the same functions.
 * Acting   admin_new_as(): dird holds every request against the scopes of a delegated administrator (decision 0050). What is done elsewhere before dird is asked
 *          is asked of it first: admin_may().
 * Who      the daemons know the caller by its role and by the uid that the kernel names (base/ipc.h): a caller that is neither root nor
 *          the instance's owner is answered RC_DENIED. A program that acts for several people must decide by itself who may do what.
 * Where    sockets are named relative to the working folder, which is DIR/run.
 * Errors   RC_TEMP: a daemon stays away or is busy; each function says what may then have been done. e->log is a line that an operator can
 *          act on; who must tell cases apart uses the values of enum rc that the function documents.
 * Text     every text is taken as it was typed and prepared here (base/prepare.h): preparing it before does no harm.
 * Owns     struct admin owns the connections. One process, one thread; a callback may call any function of this room.
 * Process  pli; later the imports and the HTTP daemon.
 */
#pragma once
#include "crypto/keyd/client/client.h"
#include "directory/client.h"
#include "publish/client.h"
#include "store/client/client.h"
#include "trust/client/client.h"

struct admin {
    struct store *store; /* each is dialled when it is first asked */
    struct dir *dir;
    struct keyd *keyd;
    struct trust *trust;
    struct pub *pub;
    struct buf acting; /* a delegated administrator's ticket; empty: an operator. secret */
};
struct admin *admin_new(enum ipc_role role); /* ROLE_ADMIN; never NULL */
void admin_free(struct admin **ad);

/* ---- acting for a delegated administrator ---- */
/* Her sign-in, throttled as everywhere. RC_DENIED: wrong address or password, or she administers nothing (CAUSE_ACTING_ENDED). RC_PERM: suspended. */
enum rc admin_sign_in(struct span address, struct span password, struct buf *ticket_out, struct err *e);
struct admin *admin_new_as(struct span ticket); /* copied; never NULL */
/* Would dird do that for her? Of an operator nothing is asked: RC_OK. RC_PERM, CAUSE_OUT_OF_SCOPE; else as the operation answers. */
enum rc admin_may(struct admin *ad, enum dird_op op, const void *req, struct err *e);
