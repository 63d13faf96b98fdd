/* SPDX-License-Identifier: EUPL-1.2 */
/* admin/admin.h - what every act of an administrator needs: connections to the daemons that keep what he administers.
 *
 * Room     admin/ does; who calls it asks, shows and confirms. Nothing here prints, prompts, reads an option or writes JSON: pli, an import
 *          and an HTTP interface call the same functions.
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
};
struct admin *admin_new(enum ipc_role role); /* ROLE_ADMIN; never NULL */
void admin_free(struct admin **ad);
